"""Take events from an outside system into the event log: all of them, or none when one cannot be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants.events import NewEvent, emit_many
from tenants.models import Event, Tenant
from webhooks import limits
from webhooks.catalogue import Entry, publishable
from webhooks.schemas import data_problems

# Keys of the event log are Switchboard's own otherwise: nobody outside may take one of those.
KEY_PREFIX = "api:"
LONGEST_KEY = 180


@dataclass(frozen=True, slots=True)
class Publication:
    """One event as an outside system tells it. `key` is that system's own id: the event happens once."""

    type: str
    data: Mapping[str, Any]
    key: str = ""
    occurred_at: datetime | None = None


class Published(NamedTuple):
    id: UUID
    type: str
    key: str
    is_new: bool


@transaction.atomic
def publish_events(tenant: Tenant, wanted: Sequence[Publication], *, path: str = "") -> list[Published]:
    """What became of each, in order. ValidationError names fields such as `events[3].data.total`.

    `path` is what stands before a field's name, with `{}` for the number of the event.
    """
    types = publishable({one.type for one in wanted})
    errors: dict[str, list[str]] = {}
    for number, one in enumerate(wanted):
        for field, message in _problems(one, types.get(one.type)):
            errors.setdefault(path.format(number) + field, []).append(message)
    if errors:
        raise ValidationError(dict(list(errors.items())[: limits.MOST_PUBLISHED]))
    keys = [KEY_PREFIX + (one.key or str(uuid4())) for one in wanted]
    written = emit_many(
        [
            NewEvent(
                tenant.pk,
                one.type,
                one.data,
                key,
                occurred_at=one.occurred_at,
                is_own_type=types[one.type].is_own,
            )
            for one, key in zip(wanted, keys, strict=True)
        ]
    )
    return _told(wanted, keys, written)


def _problems(one: Publication, entry: Entry | None) -> list[tuple[str, str]]:
    if entry is None:
        return [("type", _("There is no such event type, or only Switchboard itself publishes it."))]
    if len(orjson.dumps(one.data)) > limits.LARGEST_DATA:
        return [("data", _("The data of one event may have 256 KB."))]
    return [
        (f"data.{problem.path}" if problem.path else "data", problem.message)
        for problem in data_problems(entry.schema, one.data)
    ]


def _told(wanted: Sequence[Publication], keys: list[str], written: list[Event]) -> list[Published]:
    fresh = {event.key: event.id for event in written}
    known = {key for key in keys if key not in fresh}
    former = dict(Event.objects.filter(key__in=known).values_list("key", "id")) if known else {}
    told = []
    for one, key in zip(wanted, keys, strict=True):
        # The second of two with one key in one request is a repeat, too.
        new = fresh.pop(key, None)
        if new is not None:
            former[key] = new
        told.append(Published(former[key], one.type, one.key, new is not None))
    return told
