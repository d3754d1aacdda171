"""The body of an event for an endpoint, and the row that keeps it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from tenants.events import is_declared
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


Titles = Mapping[tuple[int, str], str]


def payload_row(
    event: Event, variant: str, form: Form | None, company: Company, now: datetime, titles: Titles
) -> tuple[Any, ...]:
    """In the order of PAYLOAD. RenderFailed says to the endpoint's owner why there is none."""
    rendered = body_of(event, form, company, titles)
    return (
        uuid7(),
        event.tenant_id,
        event.id,
        variant,
        rendered.content_type,
        "\n".join(rendered.headers),
        rendered.body,
        hops_of(event.type, event.data, event.key),
        now,
    )


def body_of(event: Event, form: Form | None, company: Company, titles: Titles | None = None) -> Rendered:
    """Without a form it is the plain envelope, which most endpoints get: made without detours."""
    type_, data = _told(event)
    if form is None:
        return Rendered(CONTENT_TYPE, render(type_, event.occurred_at, data))
    if titles is None:
        titles = own_titles([event])
    title = titles.get((event.tenant_id, type_), "")
    return form.render(Occasion(event.id, type_, event.occurred_at, data, company, title))


def own_titles(events: Iterable[Event]) -> Titles:
    """By company and type: what companies call the types that they declared themselves. At most one query for all."""
    strange = {(event.tenant_id, type_) for event in events if not is_declared(type_ := _told(event)[0])}
    if not strange:
        return {}
    found = OwnEventType.objects.filter(
        tenant_id__in={tenant_id for tenant_id, _type in strange}, name__in={type_ for _id, type_ in strange}
    )
    return {
        (tenant_id, name): title for tenant_id, name, title in found.values_list("tenant_id", "name", "title")
    }


def _told(event: Event) -> tuple[str, Mapping[str, Any]]:
    """A test may show another event than itself."""
    sample = event.data.get("sample") if event.type == TEST else None
    return (sample["type"], sample["data"]) if sample else (event.type, event.data)
