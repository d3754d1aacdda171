"""Writes folded states: whole batches by upsert, one statement each.

The rows of a statement are in the order of their keys: two workers that hold some of the same take turns at the first of
them, where in different orders each might wait for the other for ever.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from telephony.fold import CallState
from telephony.models import Call, CallLeg, CallParticipant
from telephony.models.call import tail_of
from tenants import bulk

FOLDED_FIELDS: Final = (
    "direction",
    "phase",
    "status",
    "client_raw",
    "client_number",
    "client_tail",
    "client_name",
    "did",
    "trunk",
    "answered_by",
    "responsible",
    "started_at",
    "answered_at",
    "ended_at",
    "talk_seconds",
    "wait_seconds",
    "hangup_cause",
    "dial_status",
    "ended_by",
    "queue",
    "recording",
    "recording_size",
    "rings",
    "talks",
    "flags",
    "event_count",
    "updated_at",
)


def apply(call: Call, state: CallState) -> None:
    """Set everything that is folded. The external id is given once and kept."""
    if call._state.adding:
        call.external_id = state.external_id[:150]
    call.direction = state.direction.value
    call.phase = state.phase.value
    call.status = state.outcome.value if state.ended_at is not None else state.phase.value
    call.client_raw, call.client_number, call.client_name = (
        state.client_raw,
        state.client_number,
        state.client_name,
    )
    call.client_tail = tail_of(call.client)
    call.did, call.trunk = state.did, state.trunk
    call.answered_by, call.responsible = state.answered_by, state.responsible
    call.started_at, call.answered_at, call.ended_at = state.started_at, state.answered_at, state.ended_at
    call.talk_seconds, call.wait_seconds = state.talk_seconds, state.wait_seconds
    call.hangup_cause, call.dial_status = state.hangup_cause, state.dial_status
    call.ended_by, call.queue = state.ended_by.value, state.queue
    call.recording, call.recording_size = state.recording or None, state.recording_size
    call.rings = [
        {"extensions": list(ring.extensions), "at": ring.at.isoformat(), "synthetic": ring.is_synthetic}
        for ring in state.rings
    ]
    call.talks = [
        {
            "extension": talk.extension,
            "since": talk.since.isoformat(),
            "until": talk.until.isoformat() if talk.until else None,
        }
        for talk in state.talks
    ]
    call.flags = sorted(flag.value for flag in state.flags)
    call.event_count = state.event_count


def save_calls(calls: Sequence[Call]) -> None:
    """Insert the new ones, update the folded fields of the others; what the fold does not own stays."""
    now = timezone.now()
    for call in calls:
        call.updated_at = now
    bulk.upsert(sorted(calls, key=attrgetter("pk")), ["id"], FOLDED_FIELDS)


def save_participants(states: Sequence[tuple[Call, CallState]]) -> None:
    """Each extension's part, as the fold sees it now."""
    rows = [
        CallParticipant(
            tenant_id=call.tenant_id,
            call=call,
            extension=person.extension[:10],
            rang_at=person.rang_at,
            answered_at=person.answered_at,
            is_caller=person.is_caller,
        )
        for call, state in states
        for person in state.participants
    ]
    rows.sort(key=attrgetter("call_id", "extension"))
    bulk.upsert(rows, ["call", "extension"], ["rang_at", "answered_at", "is_caller"])


LEG_FIELDS: Final = (
    "device",
    "role",
    "extension",
    "number",
    "began_at",
    "rang_at",
    "answered_at",
    "ended_at",
    "cause",
    "dial_status",
)


def save_legs(states: Sequence[tuple[Call, CallState]], renamed: Sequence[UUID] = ()) -> None:
    """Each channel, as the fold sees it now. Calls that only the dialplan told of have none.

    Those of the `renamed` calls that go by the names of the call records are dropped.
    """
    if renamed:
        CallLeg.objects.filter(call_id__in=renamed, channel=F("device")).delete()
    rows = [
        CallLeg(
            tenant_id=call.tenant_id,
            call=call,
            channel=leg.channel,
            role=leg.role.value,
            **{name: getattr(leg, name) for name in LEG_FIELDS if name != "role"},
        )
        for call, state in states
        for leg in state.legs
    ]
    rows.sort(key=attrgetter("call_id", "channel"))
    bulk.upsert(rows, ["call", "channel"], LEG_FIELDS)
