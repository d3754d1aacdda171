"""Asks the exchange for the call of one click, at most once.

The row says `sent` before anything is sent. A worker that finds it so has no right to send: whoever had it may have done
so before they died. What became of it is found out by looking (follow_clicks).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone

from telephony.actions.announce_clicks import announce
from telephony.dialing import ami, ssh
from telephony.dialing.asking import Ask, Doubtful, NotAsked, Refused
from telephony.dialing.exchanges import access_of
from telephony.models import DialAccess, OriginateRequest, OriginateState, Pbx, Transport
from tenants.work import enqueue

FOLLOW_LANE: Final = "calls.follow"
LIFE: Final = timedelta(seconds=15)
"""A phone that rings later than that after the click only surprises."""
RETRY_SECONDS: Final = 1.0
FIRST_LOOK: Final = timedelta(seconds=0.4)


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of a try. `retry_in` None: settled. An empty `code`: the exchange took it.

    `is_doubtful`: it was sent, or may have been, and nobody knows whether the exchange has it.
    """

    request_id: UUID
    code: str = ""
    detail: str = ""
    retry_in: float | None = None
    is_doubtful: bool = False
    is_gone: bool = False


def send_click(request_id: UUID) -> Sending:
    """One try, without a transaction around it."""
    request = OriginateRequest.objects.select_related("tenant").filter(pk=request_id).first()
    if request is None or request.is_over:
        return Sending(request_id, is_gone=True)
    if request.state != OriginateState.QUEUED:
        # By somebody who did not live to say how it went.
        return Sending(request_id, "in_doubt", is_doubtful=True)
    if timezone.now() - request.created_at > LIFE:
        return Sending(request_id, "too_late")
    access = _access(request)
    if access is None:
        return Sending(request_id, "no_exchange")
    try:
        ask = Ask.of(request, access, request.tenant.phone_region)
    except (ValueError, ValidationError) as error:
        return Sending(request_id, "rejected", str(error)[:300])
    return _ask(request, access, ask)


def _access(request: OriginateRequest) -> DialAccess | None:
    pbx = Pbx.objects.select_related("ami", "dialing").filter(pk=request.pbx_id).first()
    return access_of(pbx) if pbx is not None else None


def _ask(request: OriginateRequest, access: DialAccess, ask: Ask) -> Sending:
    try:
        if access.transport == Transport.SSH:
            ssh.originate(ask, access, request.tenant.egress_allow, lambda: claim(request.pk))
        else:
            ami.originate(ask, lambda: claim(request.pk))
    except NotAsked as error:
        retry_in = None if error.is_final else RETRY_SECONDS
        return Sending(request.pk, error.code, error.detail[:300], retry_in)
    except Refused as error:
        return Sending(request.pk, error.code, error.detail[:300])
    except Doubtful as error:
        return Sending(request.pk, error.code, error.detail[:300], is_doubtful=True)
    return Sending(request.pk)


def claim(request_id: UUID) -> bool:
    """Whether it is ours to send: for one worker, once. Committed before a byte leaves."""
    waiting = OriginateRequest.objects.filter(pk=request_id, state=OriginateState.QUEUED)
    return bool(waiting.update(state=OriginateState.SENT, sent_at=timezone.now()))


def record_sending(results: list[Sending]) -> None:
    """Write what became of the tries, in the settling transaction; what was sent is followed from now on."""
    for one in results:
        if not one.is_gone and one.retry_in is None:
            row = OriginateRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=one.request_id)
            _record(row, one)


def _record(row: OriginateRequest, one: Sending) -> None:
    if one.code and not one.is_doubtful:
        fail(row, one.code, one.detail)
        return
    if one.is_doubtful:
        row.reason_code, row.detail = one.code, one.detail
        row.save(update_fields=["reason_code", "detail", "updated_at"])
    elif row.accepted_at is None:
        row.accepted_at = timezone.now()
        row.save(update_fields=["accepted_at", "updated_at"])
    if not row.is_over:
        due = timezone.now() + FIRST_LOOK
        enqueue(FOLLOW_LANE, [(row.pk, row.tenant_id, str(row.pbx_id), due)])


def fail(row: OriginateRequest, code: str, detail: str = "") -> None:
    """It is over without a talk. A row that the exchange's own events have moved on stays as they say."""
    if row.state not in (OriginateState.QUEUED, OriginateState.SENT):
        return
    row.state, row.reason_code, row.detail, row.ended_at = OriginateState.FAILED, code, detail, timezone.now()
    row.save(update_fields=["state", "reason_code", "detail", "ended_at", "updated_at"])
    announce("click.failed", row)
