"""A click from the request to its end, against a simulated exchange: what is refused, what is sent, what becomes of it."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.actions.send_click import claim
from telephony.ami import acting
from telephony.ami.packets import text
from telephony.ami.simulator import AmiSimulator, account
from telephony.models import Call, OriginateRequest, OriginateState, Pbx
from telephony.models.origination import REASONS, request_of
from telephony.tests.clicking import (
    CLIENT,
    click,
    follow,
    headers,
    limits,
    long_ago,
    make_company,
    outcome,
    refreshed,
    send,
    statuses,
    tell,
)
from tenants.models import AuditEntry, Event, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

UNREGISTERED = {"Response": "Failure", "Reason": "0"}


@pytest.fixture
def exchange(settings: Any) -> Iterator[AmiSimulator]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with AmiSimulator() as simulator:
        yield simulator
    acting.close_all()


@pytest.fixture
def pbx(exchange: AmiSimulator) -> Pbx:
    return make_company(exchange)


@pytest.fixture
def tenant(pbx: Pbx) -> Tenant:
    return pbx.tenant


def rows() -> list[OriginateRequest]:
    with all_tenants():
        return list(OriginateRequest.objects.order_by("id"))


def events(kind: str) -> list[dict[str, Any]]:
    with all_tenants():
        return [event.data for event in Event.objects.filter(type=kind).order_by("id")]


def gone(exchange: AmiSimulator) -> None:
    """The machine is away, and every connection to it with it."""
    exchange.stop()
    with suppress(OSError):  # whoever waited for a connection still gets one
        socket.create_connection(("127.0.0.1", exchange.port)).close()
    acting.close_all()


def silenced(exchange: AmiSimulator) -> list[dict[str, str]]:
    """It has the action, and its connections end before it answers."""
    exchange.hang_up()
    return []


def test_a_click_is_sent_once_under_its_own_id(exchange: AmiSimulator, tenant: Tenant) -> None:
    request = click(tenant, "8 (029) 123-45-70")
    assert outcome(request) == ("queued", "")

    sent = send(request)
    drain("calls.originate")

    channel = f"c2c-{request.pk.hex}"
    assert [headers(one) for one in exchange.asked("Originate")] == [
        {
            "Action": "Originate",
            "Channel": "PJSIP/150",
            "Context": "from-internal",
            "Exten": CLIENT,
            "Priority": "1",
            "Timeout": "30000",
            "CallerID": "150",
            "Variable": [f"__HUB_C2C={channel}", "__HUB_EXTENSION=150"],
            "Async": "true",
            "ChannelId": channel,
        }
    ]
    assert outcome(sent) == ("sent", "")
    assert None not in (sent.sent_at, sent.accepted_at)
    assert request_of(channel) == request_of(f"{channel}-2") == request.pk


def test_the_dialplans_form_names_both_halves(exchange: AmiSimulator) -> None:
    pbx = make_company(
        exchange,
        template="Local/{extension}@{context}/n",
        context="inoffice",
        number_form="national",
        prefix="9",
        ring_seconds=20,
    )

    send(request := click(pbx.tenant))

    [asked] = exchange.asked("Originate")
    assert {name: asked[name] for name in ("Channel", "Exten", "CallerID", "Timeout", "OtherChannelId")} == {
        "Channel": "Local/150@inoffice/n",
        "Exten": "980291234570",
        "CallerID": CLIENT,
        "Timeout": "20000",
        "OtherChannelId": f"c2c-{request.pk.hex}-2",
    }


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"phone": "112"}, "emergency"),
        ({"phone": "no number"}, "bad_number"),
        ({"phone": "+375291234570&SIP/151"}, "bad_number"),
        ({"phone": "+375291234570\r\nApplication: System"}, "bad_number"),
        ({"phone": "+79211234567"}, "country"),
        ({"phone": "+375902123456"}, "premium"),
        ({"phone": "+881612345678"}, "satellite"),
        ({"extension": "199"}, "unknown_extension"),
        ({"extension": "150@evil"}, "bad_extension"),
        ({"extension": "150 application System"}, "bad_extension"),
        ({"extension": ""}, "no_extension"),
        ({"age": 15.1}, "stale"),
    ],
)
def test_what_is_refused_never_reaches_the_exchange(
    exchange: AmiSimulator, tenant: Tenant, values: dict[str, Any], code: str
) -> None:
    request = click(tenant, **values)

    assert outcome(request) == ("refused", code)
    assert request.reason == str(REASONS[code])
    assert drain("calls.originate") == 0
    assert exchange.asked("Originate") == []
    assert events("click.requested") == []


HOSTILE = st.text(alphabet="+0123456789 ()-&,;{}$[]\r\n\0'\"`|<>\\@/:=.*#aA\u0660", min_size=1, max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
def test_no_text_becomes_anything_but_a_number_and_an_extension_of_the_company(
    exchange: AmiSimulator, tenant: Tenant, phone: str, extension: str
) -> None:
    limits(tenant, countries=["RU", "KZ", "US"], alert_after=100_000)
    exchange.actions.clear()

    send(click(tenant, phone, extension))
    send(click(tenant, phone))

    for asked in exchange.asked("Originate"):
        assert text(asked, "Channel") in ("PJSIP/150", "PJSIP/151")
        assert set(text(asked, "Exten").removeprefix("+")) <= set("0123456789")
    with all_tenants():
        OriginateRequest.objects.all().delete()


def test_another_companys_extension_is_unknown(exchange: AmiSimulator, tenant: Tenant) -> None:
    make_extension(make_tenant(), "177")

    assert outcome(click(tenant, extension="177")) == ("refused", "unknown_extension")


def test_without_a_way_to_the_exchange_it_is_said_at_once(exchange: AmiSimulator) -> None:
    tenant = make_tenant()
    make_extension(tenant, "150")
    switched_off = make_company(exchange, is_enabled=False)

    assert outcome(click(tenant)) == ("refused", "no_exchange")
    assert outcome(click(switched_off.tenant)) == ("refused", "no_exchange")


def test_the_same_number_is_not_called_twice_within_ten_seconds(tenant: Tenant) -> None:
    first = click(tenant)

    assert outcome(click(tenant)) == ("refused", "repeated")
    assert outcome(click(tenant, "+375291234571")) == ("refused", "already_calling")
    assert outcome(click(tenant, extension="151")) == ("queued", "")
    with all_tenants():
        OriginateRequest.objects.filter(pk=first.pk).update(
            created_at=timezone.now() - timedelta(seconds=11), state=OriginateState.ENDED
        )
    assert outcome(click(tenant)) == ("queued", "")


def test_the_same_cause_is_the_same_request(tenant: Tenant) -> None:
    first = click(tenant, key="hook:1")

    assert click(tenant, key="hook:1").pk == first.pk
    assert len(rows()) == 1


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"extension_per_minute": 1}, "extension_minute"),
        ({"per_minute": 1}, "tenant_minute"),
        ({"extension_per_day": 1}, "extension_day"),
        ({"per_day": 1}, "tenant_day"),
    ],
)
def test_one_more_than_the_limit_is_refused(tenant: Tenant, limit: dict[str, int], code: str) -> None:
    limits(tenant, **limit)
    first = click(tenant)
    with all_tenants():
        OriginateRequest.objects.filter(pk=first.pk).update(state=OriginateState.ENDED)

    assert outcome(first) == ("queued", "")
    assert outcome(click(tenant, "+375291234571")) == ("refused", code)


def test_minutes_of_talk_run_out(tenant: Tenant, pbx: Pbx) -> None:
    limits(tenant, minutes_per_day=2)
    first = click(tenant)
    now = timezone.now()
    with all_tenants():
        call = Call.objects.create(tenant=tenant, pbx=pbx, external_id="1", started_at=now, talk_seconds=61)
        OriginateRequest.objects.filter(pk=first.pk).update(state=OriginateState.ENDED, call=call)

    assert outcome(click(tenant, "+375291234571")) == ("refused", "minutes_day")


def test_limits_of_one_company_are_no_others(exchange: AmiSimulator, tenant: Tenant) -> None:
    limits(tenant, per_day=0)

    assert outcome(click(tenant)) == ("refused", "tenant_day")
    assert outcome(click(make_company(exchange).tenant)) == ("queued", "")


def test_many_refusals_are_audited_and_alarm_the_owners_once(tenant: Tenant) -> None:
    owner = make_member(tenant, Role.OWNER)
    owner.user.email = "owner@example.com"
    owner.user.save()
    limits(tenant, alert_after=3)

    for number in range(5):
        click(tenant, f"+7921123456{number}")
    drain("webhooks.letters")

    with all_tenants():
        refusals = AuditEntry.objects.filter(action="originaterequest.refused")
        assert [entry.after["reason"] for entry in refusals] == ["country"] * 5
        assert AuditEntry.objects.filter(action="dialpolicy.alerted").count() == 1
    [told] = events("security.violation")
    assert (told["kind"], told["severity"]) == ("toll_fraud", "warning")
    assert [letter.to for letter in mail.outbox] == [["owner@example.com"]]


def test_harmless_mistakes_alarm_nobody(tenant: Tenant) -> None:
    limits(tenant, alert_after=1)

    for _ in range(3):
        click(tenant, "nonsense")

    assert events("security.violation") == []
    with all_tenants():
        assert AuditEntry.objects.filter(action="originaterequest.refused").count() == 0


def test_an_exchange_that_is_away_is_asked_again_for_fifteen_seconds(
    exchange: AmiSimulator, tenant: Tenant
) -> None:
    gone(exchange)
    request = send(click(tenant))
    assert outcome(request) == ("queued", "")

    exchange.start_again()
    drain("calls.originate", timezone.now() + timedelta(seconds=2))

    assert outcome(refreshed(request)) == ("sent", "")
    assert len(exchange.asked("Originate")) == 1


def test_a_click_that_could_not_be_sent_in_time_is_not_sent_late(
    exchange: AmiSimulator, tenant: Tenant
) -> None:
    request = click(tenant)
    with all_tenants():
        OriginateRequest.objects.filter(pk=request.pk).update(
            created_at=timezone.now() - timedelta(seconds=16)
        )

    assert outcome(send(request)) == ("failed", "too_late")
    assert exchange.asked("Originate") == []
    assert [event["reason_code"] for event in events("click.failed")] == ["too_late"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Permission denied", "forbidden"),
        ("Originate Access Forbidden: app or data blacklisted", "forbidden"),
        ("Channel not specified", "rejected"),
    ],
)
def test_the_exchanges_no_is_told(exchange: AmiSimulator, tenant: Tenant, message: str, code: str) -> None:
    exchange.answers["originate"] = lambda asked: [{"Response": "Error", "Message": message}]

    request = send(click(tenant))

    assert (*outcome(request), request.detail) == ("failed", code, message)


def test_a_wrong_password_is_told_and_not_hammered(exchange: AmiSimulator, tenant: Tenant) -> None:
    exchange.accounts = {"hub": account("another")}

    request = send(click(tenant))

    assert (*outcome(request), request.detail) == ("failed", "forbidden", "Authentication failed")
    assert "hub-secret" not in request.detail


def test_a_worker_that_died_after_claiming_is_never_followed_by_a_second_call(
    exchange: AmiSimulator, tenant: Tenant
) -> None:
    request = click(tenant)
    with all_tenants():
        assert claim(request.pk)
        assert not claim(request.pk)

    send(request)
    exchange.answers["status"] = statuses({})
    followed = follow(request)

    assert exchange.asked("Originate") == []
    assert outcome(followed) == ("failed", "in_doubt")


def test_a_call_that_a_dead_worker_made_is_found(exchange: AmiSimulator, tenant: Tenant) -> None:
    request = click(tenant)
    with all_tenants():
        claim(request.pk)
    exchange.answers["status"] = statuses({"ChannelState": "5"}, {})

    send(request)

    assert outcome(follow(request)) == ("agent_ringing", "")
    assert outcome(follow(request, 4)) == ("failed", "agent_no_answer")


def test_an_exchange_that_took_it_and_hung_is_in_doubt_until_looked_at(
    exchange: AmiSimulator, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.ami.connection.ACTION_SECONDS", 0.2)
    exchange.answers["originate"] = lambda asked: silenced(exchange)
    exchange.answers["status"] = statuses({})

    request = send(click(tenant))
    assert outcome(request) == ("sent", "no_answer_there")

    assert outcome(follow(request)) == ("failed", "no_answer_there")
    assert len(exchange.asked("Originate")) == 1


def test_without_a_listener_the_channel_is_looked_at(exchange: AmiSimulator, tenant: Tenant) -> None:
    exchange.answers["status"] = statuses(
        {"ChannelState": "5"},
        {"ChannelState": "6", "Application": "Dial"},
        {"ChannelState": "6", "Application": "Dial", "BridgeID": "b"},
        {},
    )
    request = send(click(tenant))

    states = [follow(request, 2 + step * 12).state for step in range(4)]

    assert states == ["agent_ringing", "client_ringing", "talking", "ended"]
    assert [event["state"] for event in events("click.answered")] == ["talking"]
    assert events("click.failed") == []


@pytest.mark.parametrize(
    ("device", "code"),
    [("UNAVAILABLE", "unregistered"), ("INUSE", "agent_busy"), ("NOT_INUSE", "agent_unreached")],
)
def test_a_phone_that_never_rang_is_asked_for(
    exchange: AmiSimulator, tenant: Tenant, device: str, code: str
) -> None:
    exchange.answers["status"] = statuses({})
    exchange.answers["getvar"] = lambda asked: [
        {"Response": "Success", "Variable": text(asked, "Variable"), "Value": device}
    ]

    request = follow(send(click(tenant)))

    assert outcome(request) == ("failed", code)
    assert [text(one, "Variable") for one in exchange.asked("Getvar")] == ["DEVICE_STATE(PJSIP/150)"]


def test_the_listeners_events_tell_the_whole_story(exchange: AmiSimulator, tenant: Tenant, pbx: Pbx) -> None:
    request = send(click(tenant))
    own = {"Uniqueid": request.channel, "Linkedid": request.channel}
    states = []

    for kind, fields in (
        ("Newstate", {"ChannelState": "5"}),
        ("OriginateResponse", {"Response": "Success", "Reason": "4"}),
        ("DialBegin", {"DestUniqueid": "pbx-1.2"}),
        ("DialEnd", {"DestUniqueid": "pbx-1.2", "DialStatus": "ANSWER"}),
        ("Hangup", {"Cause": "16"}),
    ):
        if kind == "Hangup":
            tell(pbx, kind, {"Uniqueid": "pbx-1.2", "Linkedid": request.channel, "Cause": "16"})
        tell(pbx, kind, own | fields)
        drain("calls.fold")
        drain("calls.follow")
        states.append(refreshed(request).state)

    assert states == ["agent_ringing", "agent_answered", "client_ringing", "talking", "ended"]
    assert exchange.asked("Status") == []


def test_a_phone_that_is_not_there_is_told_by_the_response_alone(
    exchange: AmiSimulator, tenant: Tenant, pbx: Pbx
) -> None:
    request = send(click(tenant))

    tell(pbx, "OriginateResponse", UNREGISTERED | {"Uniqueid": request.channel})
    drain("calls.fold")
    drain("calls.follow")

    request = refreshed(request)
    assert (*outcome(request), request.reason) == (
        "failed",
        "unregistered",
        "The colleague's phone is not connected.",
    )
    assert [event["reason_code"] for event in events("click.failed")] == ["unregistered"]


def test_another_exchanges_events_do_not_move_a_request(exchange: AmiSimulator, tenant: Tenant) -> None:
    request = send(click(tenant))
    stranger = make_company(exchange)
    exchange.answers["status"] = statuses({"ChannelState": "0"})

    tell(stranger, "OriginateResponse", UNREGISTERED | {"Uniqueid": request.channel})
    drain("calls.fold")
    drain("calls.follow")

    assert outcome(refreshed(request)) == ("sent", "")


def test_nothing_is_waited_for_without_end(exchange: AmiSimulator, tenant: Tenant) -> None:
    request = send(click(tenant))
    gone(exchange)
    long_ago(request, 300)
    drain("calls.follow", timezone.now() + timedelta(seconds=2))

    assert outcome(refreshed(request)) == ("failed", "lost")
    assert drain("calls.follow", timezone.now() + timedelta(hours=1)) == 0


def test_a_click_costs_a_bounded_number_of_queries(
    tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    click(tenant, extension="151")

    with django_assert_max_num_queries(16):
        click(tenant)
