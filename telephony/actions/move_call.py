"""Moves a waiting call to its manager, if nobody talks with the client by then. At most once, whatever dies on the way."""

import re
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from config.egress.errors import EgressDenied
from telephony.ami import acting
from telephony.ami.connection import AmiConnection, AmiRefused
from telephony.ami.packets import BadValue, Packet, text
from telephony.models import Call, RedirectDecision, RedirectOutcome
from telephony.models.call import CallPhase
from telephony.redirect import log
from telephony.redirect.circumstances import call_of
from telephony.redirect.deciding import Ask, decide
from telephony.redirect.words import Reason
from tenants.scoping import tenant_scope

PATIENCE: Final = timedelta(seconds=30)
"""Whoever has waited longer went the usual way long ago."""
EXTENSION: Final = re.compile(r"[0-9*#]{1,10}\Z")
_ABSENT: Final = ("no such channel", "channel does not exist", "channel not existent")


class Refusal(Exception):
    """Why a call stays where it is."""

    def __init__(self, reason: Reason, detail: str = "", *, is_failure: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.is_failure = reason, detail, is_failure


def move_call(decision_id: UUID) -> RedirectDecision | None:
    """Carry out one pending decision; the row as it is to be written, None when there is nothing to do."""
    row = RedirectDecision.objects.filter(pk=decision_id, outcome=RedirectOutcome.PENDING).first()
    if row is None:
        return None
    with tenant_scope(row.tenant_id):
        try:
            _move(row)
        except Refusal as refusal:
            row.outcome = RedirectOutcome.FAILED if refusal.is_failure else RedirectOutcome.NORMAL
            row.reason_code, row.detail = refusal.reason, refusal.detail[:300]
    row.settled_at = timezone.now()
    return row


def record_moved(rows: list[RedirectDecision]) -> None:
    """Write what became of them, in the settling transaction."""
    names = [
        "outcome", "reason_code", "detail", "channel", "extension", "source", "integration", "is_remembered", "ms",
        "steps", "settled_at",
    ]  # fmt: skip
    for row in rows:
        row.save(update_fields=names)


def _move(row: RedirectDecision) -> None:
    if row.attempted_at is not None:
        raise Refusal(Reason.INTERRUPTED, is_failure=True)
    if timezone.now() - row.created_at > PATIENCE:
        raise Refusal(Reason.LATE)
    _check_own_state(call_of(row.pbx_id, row.unique_id))
    decided = decide(
        Ask(row.tenant_id, row.pbx_id, row.phone, row.line, row.unique_id, row.channel), may_repeat=True
    )
    log.describe(row, decided)
    if not row.extension:
        raise Refusal(Reason(row.reason_code))
    if not EXTENSION.match(row.extension):
        raise Refusal(Reason.NO_EXTENSION)
    try:
        with acting.connection(row.pbx_id) as ami:
            _redirect(ami, row)
    except acting.NoAccess as error:
        raise Refusal(Reason.NO_AMI, is_failure=True) from error
    except AmiRefused as error:
        raise _refused(error) from error
    except BadValue as error:
        raise Refusal(Reason.NO_CHANNEL, is_failure=True) from error
    except (EgressDenied, OSError) as error:
        raise Refusal(Reason.AMI_DOWN, is_failure=True) from error
    row.outcome, row.reason_code = RedirectOutcome.REDIRECTED, Reason.MOVED


def _redirect(ami: AmiConnection, row: RedirectDecision) -> None:
    """The state at the exchange, then our own under a lock, then the action: as close together as can be."""
    channel = _waiting_channel(ami, row)
    row.channel = text(channel, "Channel")[:200]
    if text(channel, "BridgeID"):
        raise Refusal(Reason.TALKING)
    _claim(row)
    fields = [
        ("Channel", row.channel),
        ("Context", row.context),
        ("Exten", row.extension),
        ("Priority", "1"),
    ]
    ami.act("Redirect", fields)


def _waiting_channel(ami: AmiConnection, row: RedirectDecision) -> Packet:
    """The client's channel as the exchange shows it now."""
    fields = [("Channel", row.channel)] if row.channel else []
    rows = ami.listed("Status", fields)
    for one in rows:
        if row.channel == text(one, "Channel") or (
            not row.channel and text(one, "Uniqueid") == row.unique_id
        ):
            return one
    raise Refusal(Reason.GONE)


@transaction.atomic
def _claim(row: RedirectDecision) -> None:
    """From here on the call may have been moved. Under the call's lock, so that an answer that is being folded is seen."""
    call = call_of(row.pbx_id, row.unique_id)
    if call is not None:
        _check_own_state(Call.objects.select_for_update(no_key=True).get(pk=call.pk))
    claimed = RedirectDecision.objects.filter(pk=row.pk, attempted_at__isnull=True)
    if not claimed.update(attempted_at=timezone.now()):
        raise Refusal(Reason.INTERRUPTED, is_failure=True)


def _check_own_state(call: Call | None) -> None:
    if call is None:
        return  # its events come later, or not at all
    if call.phase == CallPhase.TALKING:
        raise Refusal(Reason.TALKING)
    if call.phase == CallPhase.ENDED:
        raise Refusal(Reason.OVER)


def _refused(error: AmiRefused) -> Refusal:
    message = error.message.lower()
    if any(words in message for words in _ABSENT):
        return Refusal(Reason.GONE)
    return Refusal(Reason.AMI_REFUSED, error.message, is_failure=True)
