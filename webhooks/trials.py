"""Tries a filter on events that really happened, before it decides about new ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import F

from tenants.models import Event
from webhooks.filters import compile_filter
from webhooks.matching import Patterns

LOOKED_AT: Final = 1000
SHOWN: Final = 50


class Tried(NamedTuple):
    id: UUID
    type: str
    occurred_at: datetime
    matches: bool


def try_filter(filter_: object, patterns: Sequence[str], event_type: str = "") -> list[Tried]:
    """The newest fifty events that an endpoint with these patterns gets, each with what the filter says.

    Without `event_type`, of the newest thousand of the company. BadFilter for a mistake in the filter.
    """
    accepts = compile_filter(filter_)
    wanted = Patterns(patterns)
    recent = Event.objects.order_by("-id")
    if event_type:
        recent = recent.filter(type=event_type)
        ids = [id_ for id_, type_ in recent.values_list("id", "type")[:SHOWN] if wanted.match(type_)]
    else:
        newest = recent.values_list("id", "type")[:LOOKED_AT]
        ids = [id_ for id_, type_ in newest if wanted.match(type_)][:SHOWN]
    rows: Any = Event.objects.filter(id__in=ids).order_by(F("id").desc())
    return [
        Tried(event.id, event.type, event.occurred_at, accepts is None or accepts(event.type, event.data))
        for event in rows
    ]
