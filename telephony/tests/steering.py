"""What tests of ending and transferring calls share: a company with an exchange, a call that goes on, and a wish."""

from datetime import UTC, datetime, timedelta
from typing import Any

from telephony.actions.request_command import LANE, Wish, request_command
from telephony.ami.switching import SwitchingSimulator
from telephony.models import (
    Call,
    CallAlias,
    CallCommand,
    CallLeg,
    CallParticipant,
    CommandKind,
    OriginateOrigin,
    Pbx,
)
from telephony.tests.factories import make_call
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import drain

CLIENT, TRUNK, PHONE = "+375291234570", "PJSIP/trunk-1-pbx77.1", "PJSIP/150-pbx77.2"
FIRST, SECOND = "pbx77.1", "pbx77.2"


def going_on(pbx: Pbx, exchange: SwitchingSimulator, phase: str = "talking", **values: Any) -> Call:
    """An incoming call at 150, here and at the exchange."""
    at = datetime.now(UTC) - timedelta(seconds=30)
    filled: dict[str, Any] = {
        "phase": phase,
        "status": phase,
        "external_id": FIRST,
        "client_number": CLIENT,
        "ended_at": None,
        "finished_at": None,
        "rings": [{"extensions": ["150"], "at": at.isoformat(), "synthetic": False}],
    }
    if phase == "talking":
        filled["talks"] = [{"extension": "150", "since": at.isoformat(), "until": None}]
        filled |= {"answered_at": at, "responsible": "150", "answered_by": "150"}
        exchange.talk("bridge-1", TRUNK, PHONE, linked=FIRST)
    else:
        exchange.ring(TRUNK, PHONE, linked=FIRST)
    call = make_call(pbx, at=at, **(filled | values))
    with all_tenants():
        for channel, device, role, extension in (
            (FIRST, TRUNK, "client", ""),
            (SECOND, PHONE, "agent", "150"),
        ):
            CallAlias.objects.create(tenant_id=pbx.tenant_id, pbx=pbx, channel=channel, call=call)
            CallLeg.objects.create(
                tenant_id=pbx.tenant_id,
                call=call,
                channel=channel,
                device=device,
                role=role,
                extension=extension,
            )
        CallParticipant.objects.create(tenant_id=pbx.tenant_id, call=call, extension="150", rang_at=at)
    return call


def wish(call: Call, extension: str = "", **values: Any) -> CallCommand:
    """A transfer with an extension, else the end of the call."""
    kind = CommandKind.TRANSFER if extension else CommandKind.HANG_UP
    named = {"kind": kind, "extension": extension, "origin": OriginateOrigin.API, **values}
    with tenant_scope(call.tenant_id):
        return request_command(call, Wish(**named))


def done(row: CallCommand) -> CallCommand:
    """As it stands after the lane has worked."""
    drain(LANE)
    with all_tenants():
        return CallCommand.objects.get(pk=row.pk)
