"""Folds freshly stored events into their calls: one transaction and a fixed number of queries for a whole batch.

All work on an exchange's calls happens under its row's lock, so two workers that hold events of the same call take
turns; each folds from all events that are committed by then, so whoever comes last has the whole picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from config.ids import uuid7
from telephony.actions import announcing, notifying
from telephony.actions.grouping import Channel, Group, group
from telephony.actions.planning import EXTERNAL, while_folding
from telephony.actions.writing import apply, save_calls, save_participants
from telephony.fold import CallState, Seen, fold, read
from telephony.models import Call, CallAlias, CallEvent, CallParticipant, Pbx
from telephony.models.call import CallPhase
from tenants import bulk
from tenants.models import Tenant
from tenants.reads import Read
from tenants.work import enqueue

FINISH_LANE: Final = "calls.finish"
MAX_EVENTS: Final = 1000  # of one call: beyond that somebody sends the same id for everything
MAKES_A_CALL: Final = ("start", "dial", "bridge", "hangup")

_fresh_events = Read(CallEvent, "id {among}", without=("payload", "sealed", "raw"))
_all_events = Read(
    CallEvent,
    "call_id {among} OR id {among} OR (pbx_id {among} AND unique_id {among} AND call_id IS NULL)",
    without=("raw",),
)
_aliases = Read(CallAlias, "pbx_id {among} AND channel {among}")
_calls = Read(Call, "id {among}")
# The writer's inserts refer to this row and must not wait for it. One order for all: no deadlock.
_pbxs = Read(Pbx, "id {among}", order="id", lock=True)
_tenants = Read(Tenant, "id {among}")


@dataclass(slots=True)
class Folded:
    """A call after folding, and what it was before."""

    call: Call
    state: CallState
    events: list[CallEvent]
    is_new: bool
    was_external: bool
    was_answered: bool
    was_ended: bool
    merged: list[Call] = field(default_factory=list)


def fold_calls(event_ids: Sequence[UUID]) -> list[Folded]:
    """Fold these events. Ids that are gone or belong to no call are skipped: they stay as they were stored."""
    with transaction.atomic():
        fresh = _fresh_events(event_ids)
        pbxs = _lock({event.pbx_id for event in fresh})
        fresh = [event for event in fresh if event.unique_id or event.linked_id]
        if not fresh:
            return []
        groups, aliases = _groups(fresh)
        known = [call_id for one in groups for call_id in one.call_ids]
        calls = {call.pk: call for call in _calls(known)} if known else {}
        events = _events_of(groups, calls, fresh)
        now = timezone.now()
        folded = [done for one in groups if (done := _fold(one, calls, events, pbxs[one.pbx_id]))]
        _save(folded, groups, aliases, now)
        return folded


def _lock(pbx_ids: Iterable[UUID]) -> dict[UUID, Pbx]:
    rows = {row.pk: row for row in _pbxs(pbx_ids)}
    tenants = {tenant.pk: tenant for tenant in _tenants({row.tenant_id for row in rows.values()})}
    for row in rows.values():
        row.tenant = tenants[row.tenant_id]
    return rows


def _channels(event: CallEvent) -> tuple[Channel, Channel]:
    own = event.unique_id or event.linked_id
    return (event.pbx_id, own), (event.pbx_id, event.linked_id or own)


def _groups(fresh: list[CallEvent]) -> tuple[list[Group], dict[Channel, UUID]]:
    names = {name for event in fresh for _pbx, name in _channels(event)}
    known = _aliases({event.pbx_id for event in fresh}, names)
    aliases = {(one.pbx_id, one.channel): one.call_id for one in known}
    return group([_channels(event) for event in fresh], aliases), aliases


def _events_of(
    groups: list[Group], calls: dict[UUID, Call], fresh: list[CallEvent]
) -> dict[tuple[UUID, str], list[CallEvent]]:
    """All events that the groups' calls are folded from, by channel name.

    Events that came before any call was known for them (a recording's, or of a channel now linked) are found too.
    """
    foldable = [call.pk for call in calls.values() if call.event_count < MAX_EVENTS]
    names = {name for one in groups for name in one.channels}
    found: dict[tuple[UUID, str], list[CallEvent]] = defaultdict(list)
    owners = {(one.pbx_id, name): one for one in groups for name in one.channels}
    by_call = {call_id: one for one in groups for call_id in one.call_ids}
    for event in _all_events(foldable, [event.pk for event in fresh], {one.pbx_id for one in groups}, names):
        own, linked = _channels(event)
        mine = owners.get(own) or owners.get(linked) or by_call.get(event.call_id)
        if mine is not None:
            found[mine.pbx_id, min(mine.channels)].append(event)
    return found


def _fold(
    one: Group, calls: dict[UUID, Call], events: dict[tuple[UUID, str], list[CallEvent]], pbx: Pbx
) -> Folded | None:
    mine = events.get((one.pbx_id, min(one.channels)), [])
    existing = [calls[call_id] for call_id in one.call_ids if call_id in calls]
    if not mine or not (existing or any(event.kind in MAKES_A_CALL for event in mine)):
        return None
    call = existing[0] if existing else Call(id=uuid7(), tenant_id=pbx.tenant_id, pbx=pbx)
    if call.event_count >= MAX_EVENTS:
        # Kept and shown, but no longer folded; so rare that a statement of its own does no harm.
        CallEvent.objects.filter(id__in=[event.pk for event in mine], call__isnull=True).update(call=call)
        return None
    before = Folded(
        call=call,
        state=fold([_seen(event, pbx) for event in mine], pbx.tenant.phone_region),
        events=mine,
        is_new=not existing,
        was_external=any(known.direction in EXTERNAL for known in existing),
        # The agent's own leg of a click-to-call is answered before there is a client.
        was_answered=any(known.answered_at is not None and known.direction in EXTERNAL for known in existing),
        was_ended=call.phase == CallPhase.ENDED,
        merged=existing[1:],
    )
    apply(call, before.state)
    return before


def _seen(event: CallEvent, pbx: Pbx) -> Seen:
    return read(
        key=bytes(event.digest).hex(),
        kind=event.kind,
        at=event.created_at,
        payload=event.content,
        channel=event.unique_id,
        linked=event.linked_id,
        zone=pbx.zone,
        is_degraded=bool(event.degraded),
    )


def _save(folded: list[Folded], groups: list[Group], aliases: dict[Channel, UUID], now: datetime) -> None:
    if not folded:
        return
    save_calls([one.call for one in folded])
    _merge(folded, now)
    _attach(folded, groups, aliases)
    save_participants([(one.call, one.state) for one in folded])
    rings = {one.call.pk: one.state.rings for one in folded}
    notifying.create(
        [one.call for one in folded],
        lambda call, crms, known: while_folding(call, rings[call.pk], crms, known, now),
    )
    announcing.announce(
        [
            (one.call, kind)
            for one in folded
            for kind in announcing.while_folding(
                one.call, was_external=one.was_external, was_answered=one.was_answered
            )
        ]
    )
    _queue_finish(folded)


def _queue_finish(folded: list[Folded]) -> None:
    """Look again when the grace after the hang-up is over: a transfer may have continued the call."""
    grace = timedelta(seconds=settings.CALL_END_GRACE)
    entries = [
        (one.call.pk, one.call.tenant_id, str(one.call.pbx_id), one.call.ended_at + grace)
        for one in folded
        if one.call.ended_at is not None and not one.was_ended and one.call.finished_at is None
    ]
    enqueue(FINISH_LANE, entries, again=True)


def _merge(folded: list[Folded], now: datetime) -> None:
    """Calls that turned out to be parts of an older one give it their events, channels and history."""
    losers = {loser.pk: one.call for one in folded for loser in one.merged}
    if not losers:
        return
    for one in folded:
        ids = [loser.pk for loser in one.merged]
        if ids:  # rare enough to be allowed its own statements
            CallAlias.objects.filter(call_id__in=ids).update(call=one.call)
            Call.objects.filter(id__in=ids).update(merged_into=one.call, updated_at=now)
            notifying.hand_over(ids, one.call, now)
    CallParticipant.objects.filter(call_id__in=losers).delete()


def _attach(folded: list[Folded], groups: list[Group], aliases: dict[Channel, UUID]) -> None:
    """New channel names and new events belong to their call from now on."""
    calls: dict[Channel, Call] = {}
    moved: list[CallEvent] = []
    for one in folded:
        for event in one.events:
            calls.update(dict.fromkeys(_channels(event), one.call))
            if event.call_id != one.call.pk:
                event.call_id = one.call.pk
                moved.append(event)
    new = [
        CallAlias(tenant_id=call.tenant_id, pbx_id=pbx_id, channel=name, call=call)
        for (pbx_id, name), call in calls.items()
        if (pbx_id, name) not in aliases
    ]
    bulk.create(new)
    bulk.change(moved, ["call"])
