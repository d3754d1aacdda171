"""Folds freshly stored events into their calls: one transaction and a fixed number of queries for a whole batch.

All work on an exchange's calls happens under its row's lock, so two workers that hold events of the same call take
turns; each folds from all events that are committed by then, so whoever comes last has the whole picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from config.ids import uuid7
from telephony.actions import after_calls, announcing, follow_clicks, notifying
from telephony.actions.grace import grace
from telephony.actions.grouping import Channel, Group, group
from telephony.actions.planning import EXTERNAL, while_folding
from telephony.actions.writing import apply, save_calls, save_legs, save_participants
from telephony.fold import FOLDED, CallState, Fact, Ours, fold, read
from telephony.fold.manager import TYING, ties
from telephony.models import Call, CallAlias, CallEvent, CallLeg, CallParticipant, EventSource, Pbx
from telephony.models.call import CallPhase, CallStatus
from telephony.recordings.expecting import expect
from tenants import bulk
from tenants.models import Extension, Tenant
from tenants.reads import Read
from tenants.work import enqueue

FINISH_LANE: Final = "calls.finish"
MAX_EVENTS: Final = 1000  # of one call: beyond that somebody sends the same id for everything
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
OF_PACKETS: Final = (EventSource.AMI, EventSource.HUB)
KINDS_OF_PACKETS: Final = frozenset(FOLDED)

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
# What an event ties together may stand in its content only.
_tying_events = Read(
    CallEvent,
    "id {among}",
    without=(
        "created_at",
        "pbx",
        "call",
        "sealed",
        "raw",
        "degraded",
        "digest",
        "address",
        "unique_id",
        "linked_id",
    ),
)
_extensions = Read(Extension, "tenant_id {among}")

Names = dict[UUID, tuple[Channel, ...]]
"""Event -> the channels and bridges that it names."""


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
        follow_clicks.wake(fresh)
        names = _names(fresh)
        fresh = [event for event in fresh if names.get(event.pk)]
        if not fresh:
            return []
        groups, aliases = _groups(fresh, names)
        known = [call_id for one in groups for call_id in one.call_ids]
        calls = {call.pk: call for call in _calls(known)} if known else {}
        events = _events_of(groups, calls, fresh, names)
        now = timezone.now()
        company = _companies(pbxs, events)
        folded = [
            done
            for one in groups
            if (done := _fold(one, calls, events, pbxs[one.pbx_id], company[one.pbx_id]))
        ]
        _save(folded, aliases, names, now)
        return folded


def _lock(pbx_ids: Iterable[UUID]) -> dict[UUID, Pbx]:
    rows = {row.pk: row for row in _pbxs(pbx_ids)}
    tenants = {tenant.pk: tenant for tenant in _tenants({row.tenant_id for row in rows.values()})}
    for row in rows.values():
        row.tenant = tenants[row.tenant_id]
    return rows


def _channels(event: CallEvent) -> tuple[Channel, ...]:
    """The event's own channel and the one that names its call."""
    own = event.unique_id or event.linked_id
    return ((event.pbx_id, own), (event.pbx_id, event.linked_id or own)) if own else ()


def _names(fresh: list[CallEvent]) -> Names:
    """What each event ties together. Packets that change no call are left out: nothing is folded for them."""
    names = {
        event.pk: _channels(event)
        for event in fresh
        if not _is_packet(event) or event.kind in KINDS_OF_PACKETS
    }
    tying = {event.pk: event.pbx_id for event in fresh if _is_packet(event) and event.kind in TYING}
    for event in _tying_events(tying) if tying else ():
        packet = event.payload if isinstance(event.payload, dict) else {}
        found = tuple((tying[event.pk], name) for name in ties(event.kind, packet))
        names[event.pk] = tuple(dict.fromkeys((*names[event.pk], *found)))
    return names


def _is_packet(event: CallEvent) -> bool:
    return event.source in OF_PACKETS


def _groups(fresh: list[CallEvent], names: Names) -> tuple[list[Group], dict[Channel, UUID]]:
    tied = [names[event.pk] for event in fresh]
    known = _aliases(
        {event.pbx_id for event in fresh}, {name for channels in tied for _pbx, name in channels}
    )
    aliases = {(one.pbx_id, one.channel): one.call_id for one in known}
    return group(tied, aliases), aliases


def _events_of(
    groups: list[Group], calls: dict[UUID, Call], fresh: list[CallEvent], names: Names
) -> dict[tuple[UUID, str], list[CallEvent]]:
    """All events that the groups' calls are folded from, by channel name.

    Events that came before any call was known for them (a recording's, or of a channel now linked) are found too.
    """
    foldable = [call.pk for call in calls.values() if call.event_count < MAX_EVENTS]
    channels = {name for one in groups for name in one.channels}
    found: dict[tuple[UUID, str], list[CallEvent]] = defaultdict(list)
    owners = {(one.pbx_id, name): one for one in groups for name in one.channels}
    by_call = {call_id: one for one in groups for call_id in one.call_ids}
    for event in _all_events(
        foldable, [event.pk for event in fresh], {one.pbx_id for one in groups}, channels
    ):
        named = names.get(event.pk) or _channels(event)
        mine = next((owners[name] for name in named if name in owners), None) or by_call.get(event.call_id)
        if mine is not None:
            found[mine.pbx_id, min(mine.channels)].append(event)
    return found


def _companies(pbxs: dict[UUID, Pbx], events: dict[tuple[UUID, str], list[CallEvent]]) -> dict[UUID, Ours]:
    """What the fold has to know of each exchange's company. The dialplan's posts need no list of extensions."""
    asked = {
        pbxs[pbx_id].tenant_id
        for (pbx_id, _name), found in events.items()
        if any(event.source != EventSource.HTTP for event in found)
    }
    numbers: dict[int, set[str]] = defaultdict(set)
    for extension in _extensions(asked) if asked else ():
        numbers[extension.tenant_id].add(extension.number)
    return {
        pbx.pk: Ours(pbx.tenant.phone_region, frozenset(numbers[pbx.tenant_id]), pbx.trunk_names)
        for pbx in pbxs.values()
    }


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
            calls.update(dict.fromkeys(names.get(event.pk) or _channels(event), one.call))
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
