"""What amoCRM is told of calls, and who it says is calling."""

import pytest

from integrations.actions.test_connection import diagnose
from integrations.capabilities import (
    Account,
    CallerLookup,
    CallKind,
    CallNotifications,
    CallOutcome,
    CheckState,
    Direction,
    MappingIssue,
    MappingKind,
)
from integrations.connectors.amocrm.simulator.people import phone
from integrations.http.errors import OutcomeUnknown
from integrations.models import Exchange, MappingProblem
from integrations.sessions import open_session
from integrations.tests.factories import finished, hangup, ringing
from tenants.errors import AuthFailed, ConfigError, RateLimited, RemoteRejected, TransientError, Unsupported
from tenants.simulation import Reply

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = "+375291234567"
USERS = {"150": "501", "151": "502"}


def ring(**values):
    return ringing(**({"phone": CLIENT, "users": USERS} | values))


def end(**values):
    return finished(**({"phone": CLIENT, "users": USERS} | values))


def tell(integration, *steps):
    with open_session(integration.pk) as session:
        crm = session.require(CallNotifications)
        return [step(crm) for step in steps]


def client(simulator, number=CLIENT, plural="contacts", **values):
    named = {"name": "Client", "custom_fields_values": [phone(simulator.account, number)]}
    return simulator.account.add(plural, **(named | values))


def test_group_sees_one_toast_and_unassigned_extensions_are_reported(simulator, integration):
    [receipt] = tell(integration, lambda crm: crm.notify_ringing(ring(extensions=("150", "151", "152"))))

    [popup] = simulator.account.popups
    assert (popup.phone, popup.users) == (CLIENT, (501, 502))
    assert receipt.issues == (MappingIssue(MappingKind.EXTENSION, "152"),)
    assert [row.value for row in MappingProblem.objects.all()] == ["152"]


def test_second_set_of_extensions_shows_the_call_to_newcomers_only(simulator, integration):
    tell(integration, lambda crm: crm.notify_ringing(ring(extensions=("150",))))
    tell(integration, lambda crm: crm.notify_ringing(ring(extensions=("150", "151"))))
    with pytest.raises(Unsupported, match="seen"):
        tell(integration, lambda crm: crm.notify_ringing(ring(extensions=("151",))))

    assert [popup.users for popup in simulator.account.popups] == [(501,), (502,)]


def test_toast_that_was_not_taken_may_be_shown_again(simulator, integration):
    simulator.fail_next("503")
    with pytest.raises(TransientError):
        tell(integration, lambda crm: crm.notify_ringing(ring()))

    tell(integration, lambda crm: crm.notify_ringing(ring()))

    assert [popup.users for popup in simulator.account.popups] == [(501,)]


def test_missed_call_is_a_task_in_the_callers_card(simulator, connect):
    card = client(simulator)
    missed = end(outcome=CallOutcome.MISSED, talk_seconds=0)

    tell(connect(task_minutes=30), lambda crm: crm.upload_call(missed))
    tell(connect(task_minutes=30), lambda crm: crm.upload_call(end(external_id="2")))
    tell(connect(), lambda crm: crm.upload_call(end(outcome=CallOutcome.MISSED, external_id="3")))

    [task] = simulator.account.tasks
    assert (task["entity_type"], task["entity_id"], task["responsible_user_id"]) == (
        "contacts",
        card["id"],
        501,
    )
    assert task["complete_till"] == int(missed.ended_at.timestamp()) + 1800
    assert CLIENT in task["text"]


def test_task_that_fails_never_stores_the_call_again(simulator, connect):
    client(simulator)
    simulator.fail_next("503", path="/api/v4/tasks")

    with open_session(connect(task_minutes=30).pk) as session:
        crm = session.require(CallNotifications)
        with pytest.raises(OutcomeUnknown, match="task") as raised:
            crm.upload_call(end(outcome=CallOutcome.MISSED))

    assert not crm.may_repeat(CallKind.FINISHED, raised.value)
    assert len(simulator.account.calls) == 1


def test_nobody_assigned_shows_nothing_unless_everyone_shall_see_it(simulator, integration, connect):
    with pytest.raises(Unsupported):
        tell(integration, lambda crm: crm.notify_ringing(ring(users={})))
    assert simulator.requests == []
    assert [row.value for row in MappingProblem.objects.all()] == ["150"]

    tell(connect(shows_to_everyone=True), lambda crm: crm.notify_ringing(ring(users={})))

    assert [popup.users for popup in simulator.account.popups] == [()]


def test_hangup_is_not_sent(simulator, integration):
    with pytest.raises(Unsupported):
        tell(integration, lambda crm: crm.notify_hangup(hangup()))

    assert simulator.requests == []


def test_every_outcome_is_legal_in_both_directions(simulator, integration):
    client(simulator)
    cases = [(direction, outcome) for direction in Direction for outcome in CallOutcome]

    tell(
        integration,
        *[
            lambda crm, direction=direction, outcome=outcome: crm.upload_call(
                end(direction=direction, outcome=outcome, recording_url="https://hub.example/a.mp3")
            )
            for direction, outcome in cases
        ],
    )

    assert len(simulator.account.calls) == len(cases)


def test_call_goes_to_the_only_lead_at_work(simulator, integration):
    row = client(simulator)
    links = {"contacts": [{"id": row["id"]}], "companies": [], "tags": []}
    stage = {"status_id": 7001, "pipeline_id": 700}
    lead = simulator.account.add("leads", name="Deal", _embedded=links, **stage)

    tell(integration, lambda crm: crm.upload_call(end()))

    [call] = simulator.account.calls
    assert (call.plural, call.entity_id) == ("leads", lead["id"])


def test_unknown_caller_waits_once_among_the_incoming_leads(simulator, connect):
    row = connect(pipeline="700")

    [receipt] = tell(row, lambda crm: crm.upload_call(end(recording_url="https://hub.example/a.mp3")))

    [waiting] = simulator.account.unsorted
    assert receipt.outside_id == waiting.uid
    assert waiting.data["pipeline_id"] == 700
    assert waiting.data["metadata"]["link"] == "https://hub.example/a.mp3"
    with pytest.raises(RemoteRejected, match="exists already"):
        tell(row, lambda crm: crm.upload_call(end()))
    assert len(simulator.account.unsorted) == 1


def test_unknown_numbers_are_left_out_where_they_shall_be(simulator, integration, connect):
    with pytest.raises(Unsupported):
        tell(connect(unknown_callers="left_out"), lambda crm: crm.upload_call(end()))
    with pytest.raises(Unsupported):
        tell(integration, lambda crm: crm.upload_call(end(direction=Direction.OUT)))

    assert simulator.account.unsorted == []


def test_user_that_was_deleted_there_does_not_cost_the_call(simulator, integration):
    client(simulator)

    [receipt] = tell(integration, lambda crm: crm.upload_call(end(users={"150": "999"})))

    [call] = simulator.account.calls
    assert call.data["call_responsible"] == "150"
    assert receipt.issues == (MappingIssue(MappingKind.USER, "999"),)


def test_trouble_at_the_incoming_leads_may_be_repeated_when_nothing_was_stored(simulator, integration):
    simulator.fail_next("503", path="/api/v4/leads/unsorted")
    with open_session(integration.pk) as session, pytest.raises(TransientError) as raised:
        session.require(CallNotifications).upload_call(end())

    assert CallNotifications.may_repeat(CallKind.FINISHED, raised.value)
    tell(integration, lambda crm: crm.upload_call(end()))
    assert len(simulator.account.unsorted) == 1


@pytest.mark.parametrize(
    "answer",
    [[], {"_embedded": []}, {"_embedded": {"calls": 7}}, "text", None],
)
def test_odd_answers_leave_open_what_happened(simulator, integration, answer):
    simulator.respond = lambda request: Reply.json(answer)

    with pytest.raises(OutcomeUnknown):
        tell(integration, lambda crm: crm.upload_call(end()))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AuthFailed), (402, ConfigError), (403, AuthFailed), (404, RemoteRejected), (429, RateLimited)],
)
def test_statuses_mean_what_their_documentation_says(simulator, integration, status, error):
    simulator.fail("status", status=status)

    with open_session(integration.pk, seconds=0.5) as session, pytest.raises(error) as raised:
        list(session.require(Account).list_users())

    assert str(raised.value)


def test_whoever_goes_on_is_locked_out_and_told_so(simulator, integration):
    simulator.blocked_until = float("inf")

    found = diagnose(integration)

    assert not found.works
    assert "locked out" in str(found.checks[0].text)


def test_pipeline_that_is_not_there_is_named_by_the_test(connect):
    found = diagnose(connect(pipeline="701"))

    assert not found.works
    [failed] = [check for check in found.checks if check.state is CheckState.FAILED]
    assert "701" in str(failed.text)
    assert "700" in str(failed.advice)


def test_plan_without_webhooks_is_a_warning_only(simulator, integration):
    simulator.fail("status", status=403, path="/api/v4/webhooks")

    found = diagnose(integration)

    assert found.works
    assert [check.state for check in found.checks][-1] is CheckState.WARNING


def lookup(integration, number):
    with open_session(integration.pk, seconds=2) as session:
        return session.require(CallerLookup).find_caller(number)


def test_caller_is_found_by_any_spelling_of_the_number(simulator, integration):
    row = client(simulator, "+7 (900) 123-45-67", name="Ann", responsible_user_id=502)

    found = lookup(integration, "+79001234567")

    assert found is not None
    assert (found.name, found.contact_id, found.responsible_id) == ("Ann", str(row["id"]), "502")
    assert found.url == f"{simulator.url}/contacts/detail/{row['id']}"
    assert len(simulator.requests) == 1


def test_full_text_that_found_something_else_is_not_believed(simulator, integration):
    client(simulator, "+375291234500", name="Deal 9001234567")

    assert lookup(integration, "+79001234567") is None
    assert len(simulator.requests) == 2


def test_company_is_found_when_no_contact_has_the_number(simulator, integration):
    row = client(simulator, CLIENT, "companies", name="Firm")

    found = lookup(integration, CLIENT)

    assert found is not None
    assert (found.name, found.contact_id, found.url) == (
        "Firm",
        "",
        f"{simulator.url}/companies/detail/{row['id']}",
    )


def test_short_numbers_are_not_looked_up(simulator, integration):
    assert lookup(integration, "101") is None
    assert lookup(integration, "") is None
    assert simulator.requests == []


def test_nothing_secret_is_kept_of_calls(simulator, integration):
    tell(integration, lambda crm: crm.upload_call(end(recording_url="https://hub.example/rec/AbC.mp3")))

    kept = str(list(Exchange.objects.values()))
    assert simulator.token not in kept
    assert "AbC.mp3" not in kept
