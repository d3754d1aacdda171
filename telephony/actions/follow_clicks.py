"""Finds out how far clicks have come, and writes it down: from the exchange's events, else by looking at the channel.

Every event of such a call wakes this at once. Exchanges that tell nothing over the manager interface are looked at twice a
second while somebody's phone rings.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from config.egress import EgressDenied
from telephony.actions.announce_clicks import announce
from telephony.actions.send_click import FOLLOW_LANE
from telephony.ami import AmiConnection, AmiRefused, acting
from telephony.dialing.ami import channel_status, device_state
from telephony.dialing.exchanges import access_of
from telephony.dialing.progress import Progress, Said, joined, read_call, read_channel, read_events
from telephony.dialing.template import filled
from telephony.models import (
    Call,
    CallAlias,
    CallDirection,
    CallEvent,
    DialAccess,
    EventSource,
    OriginateRequest,
    OriginateState,
    Pbx,
    Transport,
)
from telephony.models.origination import PROGRESS, request_of
from tenants.errors import ConfigError
from tenants.work import enqueue

RING_LIFE: Final = timedelta(minutes=4)
TALK_LIFE: Final = timedelta(hours=4)
SSH_SLACK: Final = timedelta(seconds=3)
TOO_EARLY: Final = timedelta(seconds=1.5)
"""After it was sent: a channel that is not there yet may still come."""
LOOK_SECONDS: Final = 0.5
LOOK_TALKING_SECONDS: Final = 10.0
TOLD_SECONDS: Final = 15.0
TOLD_TALKING_SECONDS: Final = 120.0
_TIMES: Final = ("agent_rang_at", "agent_answered_at", "client_rang_at", "talked_at")
_UNREACHED: Final = {
    "UNAVAILABLE": "unregistered",
    "INVALID": "unregistered",
    "BUSY": "agent_busy",
    "INUSE": "agent_busy",
}


@dataclass(slots=True)
class Followed:
    """One request, what is known of it now, and in how many seconds to look again; None: it is over."""

    request: OriginateRequest
    progress: Progress = field(default_factory=Progress)
    call: Call | None = None
    is_told: bool = False
    """The manager interface tells its story: nobody has to look."""
    again_in: float | None = None


def wake(events: Iterable[CallEvent]) -> None:
    """Of freshly stored events, in their transaction: those of clicks have their requests looked at."""
    found = {
        (request_id, event.tenant_id, str(event.pbx_id), None)
        for event in events
        for name in (event.unique_id, event.linked_id)
        if (request_id := request_of(name)) is not None
    }
    if found:
        enqueue(FOLLOW_LANE, sorted(found, key=lambda one: one[0]), again=True)


def follow_clicks(request_ids: Sequence[UUID]) -> list[Followed]:
    """What is known of these requests, of one exchange; those that are over or gone are left out. No transaction is open."""
    rows = OriginateRequest.objects.select_related("tenant").filter(id__in=request_ids)
    found = [Followed(row) for row in rows if not row.is_over and row.pbx_id is not None]
    if not found:
        return []
    pbx = Pbx.objects.select_related("ami", "dialing").get(pk=found[0].request.pbx_id)
    access = access_of(pbx)
    _read(found, pbx, access)
    _look([one for one in found if not one.is_told and one.progress.ended_at is None], pbx, access)
    now = timezone.now()
    for one in found:
        _bound(one, now)
    return found


def _read(found: Sequence[Followed], pbx: Pbx, access: DialAccess | None) -> None:
    """Calls and events of all of them, in three queries."""
    channels = {one.request.channel: one for one in found}
    aliases = CallAlias.objects.filter(pbx=pbx, channel__in=channels).select_related("call__merged_into")
    for alias in aliases:
        channels[alias.channel].call = alias.call.merged_into or alias.call
    if access is not None and access.transport == Transport.SSH:
        for one in found:
            one.call = one.call or _call_by_ssh(one.request)
    said = _events(pbx, channels, {one.call.pk: one for one in found if one.call is not None})
    for one in found:
        _tell(one, said[one.request.pk])


def _events(
    pbx: Pbx, channels: dict[str, Followed], calls: dict[UUID, Followed]
) -> dict[UUID, list[CallEvent]]:
    known = CallEvent.objects.filter(
        Q(call_id__in=calls) | Q(pbx=pbx, call__isnull=True, unique_id__in=channels), source=EventSource.AMI
    )
    said: dict[UUID, list[CallEvent]] = defaultdict(list)
    for event in known.defer("raw", "sealed").order_by("created_at", "id"):
        mine = calls.get(event.call_id) or channels.get(event.unique_id)
        if mine is not None:
            said[mine.request.pk].append(event)
    return said


def _tell(one: Followed, events: Sequence[CallEvent]) -> None:
    channel = _channel(one.request, events)
    one.is_told = bool(channel)
    if channel:
        said = [Said(event.kind, event.payload, event.created_at) for event in events]
        one.progress = read_events(said, channel)
        is_alive = one.call is not None and one.call.ended_at is None
        if is_alive and one.progress.talked_at is not None and _is_local(events, channel):
            one.progress.ended_at = None  # a channel in between made room for the phones: they talk on
    elif one.call is not None:
        one.progress = read_call(one.call)
        one.is_told = one.progress.is_known


def _channel(request: OriginateRequest, events: Sequence[CallEvent]) -> str:
    """The id of the click's channel in these events; empty when they do not tell of it.

    The command line takes no id: its channel is the first half of the dialplan's own that it made for the colleague.
    """
    named = {event.unique_id for event in events}
    if request.channel in named:
        return request.channel
    mine = f"local/{request.extension}@"
    for event in events:
        name = str(event.payload.get("Channel", "")).lower()
        if event.kind == "Newchannel" and name.startswith(mine) and name.endswith(";1"):
            return event.unique_id
    return ""


def _is_local(events: Sequence[CallEvent], channel: str) -> bool:
    """Whether our channel is one of the dialplan's own, and no phone."""
    mine = (event.payload for event in events if event.unique_id == channel)
    return any(str(payload.get("Channel", "")).startswith("Local/") for payload in mine)


def _call_by_ssh(request: OriginateRequest) -> Call | None:
    """The command line gives no id: it is the first call out to that number by that extension since then."""
    linked = Call.objects.filter(originates=request).first()
    if linked is not None:
        return linked
    since = (request.sent_at or request.created_at) - SSH_SLACK
    near = Call.objects.filter(
        pbx_id=request.pbx_id,
        client_number=request.phone,
        direction=CallDirection.OUT,
        started_at__gte=since,
        started_at__lt=since + RING_LIFE,
        merged_into__isnull=True,
        originates__isnull=True,
        participants__extension=request.extension,
    )
    return near.order_by("started_at").first()


def _look(found: Sequence[Followed], pbx: Pbx, access: DialAccess | None) -> None:
    """At each one's channel. An exchange that cannot be asked now is asked the next time."""
    if not found or access is None or access.transport != Transport.AMI:
        return
    try:
        with acting.connection(pbx.pk) as ami:
            for one in found:
                one.progress = joined(one.progress, _seen(ami, one, access))
    except (OSError, AmiRefused, EgressDenied, ConfigError):
        return


def _seen(ami: AmiConnection, one: Followed, access: DialAccess) -> Progress:
    request = one.request
    known = Progress(*(getattr(request, name) for name in _TIMES))
    status = channel_status(ami, request.channel)
    before = joined(one.progress, known)
    age = timezone.now() - (request.sent_at or request.created_at)
    if status is None and not before.is_known and age < TOO_EARLY:
        return Progress()
    seen = read_channel(status, timezone.now(), before)
    if status is None and seen.talked_at is None and seen.agent_rang_at is None:
        if request.accepted_at is None:
            seen.reason = request.reason_code or "in_doubt"
        elif not access.is_local:
            state = device_state(ami, filled(access.template, request.extension, access.context))
            seen.reason = _UNREACHED.get(state, "agent_unreached")
        else:
            seen.reason = "agent_unreached"
    return seen


def _bound(one: Followed, now: datetime) -> None:
    """Nothing is waited for without end."""
    request, progress = one.request, one.progress
    since = progress.talked_at or request.talked_at
    is_over = now - since > TALK_LIFE if since else now - (request.sent_at or request.created_at) > RING_LIFE
    if progress.ended_at is None and is_over:
        progress.ended_at = now
        progress.talked_at = since
        progress.reason = (request.reason_code or "in_doubt") if request.accepted_at is None else "lost"
    if progress.ended_at is None:
        one.again_in = _pause(one, is_talking=since is not None)


def _pause(one: Followed, *, is_talking: bool) -> float:
    if one.is_told:
        return TOLD_TALKING_SECONDS if is_talking else TOLD_SECONDS
    return LOOK_TALKING_SECONDS if is_talking else LOOK_SECONDS


def record_followed(results: Sequence[Followed]) -> None:
    """Write what was found out, in the settling transaction: forward only."""
    for one in results:
        row = OriginateRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=one.request.pk)
        if not row.is_over:
            row.tenant = one.request.tenant
            _advance(row, one)


def _advance(row: OriginateRequest, found: Followed) -> None:
    progress, had_talked = found.progress, row.talked_at is not None
    for name in _TIMES:
        if getattr(row, name) is None:
            setattr(row, name, getattr(progress, name))
    if found.call is not None:
        row.call_id = found.call.pk
    if progress.is_known and row.reason_code:
        row.reason_code = ""  # what was in doubt was seen
    if progress.ended_at is not None:
        row.ended_at, row.reason_code = progress.ended_at, progress.reason
        row.state = OriginateState.ENDED if row.talked_at is not None else OriginateState.FAILED
    else:
        row.state = _later(row.state, progress.state)
    row.save()
    if row.talked_at is not None and not had_talked:
        announce("click.answered", row)
    if row.state == OriginateState.FAILED:
        announce("click.failed", row)


def _later(present: str, found: OriginateState | None) -> str:
    if found is None or PROGRESS.index(found) < PROGRESS.index(OriginateState(present)):
        return present
    return found
