"""Long logs are paged by the edge of the page before, at the same cost however far back."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants import audit
from tenants.admin.base import LogAdmin
from tenants.admin.log_list import LogList
from tenants.models import AuditEntry
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tenants_auditentry_changelist")
PAGE = 25


@pytest.fixture
def client() -> Client:
    tenant = make_tenant()
    client = Client()
    client.force_login(make_member(tenant).user)
    with tenant_scope(tenant):
        for number in range(3 * PAGE + 5):
            audit.record(f"step.{'odd' if number % 2 else 'even'}", tenant=tenant, after={"n": number})
    return client


def rows(page) -> list[int]:
    return [entry.after["n"] for entry in page.context["cl"].result_list if "n" in entry.after]


def link(page, rel: str) -> str:
    found = re.search(rf'<a class="sb-link" href="([^"]*)" rel="{rel}"', page.content.decode())
    return LIST + unescape(found[1]) if found else ""


def walk(client: Client, address: str, rel: str) -> list[list[int]]:
    pages = []
    while address:
        page = client.get(address)
        assert page.status_code == 200
        pages.append(rows(page))
        address = link(page, rel)
    return pages


def test_every_row_is_on_one_page_newest_first(client):
    pages = walk(client, f"{LIST}?q=step.odd", "next")

    assert [number for page in pages for number in page] == list(range(79, -1, -2))
    assert [len(page) for page in pages] == [25, 15]


def test_back_to_the_newest_by_full_pages(client):
    there = walk(client, LIST, "next")
    last = AuditEntry._base_manager.get(after__n=there[-1][0])

    back = walk(client, f"{LIST}?newer={last.pk}", "prev")

    assert back == there[-2::-1]


def test_the_first_page_is_full_although_less_is_newer(client):
    third = AuditEntry._base_manager.get(after__n=77)

    page = client.get(LIST, {"newer": third.pk})

    assert len(page.context["cl"].result_list) == PAGE
    assert link(page, "prev") == ""


def test_filters_stay_and_a_page_is_no_filter(client):
    page = client.get(LIST, {"action": "step.even"})
    further = client.get(link(page, "next"))

    assert "action=step.even" in link(page, "next")
    assert {number % 2 for number in rows(further)} == {0}
    assert "older" not in further.context["cl"].get_query_string({"actor_kind": "key"})


def test_behind_the_end_there_is_a_way_back(client):
    page = client.get(LIST, {"older": "00000000-0000-7000-8000-000000000000"})

    assert rows(page) == []
    assert len(rows(client.get(link(page, "prev")))) >= PAGE - 1


@pytest.mark.parametrize("edge", ["x", "7", "'"])
def test_an_edge_that_is_none_is_refused_like_any_wrong_filter(client, edge):
    answer = client.get(LIST, {"older": edge})

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}?e=1")


def test_a_page_far_back_costs_what_the_first_one_costs(client):
    client.get(LIST)
    costs, address = [], LIST
    while address:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        costs.append(len(queries))
        asked = [query["sql"] for query in queries if "tenants_auditentry" in query["sql"]]
        assert [sql for sql in asked if "OFFSET" in sql or "COUNT(" in sql] == []
        address = link(page, "next")

    assert len(costs) == 4
    assert len(set(costs)) == 1
    assert costs[0] <= 12


@pytest.mark.engine("postgresql")
def test_the_page_is_read_from_the_index(client):
    edge = AuditEntry._base_manager.get(after__n=40)
    a_log_of_many_companies(companies=40, rows=100)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tenants_auditentry")
        cursor.execute(
            "EXPLAIN SELECT * FROM tenants_auditentry WHERE tenant_id = %s AND id < %s ORDER BY id DESC LIMIT 26",
            [edge.tenant_id, edge.pk],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Scan using audit_recent" in plan
    assert "Sort" not in plan


def a_log_of_many_companies(*, companies: int, rows: int) -> None:
    """Enough that the planner's own choice is the one of a real installation. No company need stand behind a number."""
    AuditEntry._base_manager.bulk_create(
        AuditEntry(
            tenant_id=1_000_000 + number % companies,
            action="step.filled",
            actor="nobody",
            actor_kind="system",
        )
        for number in range(companies * rows)
    )


def test_every_log_is_paged_so():
    logs = [page for page in admin.site._registry.values() if isinstance(page, LogAdmin)]

    assert len(logs) >= 8
    for page in logs:
        assert page.get_changelist(RequestFactory().get("/")) is LogList
        assert tuple(page.ordering) == ("-id",)


def test_a_list_says_how_many_were_found_only_where_something_was_looked_for():
    tenant = make_tenant()
    client = Client()
    client.force_login(make_member(tenant, role="owner").user)
    address = reverse("admin:tenants_member_changelist")

    plain, searched = client.get(address), client.get(f"{address}?q=nobody")

    assert "results (<a" not in plain.content.decode()
    assert "0 results (<a" in searched.content.decode()
