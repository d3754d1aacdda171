"""A portal's ways in, its refusals in plain words, its users and its callers."""

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError

from integrations.actions.save_integration import create_integration
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Account, Caller, CallerLookup, CheckState
from integrations.connectors import get as get_connector
from integrations.connectors.bitrix24.simulator import Employee, Simulator
from integrations.connectors.bitrix24.simulator.state import CONTACT
from integrations.connectors.bitrix24.tests.factories import make_application, make_webhook
from integrations.http.errors import OutcomeUnknown
from integrations.models import Exchange
from integrations.sessions import open_draft, open_session
from tenants.errors import AuthFailed, ConfigError, RateLimited, RemoteRejected, TransientError
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulator():
    cache.clear()
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def tenant():
    made = make_tenant()
    with tenant_scope(made):
        yield made


@pytest.fixture
def application(tenant, simulator):
    return make_application(tenant, simulator)


@pytest.fixture
def webhook(tenant, simulator):
    return make_webhook(tenant, simulator)


def states(found):
    return [check.state for check in found.checks]


def users(integration, seconds=2):
    with open_session(integration.pk, seconds=seconds) as session:
        return list(session.require(Account).list_users())


def test_webhook_reads_users_and_the_diagnosis_says_that_calls_take_an_application(webhook, simulator):
    found = diagnose(webhook)

    assert found.works
    assert states(found) == [CheckState.PASSED] * 3 + [CheckState.WARNING]
    assert "incoming webhook is not enough" in str(found.checks[-1].text)
    assert "local application" in str(found.checks[-1].advice)
    assert [one.extension for one in users(webhook)] == ["150", "151", "152", ""]
    webhook.refresh_from_db()
    assert webhook.health == "ok"  # what the diagnosis asks for cannot harm it


def test_application_has_everything(application):
    found = diagnose(application)

    assert (found.works, states(found)) == (True, [CheckState.PASSED] * 4)


def test_missing_rights_are_named(tenant):
    with Simulator(scope=("crm", "user"), limits_rate=False).running() as simulator:
        found = diagnose(make_application(tenant, simulator))

    assert not found.works
    assert "telephony" in str(found.checks[1].text)


def test_users_without_extensions_are_a_warning(tenant):
    with Simulator(employees=[Employee(1, "Ann", "Smith")], limits_rate=False).running() as simulator:
        found = diagnose(make_application(tenant, simulator))

    assert states(found)[2] is CheckState.WARNING


def test_draft_of_an_application_says_that_it_is_not_connected_yet(tenant, simulator):
    values = {"url": simulator.url}, {"client_id": "local.simulator", "client_secret": "x"}
    with open_draft(tenant, get_connector("bitrix24"), *values) as session:
        found = session.require(Account).test_connection()

    assert not found.works
    assert "Connect" in str(found.checks[0].text) + str(found.checks[0].advice)
    assert simulator.requests == []


def test_webhook_of_another_portal_is_never_sent(tenant, simulator):
    row = create_integration(
        tenant,
        "bitrix24",
        "B",
        settings={"url": simulator.url},
        credentials={"webhook_url": "https://other.example.com/rest/1/secretsecret/"},
    )

    with pytest.raises(ConfigError, match="another portal"):
        users(row)

    assert simulator.requests == []


def test_webhooks_secret_is_in_no_error_of_a_connection(tenant, simulator):
    row = make_webhook(tenant, simulator)
    simulator.fail("reset")

    with pytest.raises(TransientError) as raised:
        users(row)

    kept = str(list(Exchange.objects.values())) + raised.value.detail + str(raised.value)
    assert Exchange.objects.exclude(error="").exists()
    assert simulator.webhook not in kept
    assert "/rest/1/" not in kept


def test_mistakes_in_what_is_entered_name_the_field(tenant):
    with pytest.raises(ValidationError) as raised:
        create_integration(
            tenant,
            "bitrix24",
            "B",
            settings={"url": "nonsense", "auth_server": "https://evil.example.com"},
            credentials={"webhook_url": "https://example.com/secret"},
        )

    assert set(raised.value.message_dict) == {
        "settings.url",
        "settings.auth_server",
        "credentials.webhook_url",
    }


def test_renamed_portal_is_not_followed(application, simulator):
    simulator.moved_to = "https://evil.example.com"

    with pytest.raises(ConfigError, match=r"evil\.example\.com"):
        users(application)

    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}, RateLimited),
        (429, {"error": "OPERATION_TIME_LIMIT", "time": "odd"}, RateLimited),
        (503, {"error": "OVERLOAD_LIMIT"}, ConfigError),
        (401, {"error": "NO_AUTH_FOUND"}, AuthFailed),
        (403, {"error": "ACCESS_DENIED", "error_description": "<b>plan</b>"}, AuthFailed),
        (403, {"error": "insufficient_scope"}, AuthFailed),
        (403, {"error": "WRONG_AUTH_TYPE"}, ConfigError),
        (500, {"error": "PORTAL_DELETED"}, ConfigError),
        (500, {"error": "INTERNAL_SERVER_ERROR"}, OutcomeUnknown),
        (500, {"error": "SOMETHING_ELSE"}, OutcomeUnknown),
        (503, {"error": "SOMETHING_ELSE"}, TransientError),
        (400, {"error": "", "error_description": "Wrong"}, RemoteRejected),
        (400, {"error": {"odd": 1}, "error_description": [1]}, RemoteRejected),
        (200, {"error": "ERROR_CORE", "error_description": "Wrong"}, RemoteRejected),
        (404, {"error": "ERROR_METHOD_NOT_FOUND"}, RemoteRejected),
        (200, {"time": {}}, OutcomeUnknown),
        (200, {"result": 5}, OutcomeUnknown),
        (200, {"result": True}, OutcomeUnknown),
        (200, [], OutcomeUnknown),
    ],
)
def test_refusals_are_told_apart_in_words(webhook, simulator, status, body, error):
    simulator.respond = lambda request: Reply.json(body, status)

    with pytest.raises(error) as raised:
        users(webhook, seconds=0.5)

    assert str(raised.value)
    assert "<b>" not in str(raised.value)


def test_empty_list_where_an_object_belongs_is_nobody(webhook, simulator):
    with open_session(webhook.pk) as session:
        assert session.require(CallerLookup).find_caller("+79990000000") is None

    [request] = simulator.requests
    assert request.json()["values"] == ["+79990000000", "79990000000"]


def test_paging_that_goes_in_circles_ends(webhook, simulator):
    simulator.respond = lambda request: Reply.json({"result": [{"ID": "1", "NAME": "A"}], "next": 0})

    assert len(users(webhook)) == 1


def test_portals_bucket_of_fifty_is_never_overrun(tenant):
    """Our own pace stays below theirs, so that nothing is refused."""
    with Simulator().running() as simulator:
        row = make_webhook(tenant, simulator)
        for _number in range(20):
            assert len(users(row, seconds=10)) == 4

        assert {request.status for request in simulator.requests} == {200}


CALLER = Caller(
    name="Иван Петров",
    contact_id="2",
    responsible_id="1",
    extension="150",
    is_available=True,
)


@pytest.mark.parametrize("phone", ["+375291234567", "375291234567"])
def test_application_asks_once_who_calls(application, simulator, phone):
    with open_session(application.pk) as session:
        found = session.require(CallerLookup).find_caller(phone)

    assert found is not None
    assert found.url == f"{simulator.url}/crm/contact/details/{found.contact_id}/"
    assert (found.name, found.responsible_id, found.extension, found.is_available) == (
        CALLER.name,
        CALLER.responsible_id,
        CALLER.extension,
        CALLER.is_available,
    )
    assert len(simulator.requests) == 1


def test_webhook_asks_twice_who_calls_and_prefers_people(webhook, simulator):
    with open_session(webhook.pk) as session:
        found = session.require(CallerLookup).find_caller("+375291234567")

    assert found is not None
    assert (found.name, found.responsible_id, found.extension, found.is_available) == (
        "Иван Петров",
        "1",
        "",
        None,
    )
    assert len(simulator.requests) == 2


@pytest.mark.parametrize("phone", ["", "anonymous", "+"])
def test_caller_without_a_number_costs_no_request(application, simulator, phone):
    with open_session(application.pk) as session:
        assert session.require(CallerLookup).find_caller(phone) is None

    assert simulator.requests == []


def test_company_and_unknown_are_told_from_contacts(application, simulator):
    with open_session(application.pk) as session:
        lookup = session.require(CallerLookup)
        company = lookup.find_caller("+375291234577")
        assert lookup.find_caller("+375290000000") is None

    assert company is not None
    assert (company.contact_id, company.extension) == ("", "151")
    assert "/crm/company/details/" in company.url
    assert simulator.portal.items[CONTACT]
