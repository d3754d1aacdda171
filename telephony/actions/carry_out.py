"""Ends a call that goes on, or gives it to a colleague, at the exchange. At most once, whatever dies on the way."""

from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from telephony.actions.request_command import talker
from telephony.dialing import numbers
from telephony.dialing.asking import Doubtful, NotAsked, Refused
from telephony.dialing.exchanges import access_of
from telephony.models import (
    Call,
    CallCommand,
    CallPhase,
    CommandKind,
    CommandState,
    DialAccess,
    Pbx,
    Transport,
)
from telephony.steering import ami, ssh
from telephony.steering.acting import Target, steer
from telephony.steering.channels import Known, Unclear
from tenants.models import Extension
from tenants.scoping import tenant_scope

LIFE: Final = timedelta(seconds=15)
"""Later than that it might be another conversation."""


class Stopped(Exception):
    """Why nothing is done. `code` is one of the reasons."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def carry_out(command_id: UUID) -> CallCommand | None:
    """One command, without a transaction around it; the row as it is to be written, None when there is nothing to do."""
    row = CallCommand.objects.filter(pk=command_id, state=CommandState.PENDING).first()
    if row is None:
        return None
    with tenant_scope(row.tenant_id):
        try:
            is_there = _act(row)
        except (Stopped, Unclear, NotAsked, Refused, Doubtful) as reason:
            _fail(row, reason.code, reason.detail)
        else:
            if is_there:
                row.state = CommandState.DONE
            else:
                _fail(row, "gone")
    row.settled_at = timezone.now()
    return row


def record_carried(rows: list[CallCommand]) -> None:
    """Write what became of them, in the settling transaction."""
    for row in rows:
        row.save(
            update_fields=["state", "reason_code", "detail", "channel", "settled_at", "updated_at"],
        )


def _fail(row: CallCommand, code: str, detail: str = "") -> None:
    row.state, row.reason_code, row.detail = CommandState.FAILED, code, detail[:300]


def _act(row: CallCommand) -> bool:
    if row.attempted_at is not None:
        raise Stopped("in_doubt")
    if timezone.now() - row.created_at > LIFE:
        raise Stopped("too_late")
    call = _call(row)
    _check(row, call)
    access = _access(call)
    target = _target(row, access)
    claim = partial(_claim, row)
    if access.transport == Transport.SSH:
        with ssh.connected(access, call.tenant.egress_allow) as there:
            return steer(there, Known.of(call), target, claim)
    with ami.connected(call.pbx_id) as exchange:
        return steer(exchange, Known.of(call), target, claim)


def _call(row: CallCommand, *, is_locked: bool = False) -> Call:
    """The call, or the one that it turned out to be a part of."""
    calls = Call.objects.select_related("tenant")
    if is_locked:
        calls = calls.select_for_update(no_key=True, of=("self",))
    call = calls.get(pk=row.call_id)
    return calls.get(pk=call.merged_into_id) if call.is_merged else call


def _check(row: CallCommand, call: Call) -> None:
    if call.phase == CallPhase.ENDED:
        raise Stopped("over")
    if talker(call) != row.talker:
        raise Stopped("changed")


def _access(call: Call) -> DialAccess:
    pbx = Pbx.objects.select_related("ami", "dialing").get(pk=call.pbx_id)
    access = access_of(pbx)
    if access is None:
        raise Stopped("no_exchange")
    return access


def _target(row: CallCommand, access: DialAccess) -> Target | None:
    """Made of what has a grammar, and is the company's still."""
    if row.kind != CommandKind.TRANSFER:
        return None
    if not numbers.is_extension(row.extension) or not Extension.objects.filter(number=row.extension).exists():
        raise Stopped("unknown_extension")
    try:
        access.clean_fields(exclude={"tenant", "pbx"})
    except ValidationError as error:
        raise Stopped("rejected", str(error)) from error
    return Target(access.context, row.extension)


@transaction.atomic
def _claim(row: CallCommand, channel: str) -> None:
    """From here on it may have been done. Under the call's lock, so that what is being folded is seen."""
    _check(row, _call(row, is_locked=True))
    waiting = CallCommand.objects.filter(pk=row.pk, state=CommandState.PENDING, attempted_at__isnull=True)
    row.channel, row.attempted_at = channel[:200], timezone.now()
    if not waiting.update(attempted_at=row.attempted_at, channel=row.channel):
        raise Stopped("in_doubt")
