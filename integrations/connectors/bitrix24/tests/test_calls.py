"""Calls at a portal: one registration, its cards, one end, the recording; and what must never happen twice."""

import pytest
from django.core.cache import cache

from integrations.capabilities import (
    CallKind,
    CallNotifications,
    CallOutcome,
    Direction,
    MappingIssue,
    MappingKind,
    Records,
)
from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.simulator.state import LEAD
from integrations.connectors.bitrix24.tests.factories import make_application, make_webhook
from integrations.http.errors import OutcomeUnknown
from integrations.models import Exchange
from integrations.records import RecordKind
from integrations.sessions import open_session
from integrations.tests.factories import answered, finished, hangup, ringing
from tenants.errors import ConfigError, RateLimited, RemoteRejected, TransientError, Unsupported
from tenants.scoping import tenant_scope
from tenants.simulation import BaseSimulator, Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
USERS = {"150": "1", "151": "6"}
BOTH = {"extensions": ("150", "151"), "users": USERS}
RECORDING = "https://hub.example/rec/A.mp3"


@pytest.fixture
def simulator():
    cache.clear()
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def connect(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield lambda **settings: make_application(tenant, simulator, **settings)


@pytest.fixture
def integration(connect):
    return connect()


def told(integration, *steps, seconds=10):
    with open_session(integration.pk, seconds=seconds) as session:
        calls = session.require(CallNotifications)
        return [step(calls) for step in steps]


def paths(simulator):
    return [request.path.rpartition(".")[2] for request in simulator.requests]


def test_group_rings_at_each_one_answers_and_the_call_is_in_the_history_once(simulator, integration):
    [receipt] = told(integration, lambda crm: crm.notify_ringing(ringing(**BOTH)))

    [call] = simulator.calls
    assert (receipt.outside_id, call.shown) == (call.id, [1, 6])

    known = {**BOTH, "outside_id": call.id}
    told(
        integration,
        lambda crm: crm.notify_hangup(hangup(**known)),
        lambda crm: crm.upload_call(finished(**known, recording_url=RECORDING)),
    )

    [row] = simulator.journal
    assert (row.call_id, row.user_id, row.duration, row.code, row.finishes) == (call.id, 1, 61, "200", 1)
    assert (row.record_url, call.shown, call.registrations) == (RECORDING, [], 1)
    assert paths(simulator) == ["register", "show", "hide", "finish", "attachRecord"]


def test_second_set_of_extensions_joins_the_same_call(simulator, integration):
    [first] = told(integration, lambda crm: crm.notify_ringing(ringing(extensions=("150",), users=USERS)))

    later = ringing(extensions=("151",), users=USERS, outside_id=first.outside_id)
    [second] = told(integration, lambda crm: crm.notify_ringing(later))

    [call] = simulator.calls
    assert second.outside_id == first.outside_id
    assert call.shown == [1, 6]


def test_call_that_the_portal_has_forgotten_is_registered_anew(simulator, integration):
    gone = {"outside_id": "externalCall.gone.1", "users": USERS}

    told(integration, lambda crm: crm.notify_ringing(ringing(**gone)))
    told(integration, lambda crm: crm.upload_call(finished(**gone)))

    [call] = simulator.calls
    assert call.saw == [1]
    assert [row.call_id for row in simulator.journal] == [call.id]


def test_repeated_registration_is_one_call_within_half_an_hour(simulator, integration):
    def ring(crm):
        return crm.notify_ringing(ringing(users=USERS))

    told(integration, ring, ring)
    assert [call.registrations for call in simulator.calls] == [2]

    simulator.portal.advance(31 * 60)
    told(integration, ring)
    assert len(simulator.calls) == 2


def test_every_outcome_is_legal_in_both_directions(simulator, integration):
    cases = [(direction, outcome) for direction in Direction for outcome in CallOutcome]

    told(
        integration,
        *[
            lambda crm, number=number, direction=direction, outcome=outcome: crm.upload_call(
                finished(
                    direction=direction, outcome=outcome, external_id=f"call.{number}", users={"150": "1"}
                )
            )
            for number, (direction, outcome) in enumerate(cases)
        ],
        seconds=60,
    )

    assert len(simulator.journal) == len(cases)
    assert {row.duration > 0 for row in simulator.journal if row.code == "200"} == {True}
    assert {row.duration for row in simulator.journal if row.code != "200"} == {0}


def test_unassigned_extensions_are_looked_up_once_and_unknown_ones_named(simulator, integration):
    call = ringing(extensions=("150", "777"), users={})

    [first] = told(integration, lambda crm: crm.notify_ringing(call))
    told(integration, lambda crm: crm.notify_ringing(call))

    assert first.issues == (MappingIssue(MappingKind.EXTENSION, "777"),)
    assert first.confirmed == (MappingIssue(MappingKind.EXTENSION, "150"),)
    assert simulator.calls[0].shown == [1]
    assert paths(simulator).count("get") == 1


def test_nobody_known_rings_so_nothing_is_shown_and_the_call_is_written_all_the_same(simulator, integration):
    call = {"extensions": ("777",), "users": {}}

    [receipt] = told(integration, lambda crm: crm.notify_ringing(ringing(**call)))
    assert (receipt.outside_id, simulator.calls) == ("", [])

    told(integration, lambda crm: crm.upload_call(finished(**call, outcome=CallOutcome.MISSED)))
    [row] = simulator.journal
    assert (row.user_id, row.code) == (1, "304")  # whoever connected the portal
    assert simulator.calls[0].saw == []


def test_calls_that_reached_nobody_are_the_entered_users(simulator, connect):
    told(
        connect(default_user="6"),
        lambda crm: crm.upload_call(finished(extensions=(), users={}, outcome=CallOutcome.NO_AGENT)),
    )

    assert [row.user_id for row in simulator.journal] == [6]


def test_what_bitrix24_has_no_use_for_is_said_and_not_sent(simulator, integration):
    for step in (
        lambda crm: crm.notify_ringing(ringing(extensions=())),
        lambda crm: crm.notify_hangup(hangup(users=USERS, outside_id="externalCall.1.1")),
        lambda crm: crm.notify_hangup(hangup(**BOTH)),
    ):
        with pytest.raises(Unsupported):
            told(integration, step)

    assert simulator.requests == []


def test_unknown_caller_becomes_a_lead_where_that_is_wanted(simulator, connect):
    told(connect(creates_leads=True), lambda crm: crm.notify_ringing(ringing(users=USERS)))

    [lead] = simulator.portal.items[LEAD].values()
    assert lead["fm"][0]["value"] == "+79001234567"


def test_line_is_named_only_where_it_was_entered(simulator, connect):
    simulator.portal.lines["+375291234500"] = "Switchboard"

    told(connect(line="+375291234500"), lambda crm: crm.notify_ringing(ringing(users=USERS)))

    assert simulator.calls[0].line == "+375291234500"


def test_end_that_may_have_arrived_is_not_told_again(simulator, integration):
    simulator.fail_next("500", after=True, path="/rest/telephony.externalCall.finish")

    with open_session(integration.pk) as session:
        crm = session.require(CallNotifications)
        with pytest.raises(OutcomeUnknown) as raised:
            crm.upload_call(finished(users=USERS))

    assert not crm.may_repeat(CallKind.FINISHED, raised.value)
    assert [row.finishes for row in simulator.journal] == [1]


def test_end_that_was_surely_not_taken_may_be_told_again(simulator, integration):
    simulator.fail_next("503", path="/rest/telephony.externalCall.finish")

    with open_session(integration.pk) as session:
        crm = session.require(CallNotifications)
        with pytest.raises(TransientError) as raised:
            crm.upload_call(finished(users=USERS))
        assert crm.may_repeat(CallKind.FINISHED, raised.value)
        crm.upload_call(finished(users=USERS))

    assert [(call.registrations, call.is_finished) for call in simulator.calls] == [(2, True)]
    assert [row.finishes for row in simulator.journal] == [1]


def test_recording_that_fails_never_makes_a_second_end(simulator, integration):
    simulator.fail("503", path="/rest/telephony.externalCall.attachRecord")

    with open_session(integration.pk, seconds=5) as session:
        crm = session.require(CallNotifications)
        with pytest.raises(OutcomeUnknown, match="recording") as raised:
            crm.upload_call(finished(users=USERS, recording_url=RECORDING))

    assert not crm.may_repeat(CallKind.FINISHED, raised.value)
    assert paths(simulator) == ["register", "finish", "attachRecord", "attachRecord", "attachRecord"]


def test_recording_at_a_private_address_is_refused_in_words(simulator, integration):
    with pytest.raises(RemoteRejected, match="non-public address"):
        told(
            integration,
            lambda crm: crm.upload_call(
                finished(users=USERS, recording_url="http://192.168.1.5/monitor/a.wav")
            ),
        )

    assert len(simulator.journal) == 1
    assert "192.168.1.5" not in str(list(Exchange.objects.values_list("request_body", "error")))


def test_user_who_is_not_there_is_refused_in_their_words(simulator, integration):
    with pytest.raises(RemoteRejected, match="not active"):
        told(integration, lambda crm: crm.notify_ringing(ringing(users={"150": "999"})))


@pytest.mark.parametrize("user", ["", "abc", "0", "-1", "1;drop", "٥", "9" * 40])
def test_odd_user_ids_are_never_sent(simulator, integration, user):
    told(integration, lambda crm: crm.notify_ringing(ringing(users={"150": user})))

    assert simulator.calls[0].shown == [1]  # looked up by the extension


def test_webhook_is_told_that_it_takes_an_application(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant), pytest.raises(ConfigError, match="application"):
        told(make_webhook(tenant, simulator), lambda crm: crm.notify_ringing(ringing(users=USERS)))

    assert simulator.calls == []


def test_full_bucket_is_waited_for(integration, simulator):
    simulator.access.blocked_until["telephony.externalcall.register"] = int(simulator.portal.clock()) + 120

    with pytest.raises(RateLimited) as raised:
        told(integration, lambda crm: crm.notify_ringing(ringing(users=USERS)))

    assert raised.value.retry_after is not None
    assert 60 < raised.value.retry_after <= 120


def test_who_took_the_call_keeps_its_card(simulator, integration):
    [receipt] = told(integration, lambda crm: crm.notify_ringing(ringing(**BOTH)))

    taken = {"extensions": ("151", "150"), "users": USERS, "outside_id": receipt.outside_id}
    told(integration, lambda crm: crm.notify_answered(answered(**taken)))

    [call] = simulator.calls
    assert (call.shown, call.is_finished) == ([6], False)


class Exchange24(BaseSimulator):
    """A telephone exchange in a private network, with one recording."""

    name, title, folder = "exchange", "Exchange", Simulator.folder

    def respond(self, request):
        return Reply(200, b"ID3 a recording", "audio/mpeg") if request.path == "/A.mp3" else Reply(404)

    def snapshot(self, language):
        return {}


def test_recording_in_a_private_network_is_handed_over(simulator, connect):
    integration = connect(recordings="handed_over")
    with Exchange24().running() as exchange:
        call = finished(users=USERS, recording_url=f"{exchange.url}/A.mp3?token=of-the-exchange")
        told(integration, lambda crm: crm.upload_call(call))

    [row] = simulator.journal
    assert (row.record, row.record_url, row.finishes) == (b"ID3 a recording", "", 1)
    kept = str(list(Exchange.objects.values("request_body", "response_body", "url")))
    assert "SUQzIGEg" not in kept
    assert "of-the-exchange" not in kept


def test_recording_that_is_not_there_is_said_and_the_call_is_told_once(simulator, connect):
    integration = connect(recordings="handed_over")
    with Exchange24().running() as exchange:
        call = finished(users=USERS, recording_url=f"{exchange.url}/B.mp3")
        with pytest.raises(RemoteRejected, match="recording"):
            told(integration, lambda crm: crm.upload_call(call))

    assert [row.finishes for row in simulator.journal] == [1]


def test_crm_rests_before_a_method_has_used_up_its_time_and_calls_go_on(simulator, integration):
    simulator.access.operating = 400.0
    with open_session(integration.pk, seconds=3) as session:
        assert session.require(Records).read(RecordKind.CONTACT).records
        with pytest.raises(RateLimited):
            session.require(Records).read(RecordKind.CONTACT)

    told(integration, lambda crm: crm.notify_ringing(ringing(users=USERS)))

    assert len(simulator.calls) == 1
