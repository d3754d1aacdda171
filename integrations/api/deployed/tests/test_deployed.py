"""What existing deployments ask, by an outsider's HTTP: literal requests and answers, for the key's own company only."""

from datetime import datetime

import pytest
from django.utils import timezone

from integrations import live
from integrations.actions.assign_extension import assign_extension
from integrations.actions.load_users import load_users
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import ExtensionAssignment, Integration
from integrations.tests.factories import make_integration
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant, make_user
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def simulator():
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def tenant():
    found = make_tenant(number="0367")
    make_extension(found, "150", name="Anna")
    make_extension(found, "151")
    return found


@pytest.fixture
def integration(tenant, simulator):
    with tenant_scope(tenant):
        row = make_integration(tenant, simulator.url)
        load_users(row)
        assign_extension(row, "19", "150")
    return row


class Outsider:
    """Speaks for one API key."""

    def __init__(self, client, tenant, scopes=("*",)):
        self._client = client
        self._headers = {"Authorization": f"Bearer {make_api_key(tenant, scopes=list(scopes))[1]}"}

    def __call__(self, method, path, body=None):
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(self._client, method)(path, headers=self._headers, **options)
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def ask(client, tenant):
    return Outsider(client, tenant)


def test_a_connection_is_made_shown_changed_and_removed(ask, tenant, simulator):
    nothing = {
        "enterprise_number": "0367",
        "configured": False,
        "id": None,
        "name": "",
        "enabled": False,
        "url": "",
        "has_api_key": False,
        "site": "",
        "timezone": "",
        "registered": False,
        "module_active": None,
        "health": "",
        "extensions": {},
    }
    assert ask("get", "/retailcrm/api/config/0367") == (200, nothing)

    status, made = ask(
        "put",
        "/retailcrm/api/config/0367",
        {"url": simulator.url, "api_key": "simulator-key", "site": "main"},
    )
    row = Integration._base_manager.get()
    assert status == 200
    assert made == nothing | {
        "configured": True,
        "id": str(row.pk),
        "name": "RetailCRM",
        "enabled": True,
        "url": simulator.url,
        "has_api_key": True,
        "site": "main",
        "health": "unknown",
    }
    assert "simulator-key" not in str(made)
    assert row.credentials == {"api_key": "simulator-key"}

    status, changed = ask("put", "/retailcrm/api/config/0367", {"enabled": False, "name": "Shop"})
    assert (status, changed["enabled"], changed["name"], changed["site"]) == (200, False, "Shop", "main")

    assert ask("delete", "/retailcrm/api/config/0367") == (204, None)
    assert ask("get", "/retailcrm/api/config/0367") == (200, nothing)
    assert ask("delete", "/retailcrm/api/config/0367")[0] == 404


def test_a_new_address_wants_the_key_again(ask, integration):
    status, problem = ask("put", "/retailcrm/api/config/0367", {"url": "https://other.retailcrm.ru"})

    assert status == 400
    assert [one["field"] for one in problem["errors"]] == ["credentials.api_key"]
    integration.refresh_from_db()
    assert "other" not in integration.settings["url"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "nonsense", "api_key": "x"}, "settings.url"),
        ({"api_key": "x"}, "settings.url"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"apiKey": "x"}, "apiKey"),
        ({"url": "https://a.retailcrm.ru", "api_key": "x", "timezone": "Mars"}, "settings.timezone"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(ask, tenant, body, field):
    status, problem = ask("put", "/retailcrm/api/config/0367", body)

    assert status == 400
    assert field in [one["field"] for one in problem["errors"]]
    assert not Integration._base_manager.exists()


def test_registering(ask, integration, simulator):
    assert ask("post", "/retailcrm/api/register/0367") == (
        200,
        {"enterprise_number": "0367", "registered": True, "unknown": []},
    )
    (module,) = simulator.modules.values()
    assert module.telephony["additionalCodes"] == [{"userId": 19, "code": "150"}]


def test_what_retailcrm_refuses_is_told_in_words(ask, integration, simulator):
    simulator.api_key = "changed-by-somebody"

    status, problem = ask("post", "/retailcrm/api/register/0367")

    assert status in (400, 409, 422, 502)
    assert "API key" in problem["detail"]


def test_numbers_with_their_owners(ask, integration):
    assert ask("get", "/retailcrm/api/internal-phones/0367") == (
        200,
        {
            "enterprise_number": "0367",
            "phones": [
                {
                    "number": "150",
                    "name": "Anna",
                    "is_free": False,
                    "user_id": "19",
                    "user_name": "Orlova Anna",
                },
                {"number": "151", "name": "", "is_free": True, "user_id": "", "user_name": ""},
            ],
        },
    )


def test_users_with_their_extensions(ask, integration):
    status, answer = ask("get", "/retailcrm/api/user-extensions/0367")

    assert (status, answer["enterprise_number"]) == (200, "0367")
    anna = next(one for one in answer["users"] if one["user_id"] == "19")
    assert anna == {
        "user_id": "19",
        "name": "Orlova Anna",
        "email": "anna@example.com",
        "active": True,
        "extension": "150",
        "extension_there": "",
    }


def in_force():
    rows = ExtensionAssignment._base_manager.filter(valid_to__isnull=True)
    return dict(rows.values_list("outside_user_id", "extension"))


def test_extensions_are_saved_and_swapped(ask, integration):
    ask("post", "/retailcrm/api/save-extensions/0367", {"extensions": {"18": "151"}})
    status, answer = ask(
        "post", "/retailcrm/api/save-extensions/0367", {"extensions": {"19": "151", "18": "150"}}
    )

    assert status == 200
    assert {one["user_id"]: one["extension"] for one in answer["users"] if one["extension"]} == {
        "19": "151",
        "18": "150",
    }
    assert in_force() == {"19": "151", "18": "150"}

    ask("post", "/retailcrm/api/save-extensions/0367", {"extensions": {"19": None}})
    assert in_force() == {"18": "150"}


@pytest.mark.parametrize(
    "extensions", [{"18": "151", "17": "999"}, {"18": "151", "17": "151"}, {"18": "151", "": "150"}]
)
def test_extensions_are_saved_all_or_none(ask, integration, extensions):
    status, _problem = ask("post", "/retailcrm/api/save-extensions/0367", {"extensions": extensions})

    assert status == 400
    assert in_force() == {"19": "150"}


def test_synchronising_loads_users_tells_what_differed_and_sends_ours(ask, integration, simulator, tenant):
    ask("post", "/retailcrm/api/register/0367")
    (module,) = simulator.modules.values()
    module.telephony["additionalCodes"] = [{"userId": 19, "code": "151"}]

    status, answer = ask("post", "/retailcrm/api/sync-extensions/0367")
    with tenant_scope(tenant):
        drain("integrations.push")

    assert (status, answer) == (
        200,
        {
            "enterprise_number": "0367",
            "users": 7,
            "differences": [{"user_id": "19", "kind": "other", "ours": "150", "theirs": "151"}],
        },
    )
    (module,) = simulator.modules.values()
    assert module.telephony["additionalCodes"] == [{"userId": 19, "code": "150"}]


# What is remembered


def test_the_matrix(ask, integration):
    status, answer = ask("get", "/integrations/0367")

    assert status == 200
    assert answer["enterprise_number"] == "0367"
    assert answer["integrations"]["retailcrm"] is True
    assert answer["integrations"]["amocrm"] is False
    since = timezone.now() - datetime.fromisoformat(answer["cached_at"])
    assert 0 <= answer["age_seconds"] <= since.total_seconds()

    ask("put", "/retailcrm/api/config/0367", {"enabled": False})
    assert ask("get", "/integrations/0367")[1]["integrations"]["retailcrm"] is False


def test_refreshing_and_forgetting(ask, integration, tenant):
    live.get(integration.pk)
    Integration._base_manager.update(is_enabled=False)  # behind everybody's back
    assert ask("get", "/integrations/0367")[1]["integrations"]["retailcrm"] is True

    assert ask("post", "/cache/invalidate/0367") == (200, {"enterprise_number": "0367", "invalidated": True})
    assert ask("get", "/integrations/0367")[1]["integrations"]["retailcrm"] is False

    Integration._base_manager.update(is_enabled=True)
    assert ask("post", "/retailcrm/api/config-cache/refresh/0367")[1]["integrations"]["retailcrm"] is True

    Integration._base_manager.update(is_enabled=False)
    status, answer = ask("post", "/retailcrm/api/config-cache/refresh-all")
    assert (status, answer["count"]) == (200, 1)
    assert answer["enterprises"][0]["integrations"]["retailcrm"] is False


@pytest.mark.django_db(transaction=True)
def test_a_key_sees_its_own_company_among_the_active_ones_and_in_the_figures(
    client, ask, integration, simulator
):
    other = make_tenant(number="0368")
    make_integration(other, simulator.url)
    live.connections(other.pk)

    status, active = ask("get", "/retailcrm/api/config-cache/active-enterprises")
    assert (status, [one["enterprise_number"] for one in active["enterprises"]]) == (200, ["0367"])
    for _ in range(3):
        ask("get", "/integrations/0367")
    status, stats = ask("get", "/stats")

    figures = live.memory.figures([integration.tenant_id])
    assert status == 200
    assert stats["cache_stats"] == {
        "total_entries": 1,
        "hits": figures.hits,
        "misses": figures.misses,
        "hit_ratio": round(figures.hits / (figures.hits + figures.misses), 4),
        "last_full_refresh": None,
    }
    assert figures.hits >= 3
    assert stats["database_queries"] == figures.queries > 0
    assert stats["uptime_seconds"] >= 0


def test_operators_see_all_companies(client, tenant, integration, simulator):
    other = make_tenant(number="0368")
    make_integration(other, simulator.url)
    operator = make_user(is_superuser=True, is_staff=True)
    client.force_login(operator)
    session = client.session
    session["tenant"] = tenant.pk
    session.save()

    found = client.get("/retailcrm/api/config-cache/active-enterprises").json()

    assert [one["enterprise_number"] for one in found["enterprises"]] == ["0367", "0368"]


# Nobody else's


OWN = (
    ("get", "/retailcrm/api/config/0367"),
    ("put", "/retailcrm/api/config/0367"),
    ("delete", "/retailcrm/api/config/0367"),
    ("post", "/retailcrm/api/register/0367"),
    ("get", "/retailcrm/api/internal-phones/0367"),
    ("get", "/retailcrm/api/user-extensions/0367"),
    ("post", "/retailcrm/api/save-extensions/0367"),
    ("post", "/retailcrm/api/sync-extensions/0367"),
    ("post", "/retailcrm/api/config-cache/refresh/0367"),
    ("get", "/integrations/0367"),
    ("post", "/cache/invalidate/0367"),
)


@pytest.mark.parametrize(("method", "path"), OWN)
def test_another_companys_number_is_404_whether_there_is_one_or_not(client, integration, method, path):
    stranger = Outsider(client, make_tenant(number="0400"))
    body = {"extensions": {"19": None}} if "save" in path else {"enabled": False} if method == "put" else None

    there = stranger(method, path, body)
    nowhere = stranger(method, path.replace("0367", "9999"), body)

    assert there[0] == nowhere[0] == 404
    assert there[1] == nowhere[1] | ({"instance": there[1]["instance"]} if "instance" in there[1] else {})
    integration.refresh_from_db()
    assert integration.is_enabled
    assert in_force() == {"19": "150"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *OWN,
        ("post", "/retailcrm/api/config-cache/refresh-all"),
        ("get", "/retailcrm/api/config-cache/active-enterprises"),
        ("get", "/stats"),
    ],
)
def test_nobody_gets_in_without_a_key_or_its_scope(client, tenant, integration, method, path):
    anonymous = getattr(client, method)(path)
    poor = Outsider(client, tenant, ["calls:read"])(method, path)

    assert (anonymous.status_code, poor[0]) == (401, 403)
    integration.refresh_from_db()
    assert not integration.is_registered


def test_reading_and_changing_are_two_scopes(client, tenant, integration):
    reader = Outsider(client, tenant, ["integrations:read"])

    assert reader("get", "/retailcrm/api/config/0367")[0] == 200
    assert reader("put", "/retailcrm/api/config/0367", {"enabled": False})[0] == 403
    assert reader("post", "/cache/invalidate/0367")[0] == 403


def test_people_go_by_their_role(client, tenant, integration):
    client.force_login(make_member(tenant, "manager").user)

    assert client.get("/retailcrm/api/user-extensions/0367").status_code == 200
    assert client.post("/retailcrm/api/register/0367").status_code == 403
