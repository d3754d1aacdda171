"""Moving a waiting call: a simulated exchange, what it is told, and what it must never be told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from telephony.actions import move_call as move_call_module
from telephony.actions.move_call import PATIENCE, move_call
from telephony.actions.request_redirect import LANE, Waiting, request_redirect
from telephony.ami import acting
from telephony.ami.packets import text
from telephony.ami.simulator import AmiSimulator, account
from telephony.models import AmiAccess, Call, Pbx, RedirectDecision
from telephony.redirect import rules
from telephony.redirect.tests.factories import switch_on
from telephony.tests.factories import make_access, make_pbx, play, posts, store
from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db
CLIENT = "+375291234570"
CHANNEL = "PJSIP/trunk-1-000000aa"
WAITING = {
    "Channel": CHANNEL,
    "Uniqueid": "pbx-9.9",
    "ChannelState": "4",
    "Application": "Wait",
    "BridgeID": "",
}


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    rules.forget_rules()
    with all_tenants():
        yield
    rules.forget_rules()
    acting.close_all()


@pytest.fixture
def exchange() -> Iterator[AmiSimulator]:
    with AmiSimulator() as simulator:
        simulator.channels.append(dict(WAITING))
        yield simulator


@pytest.fixture
def pbx(exchange: AmiSimulator) -> Pbx:
    """150 talked with the client an hour ago."""
    made = make_pbx(make_tenant(timezone="UTC"))
    make_access(made, exchange.port)
    play(made, "inbound_answered", at=timezone.now() - timedelta(hours=1))
    switch_on(made.tenant, sources=["conversation"], contexts=["hub-redirect", "vip"])
    return made


def ask(pbx: Pbx, **values: str) -> RedirectDecision:
    named = {"phone": CLIENT, "unique_id": "pbx-9.9", "channel": CHANNEL}
    return request_redirect(pbx, Waiting(**(named | values)))


def moved(pbx: Pbx, **values: str) -> RedirectDecision:
    """Asked for, and done."""
    row = ask(pbx, **values)
    drain(LANE)
    row.refresh_from_db()
    assert Work.objects.filter(lane=LANE).count() == 0
    return row


def told(exchange: AmiSimulator) -> list[dict[str, str]]:
    """The redirects that the exchange was asked for."""
    names = ("Channel", "Context", "Exten", "Priority")
    return [{name: text(one, name) for name in names} for one in exchange.asked("Redirect")]


def test_a_waiting_call_goes_to_its_manager(pbx: Pbx, exchange: AmiSimulator) -> None:
    row = moved(pbx)

    assert (row.outcome, row.reason_code, row.extension, row.mode) == ("redirected", "moved", "150", "push")
    assert told(exchange) == [
        {"Channel": CHANNEL, "Context": "hub-redirect", "Exten": "150", "Priority": "1"}
    ]
    assert row.attempted_at is not None
    assert row.settled_at is not None


def test_a_channel_that_is_not_named_is_found_by_its_id(pbx: Pbx, exchange: AmiSimulator) -> None:
    exchange.channels.insert(0, {**WAITING, "Channel": "PJSIP/other-1", "Uniqueid": "pbx-1.1"})

    row = moved(pbx, channel="")

    assert (row.outcome, row.channel) == ("redirected", CHANNEL)


def test_asked_twice_it_is_moved_once(pbx: Pbx, exchange: AmiSimulator) -> None:
    first, second = ask(pbx), ask(pbx)
    drain(LANE)
    third = moved(pbx)

    assert first.pk == second.pk == third.pk
    assert len(told(exchange)) == 1


def test_a_talking_client_is_left_alone_by_what_the_exchange_says(pbx: Pbx, exchange: AmiSimulator) -> None:
    exchange.channels[0]["BridgeID"] = "b-1"

    row = moved(pbx)

    assert (row.outcome, row.reason_code) == ("normal", "talking")
    assert told(exchange) == []


def test_a_talking_client_is_left_alone_by_what_we_know(pbx: Pbx, exchange: AmiSimulator) -> None:
    """The exchange's answer came a moment before somebody answered."""
    store(pbx, [post for post in posts("inbound_answered", "x") if post.path != "/hangup"])
    drain("calls.fold")
    call = Call.objects.get(phase="talking")
    exchange.channels[0]["Uniqueid"] = call.external_id

    row = moved(pbx, unique_id=call.external_id)

    assert (row.outcome, row.reason_code) == ("normal", "talking")
    assert told(exchange) == []


def test_somebody_who_answers_between_look_and_action_is_not_torn_away(
    pbx: Pbx, exchange: AmiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = posts("inbound_answered", "y")
    store(pbx, played[:2])
    drain("calls.fold")
    call = Call.objects.get(phase="ringing")

    look = move_call_module._waiting_channel

    def look_and_answer(*arguments: Any) -> Any:
        found = look(*arguments)
        Call.objects.filter(pk=call.pk).update(phase="talking")
        return found

    monkeypatch.setattr(move_call_module, "_waiting_channel", look_and_answer)

    row = moved(pbx, unique_id=call.external_id)

    assert (row.outcome, row.reason_code, row.attempted_at) == ("normal", "talking", None)
    assert told(exchange) == []


def test_a_caller_who_hung_up_is_an_outcome_in_words(pbx: Pbx, exchange: AmiSimulator) -> None:
    exchange.channels.clear()

    row = moved(pbx)

    assert (row.outcome, row.reason_code) == ("normal", "gone")
    assert row.why == "The caller had hung up before."


def test_a_caller_who_hangs_up_at_the_last_moment_too(pbx: Pbx, exchange: AmiSimulator) -> None:
    exchange.answers["redirect"] = lambda action: [
        {"Response": "Error", "Message": f"Channel does not exist: {CHANNEL}"}
    ]

    assert moved(pbx).reason_code == "gone"


def test_the_call_is_over_by_our_own_knowledge(pbx: Pbx, exchange: AmiSimulator) -> None:
    call = Call.objects.get()

    row = moved(pbx, unique_id=call.external_id)

    assert (row.outcome, row.reason_code) == ("normal", "over")
    assert exchange.asked("Status") == []


@pytest.mark.parametrize("context", ["default", "hub-redirect,150,1", "HUB-REDIRECT"])
def test_a_context_that_is_not_allowed_is_refused_at_once(
    pbx: Pbx, exchange: AmiSimulator, context: str
) -> None:
    row = ask(pbx, context=context)

    assert (row.outcome, row.reason_code) == ("normal", "context")
    assert Work.objects.filter(lane=LANE).count() == 0
    assert moved(pbx, context="vip").outcome == "redirected"
    assert [one["Context"] for one in told(exchange)] == ["vip"]


@pytest.mark.parametrize("channel", ["PJSIP/a\r\nAction: Ping", "PJSIP/a\nExten: 900", "\x00"])
def test_a_channel_with_line_breaks_reaches_nobody(pbx: Pbx, exchange: AmiSimulator, channel: str) -> None:
    row = moved(pbx, channel=channel, unique_id="pbx-9.9")

    assert row.outcome != "redirected"
    assert told(exchange) == exchange.asked("Ping") == []


def test_an_exchange_that_is_gone_or_refuses_is_a_failure_in_words(pbx: Pbx, exchange: AmiSimulator) -> None:
    exchange.accounts["hub"] = account("hub-secret", write="originate")
    exchange.answers["status"] = lambda action: [
        {"Response": "Success", "EventList": "start"},
        {**WAITING, "Event": "Status"},
        {"Event": "StatusComplete", "EventList": "Complete"},
    ]
    refused = moved(pbx)
    AmiAccess.objects.update(port=1, updated_at=timezone.now())
    gone = moved(pbx, unique_id="pbx-9.10")

    assert (refused.outcome, refused.reason_code, refused.detail) == (
        "failed", "ami_refused", "Permission denied",
    )  # fmt: skip
    assert (gone.outcome, gone.reason_code) == ("failed", "ami_down")


def test_without_a_manager_interface(pbx: Pbx) -> None:
    pbx.ami.delete()

    assert moved(pbx).reason_code == "no_ami"


def test_nobody_responsible_is_the_usual_way(pbx: Pbx, exchange: AmiSimulator) -> None:
    row = moved(pbx, phone="+375290000000")

    assert (row.outcome, row.reason_code) == ("normal", "nobody")
    assert exchange.actions == []


def test_a_worker_that_died_after_asking_does_not_ask_again(pbx: Pbx, exchange: AmiSimulator) -> None:
    row = ask(pbx)
    RedirectDecision.objects.filter(pk=row.pk).update(attempted_at=timezone.now())

    drain(LANE)

    row.refresh_from_db()
    assert (row.outcome, row.reason_code) == ("failed", "interrupted")
    assert told(exchange) == []


def test_whoever_waited_too_long_is_left_alone(pbx: Pbx, exchange: AmiSimulator) -> None:
    row = ask(pbx)
    RedirectDecision.objects.filter(pk=row.pk).update(
        created_at=timezone.now() - PATIENCE - timedelta(seconds=1)
    )

    drain(LANE)

    row.refresh_from_db()
    assert (row.outcome, row.reason_code) == ("normal", "late")


def test_nothing_to_do_for_what_was_settled_or_deleted(pbx: Pbx, exchange: AmiSimulator) -> None:
    row = moved(pbx)

    key = row.pk
    assert move_call(key) is None
    row.delete()
    assert move_call(key) is None
    assert len(told(exchange)) == 1
