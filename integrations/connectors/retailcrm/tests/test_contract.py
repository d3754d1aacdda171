"""RetailCRM keeps the contract, and its own promises beyond it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.actions.assign_extension import assign_extension
from integrations.actions.register_module import deactivate_module, register_module
from integrations.actions.test_connection import diagnose
from integrations.capabilities import (
    CallKind,
    CallNotifications,
    CallOutcome,
    CheckState,
    ExtensionDirectory,
    MappingIssue,
    MappingKind,
)
from integrations.connectors.retailcrm.simulator import Simulator, User
from integrations.http.errors import OutcomeUnknown
from integrations.models import Exchange, MappingProblem
from integrations.sessions import open_session
from integrations.tests.contract import CallNotificationsContract
from integrations.tests.factories import finished, hangup, make_integration, ringing
from tenants.errors import AuthFailed, RemoteRejected, TransientError
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain


class TestContract(CallNotificationsContract):
    code = "retailcrm"
    bad_credentials = {"api_key": "a-wrong-key-0123456789"}
    upload_path = "/api/v5/telephony/calls/upload"

    def make_simulator(self, user_count):
        users = [
            User(id=number, first_name=f"Ann{number}", last_name="Smith")
            for number in range(1, user_count + 1)
        ]
        return Simulator(users=users, codes={"150": 19}, limits_rate=False)

    def settings_for(self, simulator):
        return {"url": simulator.url}

    def credentials_for(self, simulator):
        return {"api_key": simulator.api_key}


@pytest.fixture
def simulator():
    with Simulator(codes={"150": 19}, limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(simulator):
    tenant = make_tenant()
    for number in ("150", "151"):
        make_extension(tenant, number)
    with tenant_scope(tenant):
        yield make_integration(tenant, simulator.url)


pytestmark = pytest.mark.django_db(transaction=True)


def test_pop_up_arrives_with_legal_values(simulator, integration):
    with open_session(integration.pk) as session:
        receipt = session.require(CallNotifications).notify_ringing(ringing())

    event = simulator.events[0]
    assert (event.type, event.phone, event.codes, event.external_phone) == (
        "in",
        "79001234567",
        ("150",),
        "78005553535",
    )
    assert event.call_external_id == "1718000000.42"
    assert [popup.user_id for popup in simulator.popups] == [19]
    assert receipt.issues == ()
    assert receipt.confirmed == (MappingIssue(MappingKind.EXTENSION, "150"),)


def test_every_outcome_is_a_legal_hangup_and_a_legal_upload(simulator, integration):
    with open_session(integration.pk) as session:
        calls = session.require(CallNotifications)
        for number, outcome in enumerate(CallOutcome):
            calls.notify_hangup(hangup(outcome=outcome))
            calls.upload_call(finished(outcome=outcome, external_id=f"call.{number}"))

    assert len(simulator.calls) == len(CallOutcome)
    assert {event.hangup_status for event in simulator.events} == {
        "answered",
        "no answered",
        "busy",
        "cancel",
        "failed",
    }


def test_upload_uses_the_accounts_time_zone_and_reads_it_once(simulator, integration):
    with open_session(integration.pk) as session:
        session.require(CallNotifications).upload_call(finished())
        session.require(CallNotifications).upload_call(finished(external_id="another"))

    assert simulator.calls[0].date == "2026-06-10 14:03:00"
    assert [request.path for request in simulator.requests].count("/api/v5/settings") == 1


def test_time_zone_entered_by_hand_wins(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        row = make_integration(
            tenant, simulator.url, settings={"url": simulator.url, "timezone": "Asia/Omsk"}
        )
        with open_session(row.pk) as session:
            session.require(CallNotifications).upload_call(finished())

    assert simulator.calls[0].date == "2026-06-10 17:03:00"


def test_refused_settings_fall_back_to_the_companys_zone_without_harm_to_health(simulator, integration):
    simulator.fail("status", path="/api/v5/settings", status=403)

    with open_session(integration.pk) as session:
        session.require(CallNotifications).upload_call(finished())
    integration.refresh_from_db()

    assert simulator.calls[0].date == "2026-06-10 14:03:00"
    assert integration.health == "ok"


def test_unknown_code_becomes_a_mapping_problem_until_it_is_known(simulator, integration):
    call = ringing(extensions=("150", "999"))
    with open_session(integration.pk) as session:
        receipt = session.require(CallNotifications).notify_ringing(call)
    assert receipt.issues == (MappingIssue(MappingKind.EXTENSION, "999"),)
    problem = MappingProblem.objects.get()
    assert (problem.kind, problem.value, problem.times, problem.resolved_at) == ("extension", "999", 1, None)

    simulator.account.preset_codes["999"] = 18
    with open_session(integration.pk) as session:
        session.require(CallNotifications).notify_ringing(call)

    problem.refresh_from_db()
    assert problem.resolved_at is not None
    assert MappingProblem.objects.count() == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_wrong_key_is_told_by_its_text_whatever_the_status(simulator, integration, status):
    simulator.auth_status = status
    simulator.api_key = "changed-by-somebody"

    with open_session(integration.pk) as session, pytest.raises(AuthFailed):
        session.require(CallNotifications).notify_ringing(ringing())


def test_unknown_account_is_told_from_the_html_405(simulator, integration):
    simulator.account_exists = False

    found = diagnose(integration)

    assert not found.works
    assert "no RetailCRM account" in str(found.checks[0].text)
    integration.refresh_from_db()
    assert integration.health == "misconfigured"


def test_illegal_field_is_rejected_with_its_name(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        row = make_integration(tenant, simulator.url, settings={"url": simulator.url, "site": "nowhere"})
        with open_session(row.pk) as session, pytest.raises(RemoteRejected, match="site"):
            session.require(CallNotifications).upload_call(finished())

        found = diagnose(row)

    assert [check.state for check in found.checks if str(check.title) == "Shop code"] == [CheckState.FAILED]


def test_pop_up_is_not_repeated_when_it_may_have_arrived(simulator, integration):
    simulator.fail_next("500", after=True)

    with open_session(integration.pk) as session:
        calls = session.require(CallNotifications)
        with pytest.raises(OutcomeUnknown) as raised:
            calls.notify_ringing(ringing())

    assert len(simulator.events) == 1
    assert not calls.may_repeat(CallKind.RINGING, raised.value)
    assert calls.may_repeat(CallKind.FINISHED, raised.value)


def test_pop_up_may_be_repeated_when_it_was_turned_away(simulator, integration):
    simulator.fail_next("503")

    with open_session(integration.pk) as session:
        calls = session.require(CallNotifications)
        with pytest.raises(TransientError) as raised:
            calls.notify_ringing(ringing())

    assert calls.may_repeat(CallKind.RINGING, raised.value)


def test_registration_sends_the_whole_block_and_the_lane_keeps_it_up_to_date(simulator, integration):
    assign_extension(integration, "19", "150")
    drain("integrations.push")
    assert simulator.modules == {}

    receipt = register_module(integration)

    (module,) = simulator.modules.values()
    telephony = module.data["integrations"]["telephony"]
    assert receipt.issues == ()
    assert telephony["additionalCodes"] == [{"userId": 19, "code": "150"}]
    assert module.data["clientId"] == integration.own_secrets["client_id"]
    assert len(integration.own_secrets["client_id"]) >= 32
    assert integration.is_registered

    assign_extension(integration, "18", "151")
    integration.refresh_from_db()
    assert integration.is_directory_behind
    drain("integrations.push")

    integration.refresh_from_db()
    assert not integration.is_directory_behind
    (module,) = simulator.modules.values()
    assert module.data["integrations"]["telephony"]["additionalCodes"] == [
        {"userId": 19, "code": "150"},
        {"userId": 18, "code": "151"},
    ]
    assert (
        json.dumps(list(Exchange.objects.values_list("request_body", flat=True))).count(
            integration.own_secrets["client_id"]
        )
        == 0
    )

    with open_session(integration.pk) as session:
        table = session.require(ExtensionDirectory).read_extensions()
    assert table is not None
    assert [(one.user_id, one.extension) for one in table] == [("19", "150"), ("18", "151")]

    deactivate_module(integration)
    (module,) = simulator.modules.values()
    assert module.data["active"] is False
    assert not integration.is_registered


def test_push_is_tried_again_and_its_failure_is_visible(simulator, integration):
    register_module(integration)
    (module,) = simulator.modules
    simulator.fail_next("503", path=f"/api/v5/integration-modules/{module}/edit")
    assign_extension(integration, "19", "150")

    drain("integrations.push")
    integration.refresh_from_db()
    assert integration.is_directory_behind
    assert "not available" in integration.directory_error

    drain("integrations.push", now=timezone.now() + timedelta(minutes=1))
    integration.refresh_from_db()
    assert (integration.is_directory_behind, integration.directory_error) == (False, "")


def test_unknown_user_in_the_table_is_a_mapping_problem(simulator, integration):
    assign_extension(integration, "4711", "150")
    assign_extension(integration, "not-a-number", "151")

    receipt = register_module(integration)

    assert {issue.value for issue in receipt.issues} == {"4711", "not-a-number"}
    assert set(MappingProblem.objects.values_list("kind", "value")) == {
        ("user", "4711"),
        ("user", "not-a-number"),
    }

    assign_extension(integration, "19", "150")
    assign_extension(integration, "18", "151")
    register_module(integration)
    assert (
        set(MappingProblem.objects.filter(resolved_at__isnull=True).values_list("value", flat=True)) == set()
    )
