"""What subscribers are told of a stored request, and the events as which a source publishes it once more.

A relayed event has the key of its request: it is written in the transaction that processes the request, once.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any, Final

from config.masking import MASK
from tenants.events import NewEvent
from webhooks.hops import hops_in
from webhooks.models import Inbound, OwnEventType
from webhooks.presets import Arrival, Preset
from webhooks.presets.arrival import NotReadable
from webhooks.relaying import GROUP, KEY_PREFIX, OTHER, relayed_type

MOST_TYPES: Final = 200  # of one group that a sender may fill
TITLE_LENGTH: Final = 200


def described(row: Inbound, arrival: Arrival, sender: Preset) -> dict[str, Any]:
    """The data of `inbound.received`; without the secret, where the sender writes it into the body."""
    told = {
        "inbound_id": str(row.id),
        "source_id": str(row.source_id),
        "source": row.source.name,
        "sender": row.source.preset,
        "event": row.event_type,
        "received_at": row.created_at.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "content_type": row.content_type,
        "replay": row.replays,
        "hops": hops_in(arrival.headers),
    }
    try:
        return told | {"body": _without_secrets(arrival.data, sender)}
    except NotReadable:
        return told | {"body": None, "text": arrival.body.decode("utf-8", "replace")}


def _without_secrets(data: Any, sender: Preset) -> Any:
    if not sender.secret_fields or not isinstance(data, dict):
        return data
    return {name: MASK if name in sender.secret_fields else value for name, value in data.items()}


def relayed(rows: Sequence[Inbound]) -> list[NewEvent]:
    """The events for those of the understood requests whose sources publish them. Their types are in the catalogue then."""
    wanted = [row for row in rows if row.source.relay]
    if not wanted:
        return []
    types = {row.id: relayed_type(row.source.relay, row.event_type) for row in wanted}
    declared = _declare(wanted, types)
    return [_event(row, _possible(row, types[row.id], declared)) for row in wanted]


def _event(row: Inbound, type_: str) -> NewEvent:
    arrival = Arrival(row.headers, row.query, bytes(row.body), options=row.source.options)
    sender = row.source.sender
    data = described(row, arrival, sender)
    names = row.source.relay_headers
    data["headers"] = {name: row.headers[name] for name in names if name in row.headers}
    # Bytes cannot be masked: where the body holds the secret, they are not handed on.
    if row.source.relay_original and not sender.secret_fields:
        data["original"] = b64encode(arrival.body).decode()
    return NewEvent(
        row.tenant_id,
        type_,
        data,
        key=f"{KEY_PREFIX}{row.id}:{row.replays}",
        correlation_id=row.correlation_id,
        occurred_at=row.created_at,
        is_own_type=True,
    )


def _declare(rows: Iterable[Inbound], types: dict[Any, str]) -> set[tuple[int, str]]:
    """The types that the company has now; new ones are added, so that endpoints can be subscribed to them by name."""
    wanted: dict[tuple[int, str], Inbound] = {}
    for row in rows:
        wanted.setdefault((row.tenant_id, types[row.id]), row)
    known = _known(wanted)
    missing = {key: row for key, row in wanted.items() if key not in known}
    room: dict[tuple[int, str], int] = {}
    made = []
    for (tenant_id, name), row in missing.items():
        group = (tenant_id, row.source.relay)
        if group not in room:
            taken = OwnEventType.objects.filter(tenant_id=tenant_id, name__startswith=_prefix(row)).count()
            room[group] = MOST_TYPES - taken
        room[group] -= 1
        made.append(_type_of(row, name if room[group] >= 0 else _other(row)))
    if made:
        # Two workers may meet the same new type.
        OwnEventType.objects.bulk_create(made, ignore_conflicts=True)
        known |= _known(wanted) | {(one.tenant_id, one.name) for one in made}
    return known


def _known(wanted: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    keys = list(wanted)
    found = OwnEventType.objects.filter(
        tenant_id__in={tenant_id for tenant_id, _name in keys}, name__in={name for _tenant, name in keys}
    )
    return set(found.values_list("tenant_id", "name"))


def _type_of(row: Inbound, name: str) -> OwnEventType:
    title = f"{row.source.name}: {row.event_type or '—'}"[:TITLE_LENGTH]
    return OwnEventType(tenant_id=row.tenant_id, name=name, title=title)


def _prefix(row: Inbound) -> str:
    return row.source.relay.removesuffix("*")


def _other(row: Inbound) -> str:
    relay = row.source.relay
    return _prefix(row) + OTHER if relay.endswith(GROUP) else relay


def _possible(row: Inbound, name: str, declared: set[tuple[int, str]]) -> str:
    return name if (row.tenant_id, name) in declared else _other(row)
