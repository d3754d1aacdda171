"""The body of an event for an endpoint, and the row that keeps it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tenants.events import UnknownEventType, event_type
from tenants.ids import uuid7
from tenants.models import Event
from webhooks.events import TEST
from webhooks.formats import Company, Form, Occasion, Rendered
from webhooks.hops import hops_of
from webhooks.models import OwnEventType
from webhooks.wire import CONTENT_TYPE, render

PAYLOAD: Final = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("event_id", "uuid"),
    ("variant", "text"),
    ("content_type", "text"),
    ("headers", "text"),
    ("body", "bytea"),
    ("hops", "smallint"),
    ("created_at", "timestamptz"),
)


def payload_row(
    event: Event, variant: str, form: Form | None, company: Company, now: datetime
) -> tuple[Any, ...]:
    """In the order of PAYLOAD. RenderFailed says to the endpoint's owner why there is none."""
    rendered = body_of(event, form, company)
    return (
        uuid7(),
        event.tenant_id,
        event.id,
        variant,
        rendered.content_type,
        "\n".join(rendered.headers),
        rendered.body,
        hops_of(event.type, event.data),
        now,
    )


def body_of(event: Event, form: Form | None, company: Company) -> Rendered:
    """Without a form it is the plain envelope, which most endpoints get: made without detours."""
    type_, data = _told(event)
    if form is None:
        return Rendered(CONTENT_TYPE, render(type_, event.occurred_at, data))
    title = _own_title(event.tenant_id, type_)
    return form.render(Occasion(event.id, type_, event.occurred_at, data, company, title))


def _told(event: Event) -> tuple[str, Mapping[str, Any]]:
    """A test may show another event than itself."""
    sample = event.data.get("sample") if event.type == TEST else None
    return (sample["type"], sample["data"]) if sample else (event.type, event.data)


def _own_title(tenant_id: int, type_: str) -> str:
    try:
        event_type(type_)
    except UnknownEventType:
        found = OwnEventType.objects.filter(tenant_id=tenant_id, name=type_)
        return found.values_list("title", flat=True).first() or ""
    return ""
