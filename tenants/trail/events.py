"""The trail as events: what was audited can be subscribed to, like anything else that happens.

An event names the fields that changed and not their values: lists of events are open to more people than the trail.
"""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tenants.events import EventType, NewEvent, register
from tenants.models import AuditEntry

_TEXT: Final = {"type": "string"}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "action", "actor", "actor_kind", "at"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "The entry of the audit trail."},
        "action": {**_TEXT, "description": "What was done, such as endpoint.updated."},
        "actor": {**_TEXT, "description": "Who did it."},
        "actor_kind": {"enum": ["person", "key", "system"]},
        "address": {"type": ["string", "null"], "description": "The address it was done from."},
        "object_type": _TEXT,
        "object_id": _TEXT,
        "object_name": _TEXT,
        "changed": {"type": "array", "items": _TEXT, "description": "The names of the fields that changed."},
        "at": {"type": "string", "format": "date-time"},
    },
}
_EXAMPLE: Final[dict[str, Any]] = {
    "id": "01939f6e-8a5e-7c1a-b2cd-3f6f0f7a9d10",
    "action": "endpoint.updated",
    "actor": "anna",
    "actor_kind": "person",
    "address": "203.0.113.7",
    "object_type": "webhooks.endpoint",
    "object_id": "01939f6e-7a10-7b5e-9d5a-2f0e4c1b7a33",
    "object_name": "CRM feed",
    "changed": ["url"],
    "at": "2026-11-21T09:40:21.086600Z",
}
_SIGNED_IN: Final = _EXAMPLE | {
    "action": "session.started",
    "object_type": "tenants.user",
    "object_id": "7",
    "object_name": "anna",
    "changed": [],
}

register(
    EventType("audit.created", _("Audit: created"), _("Something was created."), SCHEMA, _EXAMPLE | {"action": "endpoint.created"}),
    EventType("audit.changed", _("Audit: changed"), _("Something was changed."), SCHEMA, _EXAMPLE),
    EventType("audit.deleted", _("Audit: deleted"), _("Something was deleted."), SCHEMA, _EXAMPLE | {"action": "endpoint.deleted"}),
    EventType("audit.session", _("Audit: sign-in"), _("Somebody signed in or out, or tried to in vain."), SCHEMA, _SIGNED_IN),
    EventType("audit.action", _("Audit: other"), _("Anything else that is audited: exports, downloads, replays, new secrets, tests."), SCHEMA, _EXAMPLE | {"action": "export.downloaded", "changed": []}),
)  # fmt: skip

_BY_VERB: Final = {"created": "audit.created", "updated": "audit.changed", "deleted": "audit.deleted"}


def event_of(entry: AuditEntry) -> NewEvent:
    """The event that says that this entry was written."""
    assert entry.tenant_id is not None
    kind, _dot, verb = entry.action.rpartition(".")
    name = "audit.session" if kind == "session" else _BY_VERB.get(verb, "audit.action")
    data = {
        "id": str(entry.id),
        "action": entry.action,
        "actor": entry.actor,
        "actor_kind": entry.actor_kind,
        "address": entry.address,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "object_name": entry.object_name,
        "changed": sorted({*entry.before, *entry.after}),
        "at": entry.created_at,
    }
    return NewEvent(entry.tenant_id, name, data, f"audit:{entry.id}", entry.correlation_id, entry.created_at)
