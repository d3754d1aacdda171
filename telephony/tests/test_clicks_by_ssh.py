"""A click by the exchange's command line, which takes no id: found in what the exchange tells of the call, whichever way that is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telephony.actions.send_click import FOLLOW_LANE
from telephony.ami.simulator import AmiSimulator
from telephony.ingest.tokens import Source
from telephony.models import OriginateRequest, OriginateState, Pbx
from telephony.scenarios.packets import load_packets
from telephony.scenarios.playing import play_packets
from telephony.tests.clicking import click, make_company, refreshed
from telephony.tests.factories import posts, store
from tenants.scoping import all_tenants
from tenants.work import drain, enqueue

pytestmark = pytest.mark.django_db

CAPTURED = "click2call_cli"


@pytest.fixture
def pbx() -> Iterator[Pbx]:
    with AmiSimulator() as exchange:
        yield make_company(exchange, transport="ssh", ssh_host="192.0.2.1", context="inoffice")


def followed(pbx: Pbx, at: datetime, extension: str = "150") -> OriginateRequest:
    """What has become of a click that reached the exchange then."""
    request = click(pbx.tenant, extension=extension)
    values: dict[str, Any] = {"state": OriginateState.SENT, "sent_at": at, "accepted_at": at}
    with all_tenants():
        OriginateRequest.objects.filter(pk=request.pk).update(**values)
        enqueue(FOLLOW_LANE, [(request.pk, pbx.tenant_id, str(pbx.pk), None)])
    drain(FOLLOW_LANE)
    return refreshed(request)


def heard(pbx: Pbx, *, until: float = float("inf")) -> datetime:
    """The manager interface tells the captured call, so many seconds of it, all at once; when that began."""
    begin = datetime.now(UTC)
    packets = [one for one in load_packets(CAPTURED) if one.offset <= until]
    play_packets(Source(pbx.pk, pbx.tenant_id), packets, 0, lambda _packet, _is_new: None)
    drain("calls.fold")
    return begin


def test_the_manager_interface_tells_every_step(pbx: Pbx) -> None:
    row = followed(pbx, heard(pbx))

    assert (row.state, row.reason_code) == (OriginateState.ENDED, "")
    assert row.call is not None
    steps = [row.agent_rang_at, row.agent_answered_at, row.client_rang_at, row.talked_at, row.ended_at]
    assert None not in steps[1:]
    assert steps[1:] == sorted(step for step in steps[1:] if step)


def test_while_the_client_has_not_answered_it_is_no_talk(pbx: Pbx) -> None:
    begin = heard(pbx, until=3.0)

    row = followed(pbx, begin)

    assert (row.state, row.talked_at, row.ended_at) == (OriginateState.CLIENT_RINGING, None, None)


def test_the_dialplan_tells_as_much_as_it_knows(pbx: Pbx) -> None:
    begin = datetime.now(UTC) - timedelta(minutes=1)
    store(pbx, posts(CAPTURED), at=begin)
    drain("calls.fold")

    row = followed(pbx, begin)

    assert row.state == OriginateState.ENDED
    assert row.call is not None
    assert row.talked_at == row.call.answered_at


def test_a_colleagues_click_is_not_taken_for_it(pbx: Pbx) -> None:
    begin = heard(pbx)

    row = followed(pbx, begin, extension="151")

    assert (row.call, row.talked_at) == (None, None)
