"""Folds freshly stored events into their calls: one transaction and a fixed number of queries for a whole batch.

All work on an exchange's calls happens under its row's lock, so two workers that hold events of the same call take
turns; each folds from all events that are committed by then, so whoever comes last has the whole picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from config.ids import uuid7
from telephony.actions import after_calls, announcing, follow_clicks, notifying
from telephony.actions.gathering import (
    MAX_EVENTS,
    Names,
    channels_of,
    companies,
    events_of,
    groups_of,
    lock,
    names_of,
    read_calls,
    read_events,
)
from telephony.actions.grace import grace
from telephony.actions.grouping import Channel, Group
from telephony.actions.planning import EXTERNAL, while_folding
from telephony.actions.writing import apply, save_calls, save_legs, save_participants
from telephony.fold import CallState, Fact, Ours, fold, read
from telephony.models import Call, CallAlias, CallEvent, CallLeg, CallParticipant, EventSource, Pbx
from telephony.models.call import CallPhase, CallStatus
from telephony.recordings.expecting import expect
from tenants import bulk
from tenants.work import enqueue

FINISH_LANE: Final = "calls.finish"
MAKES_A_CALL: Final = frozenset(
    (
        "start",
        "dial",
        "bridge",
        "hangup",
        "Newchannel",
        "DialBegin",
        "DialEnd",
        "BridgeEnter",
        "Hangup",
        "cdr",
    )
)


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
    with transaction.atomic(savepoint=False):
        fresh = read_events(event_ids)
        pbxs = lock({event.pbx_id for event in fresh})
        follow_clicks.wake(fresh)
        names = names_of(fresh)
        fresh = [event for event in fresh if names.get(event.pk)]
        if not fresh:
            return []
        groups, aliases = groups_of(fresh, names)
        known = [call_id for one in groups for call_id in one.call_ids]
        calls = {call.pk: call for call in read_calls(known)} if known else {}
        events = events_of(groups, calls, fresh, names)
        now = timezone.now()
        company = companies(pbxs, events)
        folded = [
            done
            for one in groups
            if (done := _fold(one, calls, events, pbxs[one.pbx_id], company[one.pbx_id]))
        ]
        _save(folded, aliases, names, now)
        return folded


def _fold(
    one: Group,
    calls: dict[UUID, Call],
    events: dict[tuple[UUID, str], list[CallEvent]],
    pbx: Pbx,
    company: Ours,
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
        state=fold([_fact(event, pbx) for event in mine], company),
        events=mine,
        is_new=not existing,
        was_external=any(known.direction in EXTERNAL for known in existing),
        # The agent's own leg of a click-to-call is answered before there is a client.
        was_answered=any(known.answered_at is not None and known.direction in EXTERNAL for known in existing),
        # A call that was lost sight of waits longer; once its end is known it need not.
        was_ended=call.phase == CallPhase.ENDED and call.status != CallStatus.LOST,
        merged=existing[1:],
    )
    call.pbx, call.tenant = pbx, pbx.tenant
    apply(call, before.state)
    return before


def _fact(event: CallEvent, pbx: Pbx) -> Fact:
    return read(
        key=bytes(event.digest).hex(),
        kind=event.kind,
        at=event.created_at,
        payload=event.content,
        channel=event.unique_id,
        linked=event.linked_id,
        zone=pbx.zone,
        source=event.source,
        is_degraded=bool(event.degraded),
    )


def _save(
    folded: list[Folded],
    aliases: dict[Channel, UUID],
    names: Names,
    now: datetime,
) -> None:
    if not folded:
        return
    save_calls([one.call for one in folded])
    _merge(folded, now)
    _attach(folded, aliases, names)
    save_participants([(one.call, one.state) for one in folded])
    save_legs([(one.call, one.state) for one in folded], renamed=_with_better_legs(folded))
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
    # What had been closed is corrected by late events; most batches have none.
    after_calls.over([one.call for one in folded if one.call.finished_at is not None or one.merged])
    expect([one.call for one in folded], now)


def _with_better_legs(folded: list[Folded]) -> list[UUID]:
    """Calls whose channels may have been known by the records' names, and are known by their ids now."""
    return [
        one.call.pk
        for one in folded
        if any(leg.channel != leg.device for leg in one.state.legs)
        and any(event.source == EventSource.CDR for event in one.events)
    ]


def _queue_finish(folded: list[Folded]) -> None:
    """Look again when the grace after the hang-up is over: a transfer may have continued the call."""
    entries = [
        (one.call.pk, one.call.tenant_id, str(one.call.pbx_id), one.call.ended_at + grace(one.call))
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
    CallLeg.objects.filter(call_id__in=losers).delete()


def _attach(folded: list[Folded], aliases: dict[Channel, UUID], names: Names) -> None:
    """New channel names and new events belong to their call from now on."""
    calls: dict[Channel, Call] = {}
    moved: list[CallEvent] = []
    for one in folded:
        for event in one.events:
            calls.update(dict.fromkeys(names.get(event.pk) or channels_of(event), one.call))
            if event.call_id != one.call.pk:
                event.call_id = one.call.pk
                moved.append(event)
    new = [
        CallAlias(tenant_id=call.tenant_id, pbx_id=pbx_id, channel=name, call=call)
        for (pbx_id, name), call in sorted(calls.items(), key=lambda named: named[0])
        if (pbx_id, name) not in aliases
    ]
    bulk.create(new)
    bulk.change(sorted(moved, key=lambda event: event.pk), ["call"])
