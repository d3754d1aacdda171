"""The lists of calls on SQLite, whose planner knows nothing of the data: which index it takes stands in the statement alone."""

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from telephony.models import Call
from telephony.selectors.calls import of_person
from telephony.selectors.narrowing import NARROWINGS, by_words
from tenants.models import Extension, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def plan(calls: QuerySet[Call]) -> str:
    return calls.filter(merged_into__isnull=True).order_by("-id")[:26].explain()


@pytest.mark.parametrize("typed", ["1234567", "+375291234567", "8 029 123-45-67", "80291234567"])
def test_a_number_is_looked_up_however_it_is_typed(tenant: Tenant, typed: str) -> None:
    with tenant_scope(tenant.pk):
        assert "USING INDEX call_tail" in plan(Call.objects.filter(by_words(typed, "BY")))


@pytest.mark.parametrize(
    ("name", "value", "index"),
    [("extension", "150", "call_participant"), ("recorded", "1", "call_recorded"), ("crm", "problem", "notification_unsent"),
     ("line", "+375173001001", "call_line"), ("missed", "open", "missed_client_open")],
)  # fmt: skip
def test_what_is_rare_has_its_index(tenant: Tenant, name: str, value: str, index: str) -> None:
    with tenant_scope(tenant.pk):
        assert index in plan(Call.objects.filter(NARROWINGS[name].q(value)))


def test_who_was_called_back_makes_no_walk_through_all_calls(tenant: Tenant) -> None:
    """Nobody waits, as in a company that does its work: the page is empty at once."""
    with tenant_scope(tenant.pk):
        told = plan(Call.objects.filter(NARROWINGS["missed"].q("open")))

    [of_calls] = [line for line in told.splitlines() if "SEARCH telephony_call " in line]
    assert "AND id=?" in of_calls
    assert "call_client (tenant_id=? AND client_number=?)" in told


@pytest.mark.parametrize("path", ["call", "callcommand", "missedclient", "originaterequest"])
@pytest.mark.parametrize("role", ["owner", "manager", "viewer"])
def test_who_sees_everything_asks_for_no_list_of_it(
    tenant: Tenant, client: Client, path: str, role: str
) -> None:
    """SQLite would write the ids of all calls into a table of its own, for each page."""
    client.force_login(make_member(tenant, role).user)

    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/admin/telephony/{path}/").status_code == 200

    assert not [query["sql"] for query in asked if f'FROM "telephony_{path}" U0' in query["sql"]]


def test_the_first_page_asks_for_no_list_of_calls(tenant: Tenant, client: Client) -> None:
    client.force_login(make_member(tenant, "owner").user)

    with CaptureQueriesContext(connection) as asked:
        assert client.get("/admin/").status_code == 200

    assert not [query["sql"] for query in asked if 'FROM "telephony_call" U0' in query["sql"]]


def test_an_agents_calls_are_found_by_the_extension(tenant: Tenant) -> None:
    member = make_member(tenant, "agent")
    with tenant_scope(tenant.pk):
        member.extension = Extension.objects.create(tenant=tenant, number="150", name="Anna")

        assert "call_participant" in plan(of_person(Call.objects.all(), member))
