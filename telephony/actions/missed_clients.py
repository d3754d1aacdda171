"""Keeps the list of clients whom nobody has reached since they called in vain.

It is computed from the calls of each client concerned, never counted up: a call that is looked at twice, late or in
another order, or whose outcome is corrected afterwards, leads to the same row.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from config.ids import uuid7_at
from telephony.models import Call, CallDirection, CallStatus, Clearing, MissedClient
from telephony.models.call import ALIVE
from tenants import audit, bulk

EXTERNAL: Final = (CallDirection.IN, CallDirection.OUT)
SERVED: Final = (CallStatus.ANSWERED, CallStatus.TALKING)
LOOK_BACK: Final = timedelta(days=30)
MOST: Final = 5_000  # calls of a batch's clients that are looked at: a robot's thousands tell nothing more
CHANGED: Final = (
    "client_name",
    "line",
    "extension",
    "count",
    "first_missed_at",
    "last_missed_at",
    "last_call",
    "tries",
    "tried_at",
    "cleared_at",
    "clearing",
    "cleared_by",
)

Client = tuple[int, str]
"""Tenant and number in E.164."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a client's calls say: who served them last, what they missed since, and our vain tries to call back."""

    served: Call | None = None
    missed: Sequence[Call] = ()
    tries: Sequence[Call] = ()


@dataclass(slots=True)
class Followed:
    """What changed: clients who wait for a call now, and those who were reached (their tasks may be closed)."""

    opened: list[MissedClient] = field(default_factory=list)
    cleared: list[MissedClient] = field(default_factory=list)


def standing(calls: Iterable[Call], *, since: datetime | None = None) -> Standing:
    """Of one client's calls in any order; what was missed up to `since` has been dealt with."""
    ordered = sorted(calls, key=lambda call: (call.started_at, call.pk))
    served = max(
        (call for call in ordered if call.status in SERVED and call.answered_at),
        key=lambda call: (call.answered_at, call.pk),
        default=None,
    )
    floor = max((moment for moment in (since, served and served.answered_at) if moment), default=None)
    missed = [call for call in ordered if call.is_missed and (floor is None or call.started_at > floor)]
    tries = [
        call
        for call in ordered
        if missed
        and call.direction == CallDirection.OUT
        and call.status not in (*ALIVE, *SERVED)
        and call.started_at > missed[0].started_at
    ]
    return Standing(served, tuple(missed), tuple(tries))


def follow_up(calls: Sequence[Call]) -> Followed:
    """Look at the clients of these calls anew. One query where nobody waits and nothing was missed; four otherwise."""
    clients = {
        (call.tenant_id, call.client_number)
        for call in calls
        if call.direction in EXTERNAL and call.client_number
    }
    if not clients:
        return Followed()
    with transaction.atomic():
        followed, left = _follow(clients, calls)
        if left:  # another worker opened theirs at the same moment: now it can be seen
            again, _left = _follow(left, calls)
            followed.opened += again.opened
            followed.cleared += again.cleared
        return followed


@transaction.atomic
def clear_by_hand(rows: Sequence[MissedClient]) -> list[MissedClient]:
    """Somebody dealt with these clients otherwise; those of them who still waited. Each is audited, and once only."""
    waiting = list(
        MissedClient.objects.select_for_update(no_key=True)
        .filter(id__in=[row.pk for row in rows], cleared_at__isnull=True)
        .order_by("id")
    )
    now = timezone.now()
    MissedClient.objects.filter(id__in=[row.pk for row in waiting]).update(
        cleared_at=now, clearing=Clearing.BY_HAND
    )
    for row in waiting:
        row.cleared_at, row.clearing = now, Clearing.BY_HAND
        audit.record("missed_client.cleared", row)
    return waiting


def _follow(clients: Collection[Client], calls: Sequence[Call]) -> tuple[Followed, set[Client]]:
    known = _known(clients)
    open_rows = {client: row for client, rows in known.items() for row in rows if row.is_open}
    missed = {(call.tenant_id, call.client_number) for call in calls if call.is_missed}
    concerned = {client for client in clients if client in missed or client in open_rows}
    followed = Followed()
    fresh: list[MissedClient] = []
    changed: list[MissedClient] = []
    for client, history in _histories(concerned).items():
        row = open_rows.get(client)
        found = standing(history, since=_floor(known.get(client, ())))
        if row and found.served and _is_reached(row, found.served):
            _clear(row, found.served)
            changed.append(row)
            followed.cleared.append(row)
            row = None
        if found.missed and row:
            changed.append(_describe(row, found))
        elif found.missed:
            fresh.append(_describe(_new(client), found))
    bulk.change(sorted(changed, key=lambda row: row.pk), CHANGED)
    fresh.sort(key=lambda row: (row.tenant_id, row.client_number))
    stored = bulk.create(fresh)
    followed.opened = [row for row in fresh if row.pk in stored]
    return followed, {(row.tenant_id, row.client_number) for row in fresh if row.pk not in stored}


def _known(clients: Collection[Client]) -> Mapping[Client, list[MissedClient]]:
    """Their rows of late, locked: whoever else looks at the same client takes turns."""
    found: dict[Client, list[MissedClient]] = defaultdict(list)
    rows = MissedClient.objects.select_for_update(no_key=True).filter(
        tenant_id__in={tenant_id for tenant_id, _number in clients},
        client_number__in={number for _tenant_id, number in clients},
    )
    recent = uuid7_at(timezone.now() - 2 * LOOK_BACK)
    for row in (rows.filter(cleared_at__isnull=True) | rows.filter(id__gte=recent)).order_by("id"):
        found[row.tenant_id, row.client_number].append(row)
    return found


def _floor(rows: Iterable[MissedClient]) -> datetime | None:
    return max((row.cleared_at for row in rows if row.cleared_at), default=None)


def _histories(clients: Collection[Client]) -> Mapping[Client, list[Call]]:
    if not clients:
        return {}
    found: dict[Client, list[Call]] = {client: [] for client in sorted(clients)}
    rows = Call.objects.filter(
        tenant_id__in={tenant_id for tenant_id, _number in clients},
        client_number__in={number for _tenant_id, number in clients},
        id__gte=uuid7_at(timezone.now() - LOOK_BACK),
        merged_into__isnull=True,
        direction__in=EXTERNAL,
    )
    wanted = rows.only(
        "tenant_id", "client_number", "client_name", "direction", "status", "started_at", "answered_at",
        "responsible", "did", "trunk",
    )  # fmt: skip
    for call in wanted.order_by("-id")[:MOST]:
        if (call.tenant_id, call.client_number) in found:
            found[call.tenant_id, call.client_number].append(call)
    return found


def _is_reached(row: MissedClient, served: Call) -> bool:
    return served.answered_at is not None and served.answered_at > row.first_missed_at


def _clear(row: MissedClient, served: Call) -> None:
    row.cleared_at, row.cleared_by = served.answered_at, served
    row.clearing = Clearing(served.direction)


def _new(client: Client) -> MissedClient:
    return MissedClient(tenant_id=client[0], client_number=client[1])


def _describe(row: MissedClient, found: Standing) -> MissedClient:
    """What the row says of the calls; what it remembers of older ones than are looked at stays."""
    first, last = found.missed[0], found.missed[-1]
    row.first_missed_at = (
        first.started_at if row._state.adding else min(row.first_missed_at, first.started_at)
    )
    row.last_missed_at, row.last_call = last.started_at, last
    row.count = len(found.missed)
    row.client_name = last.client_name or row.client_name
    row.line, row.extension = last.did or last.trunk, last.responsible
    row.tries = len(found.tries)
    row.tried_at = found.tries[-1].started_at if found.tries else None
    return row
