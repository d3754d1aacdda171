"""Runs that bring two systems' records into line."""

from django.utils.translation import gettext_lazy as _

from integrations.event_types.parts import COUNT, ID, OPEN, TEXT, TIME, schema
from tenants.events import EventType, register

_RUN = schema(
    "id",
    "name",
    id=ID,
    name={**TEXT, "description": "Which synchronisation, such as orders."},
    source=TEXT,
    target=TEXT,
    created=COUNT,
    updated=COUNT,
    deleted=COUNT,
    failed=COUNT,
    started_at=TIME,
    finished_at=TIME,
    reason=TEXT,
)
_EXAMPLE = {
    "id": "s-400",
    "name": "orders",
    "source": "shopify",
    "target": "moysklad",
    "started_at": "2026-11-21T09:40:00Z",
}
_COUNTS = {"created": 3, "updated": 14, "deleted": 0, "failed": 0, "finished_at": "2026-11-21T09:41:10Z"}

register(
    EventType(
        "sync.started",
        _("Synchronisation began"),
        _("A run of a synchronisation began."),
        _RUN,
        _EXAMPLE,
        labels=OPEN,
    ),
    EventType(
        "sync.completed",
        _("Synchronisation completed"),
        _("A run is through; the counts say what was done."),
        _RUN,
        {**_EXAMPLE, **_COUNTS},
        labels=OPEN,
    ),
    EventType(
        "sync.failed",
        _("Synchronisation failed"),
        _("A run ended before its time; `reason` says why."),
        _RUN,
        {**_EXAMPLE, **_COUNTS, "failed": 1, "reason": "The shop refused our key."},
        labels=OPEN,
    ),
)
