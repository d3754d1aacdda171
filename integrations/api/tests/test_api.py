"""The room's routes: secrets never come out, other tenants see nothing, errors name their field."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Exchange, ExtensionAssignment, Integration
from integrations.tests.factories import make_integration
from tenants.tests.factories import make_api_key, make_extension, make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(tenant, scopes=("*",)):
    _key, plain = make_api_key(tenant, list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return client


@pytest.fixture
def tenant():
    tenant = make_tenant()
    for number in ("150", "151"):
        make_extension(tenant, number)
    return tenant


@pytest.fixture
def client(tenant):
    return client_of(tenant)


def make_exchange(integration, **values):
    defaults = {"operation": "ask", "method": "GET", "url": "https://x", "duration_ms": 1}
    return Exchange._base_manager.create(
        integration=integration,
        tenant_id=integration.tenant_id,
        started_at=datetime.now(UTC),
        **{**defaults, **values},
    )


def errors_of(response):
    return {one["field"] for one in response.json()["errors"]}


def test_catalogue_describes_forms(client):
    listed = client.get("/api/v1/connectors/").json()
    found = client.get("/api/v1/connectors/retailcrm/").json()

    assert found in listed
    assert found["capabilities"] == [
        "account",
        "call_notifications",
        "call_follow_ups",
        "extension_directory",
        "module_registration",
        "records",
        "caller_lookup",
    ]
    assert [(one["name"], one["type"], one["required"]) for one in found["credentials"]] == [
        ("api_key", "secret", True)
    ]
    assert client.get("/api/v1/connectors/nosuch/").status_code == 404


def test_life_of_an_integration(client):
    body = {
        "connector": "retailcrm",
        "name": "CRM",
        "settings": {"url": "https://example.retailcrm.ru/"},
        "credentials": {"api_key": "very-secret-0123"},
    }
    made = client.post("/api/v1/integrations/", body, format="json")
    assert made.status_code == 201, made.content
    url = f"/api/v1/integrations/{made.json()['id']}/"

    changed = client.patch(url, {"name": "Main", "enabled": False}, format="json")
    read = client.get(url)
    listed = client.get("/api/v1/integrations/")

    assert changed.json()["name"] == "Main"
    assert read.json()["credentials"] == {"api_key": "•••"}
    assert read.json()["settings"] == {"url": "https://example.retailcrm.ru"}
    for answer in (made, changed, read, listed):
        assert b"very-secret" not in answer.content
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"connector", "name"}),
        ({"connector": "nosuch", "name": "x"}, {"connector"}),
        ({"connector": "retailcrm", "name": "x"}, {"settings.url", "credentials.api_key"}),
        (
            {"connector": "retailcrm", "name": "x", "settings": [], "credentials": 1},
            {"settings", "credentials"},
        ),
        ({"connector": "retailcrm", "name": "x", "colour": 1}, {"colour"}),
        (
            {
                "connector": "retailcrm",
                "name": "x",
                "settings": {"url": "http://169.254.169.254/"},
                "credentials": {"api_key": "k"},
            },
            {"settings.url"},
        ),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(client, body, fields):
    answer = client.post("/api/v1/integrations/", body, format="json")

    assert answer.status_code == 400
    assert errors_of(answer) == fields
    assert Integration._base_manager.count() == 0


def test_try_load_assign_register(client, tenant):
    with Simulator(limits_rate=False).running() as simulator:
        row = make_integration(tenant, simulator.url)
        url = f"/api/v1/integrations/{row.pk}/"

        tested = client.post(f"{url}test/")
        loaded = client.post(f"{url}users/")
        assigned = client.post(
            f"{url}assignments/", {"outside_user_id": "19", "extension": "150"}, format="json"
        )
        registered = client.post(f"{url}register/")
        users = client.get(f"{url}users/").json()
        off = client.post(f"{url}deactivate/")

    assert tested.json()["works"] is True
    assert {check["state"] for check in tested.json()["checks"]} == {"passed"}
    assert len(loaded.json()) == sum(user.active for user in simulator.users.values())
    assert [(one["outside_user_id"], one["extension"]) for one in assigned.json()] == [("19", "150")]
    assert registered.json() == {"issues": []}
    assert [one["extension"] for one in users if one["outside_id"] == "19"] == ["150"]
    assert off.status_code == 200
    assert next(iter(simulator.modules.values())).data["active"] is False


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"outside_user_id": "19", "extension": "999"}, {"extension"}),
        ({"outside_user_id": "", "extension": "150"}, {"outside_user_id"}),
        ({"outside_user_id": "19"}, {"extension"}),
        ({"outside_user_id": {"a": 1}, "extension": "150"}, {"outside_user_id"}),
    ],
)
def test_wrong_assignment_changes_nothing(client, tenant, body, fields):
    row = make_integration(tenant)

    answer = client.post(f"/api/v1/integrations/{row.pk}/assignments/", body, format="json")

    assert answer.status_code == 400
    assert errors_of(answer) == fields
    assert ExtensionAssignment._base_manager.count() == 0


def test_outside_system_that_is_down_is_a_503_and_a_diagnosis(client, tenant):
    with Simulator(limits_rate=False).running() as simulator:
        row = make_integration(tenant, simulator.url)
        simulator.fail("503")

        loaded = client.post(f"/api/v1/integrations/{row.pk}/users/")
        tested = client.post(f"/api/v1/integrations/{row.pk}/test/")

    assert loaded.status_code == 503
    assert loaded.json()["code"] == "transient"
    assert tested.status_code == 200
    assert tested.json()["works"] is False


def test_exchanges_are_listed_filtered_and_shown(client, tenant):
    row, correlation = make_integration(tenant), uuid4()
    plain = make_exchange(row, response_body="long", status=200)
    failed = make_exchange(row, error="transient", correlation_id=correlation)

    def ids(query=""):
        return [one["id"] for one in client.get(f"/api/v1/exchanges/{query}").json()["results"]]

    assert ids() == [str(failed.pk), str(plain.pk)]
    assert ids("?failed=true") == [str(failed.pk)]
    assert ids(f"?correlation_id={correlation}") == [str(failed.pk)]
    assert ids(f"?integration={uuid4()}") == []
    assert client.get(f"/api/v1/exchanges/{plain.pk}/").json()["response_body"] == "long"
    assert "response_body" not in client.get("/api/v1/exchanges/").json()["results"][0]
    assert errors_of(client.get("/api/v1/exchanges/?subject=7")) == {"subject"}
    assert errors_of(client.get("/api/v1/exchanges/?failed=maybe")) == {"failed"}
    assert client.post("/api/v1/exchanges/", {}, format="json").status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/exchanges/", "/api/v1/integrations/"])
def test_list_costs_the_same_for_one_row_and_for_many(client, tenant, path, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    row = make_integration(tenant)
    make_exchange(row)
    queries()
    few = queries()
    for number in range(20):
        make_exchange(make_integration(tenant, name=f"CRM {number}"))

    assert queries() == few


def test_another_tenant_finds_nothing(tenant):
    row = make_integration(tenant)
    exchange = make_exchange(row)
    stranger = client_of(make_tenant())
    url = f"/api/v1/integrations/{row.pk}/"

    assert stranger.get("/api/v1/integrations/").json()["results"] == []
    assert stranger.get("/api/v1/exchanges/").json()["results"] == []
    for path in (url, f"{url}users/", f"{url}assignments/", f"/api/v1/exchanges/{exchange.pk}/"):
        assert stranger.get(path).status_code == 404, path
    for path in (f"{url}test/", f"{url}users/", f"{url}assignments/", f"{url}register/", f"{url}deactivate/"):
        assert (
            stranger.post(path, {"outside_user_id": "1", "extension": "150"}, format="json").status_code
            == 404
        ), path
    assert stranger.patch(url, {"name": "mine"}, format="json").status_code == 404
    assert stranger.delete(url).status_code == 404
    assert Integration._base_manager.get().name == "Main CRM"


def test_key_without_the_scope_and_agents_are_refused(tenant):
    row = make_integration(tenant)

    reader = client_of(tenant, ["integrations:read"])
    assert reader.get("/api/v1/integrations/").status_code == 200
    assert reader.post(f"/api/v1/integrations/{row.pk}/test/").status_code == 403
    assert reader.get("/api/v1/exchanges/").status_code == 403

    agent = APIClient()
    agent.force_login(make_member(tenant, "agent").user)
    assert agent.get("/api/v1/integrations/").status_code == 403


def test_the_overviews_show_what_is_ones_own(client, tenant):
    fine = make_integration(tenant, name="Fine")
    broken = make_integration(tenant, name="Broken")
    paused = make_integration(tenant, name="Paused", is_enabled=False)
    Integration._base_manager.filter(pk=fine.pk).update(health="ok")
    Integration._base_manager.filter(pk=broken.pk).update(health="misconfigured", health_reason="No key.")
    make_integration(make_tenant(), name="Foreign")

    apis = client.get("/integrations/apis").json()["results"]
    sync = client.get("/integrations/sync").json()["results"]
    status = client.get("/integrations/status").json()

    assert {one["name"]: one["standing"] for one in apis} == {
        "Fine": "ok",
        "Broken": "misconfigured",
        "Paused": "paused",
    }
    assert {one["name"] for one in sync} == {"Fine", "Broken", "Paused"}
    assert sync[0]["directory"]["is_registered"] is False
    assert (status["status"], status["counts"]) == ("failing", {"ok": 1, "misconfigured": 1, "paused": 1})
    assert [(one["id"], one["health"]["reason"]) for one in status["unwell"]] == [(str(broken.pk), "No key.")]
    assert paused.pk != fine.pk


@pytest.mark.parametrize("path", ["/integrations/apis", "/integrations/sync", "/integrations/status"])
def test_the_overviews_want_a_caller_who_may_read(tenant, path):
    assert APIClient().get(path).status_code == 401
    assert client_of(tenant, ["calls:read"]).get(path).status_code == 403
    assert client_of(tenant, ["integrations:read"]).get(path).status_code == 200


def test_health_of_integrations_tells_strangers_numbers_only(tenant):
    row = make_integration(tenant, name="Broken")
    Integration._base_manager.filter(pk=row.pk).update(health="failing", health_reason="Down.")

    stranger = Client().get("/health/integrations")
    member = Client()
    member.force_login(make_member(tenant, "owner").user)
    operator = Client()
    operator.force_login(make_operator())

    assert stranger.json() == member.get("/health/integrations").json()
    assert stranger.json() == {"status": "failing", "counts": {"failing": 1}}
    [unwell] = operator.get("/health/integrations").json()["unwell"]
    assert (unwell["id"], unwell["reason"], unwell["last_success_seconds_ago"]) == (
        str(row.pk),
        "Down.",
        None,
    )


def test_pausing_keeps_its_reason(client, tenant):
    row = make_integration(tenant)

    answer = client.patch(
        f"/api/v1/integrations/{row.pk}", {"enabled": False, "reason": "We move."}, format="json"
    )

    assert answer.status_code == 200
    assert (answer.json()["paused_reason"], answer.json()["health"]["standing"]) == ("We move.", "paused")


def test_a_system_without_an_api_for_it_cannot_be_subscribed_at(client, tenant):
    row = make_integration(tenant)

    assert client.post(f"/api/v1/integrations/{row.pk}/subscribe").status_code == 400
