"""The trail's page: who sees it, how it is searched, and that operators' looks are audited."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.ids import uuid7_at
from tenants import audit
from tenants.audit import Actor, acting
from tenants.correlation import correlated
from tenants.models import AuditChain, AuditEntry
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_extension, make_member, make_operator, make_tenant
from tenants.trail.seal import seal_trails

pytestmark = pytest.mark.django_db
LIST = "/admin/tenants/auditentry/"


@pytest.fixture(autouse=True)
def _english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def tenant():
    return make_tenant()


@pytest.fixture
def admin_client(tenant) -> Client:
    client = Client()
    client.force_login(make_member(tenant).user)
    return client


@pytest.fixture
def entries(tenant) -> dict[str, AuditEntry]:
    extension = make_extension(tenant, "150", "Anna")
    with acting(Actor("anna", "person", "203.0.113.7")):
        first = audit.record("extension.updated", extension)
    with acting(Actor("ci (sbk_1234…)", "key", "2001:db8::7")):
        second = audit.record("endpoint.created", tenant=tenant)
    return {"first": first, "second": second}


def found(client: Client, **query: str) -> set[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return {entry.action for entry in answer.context["cl"].result_list} - {
        "session.started",
        "user.password_set",
    }


@pytest.mark.parametrize(
    "term",
    ["anna", "extension.updated", "150 Anna", "203.0.113.7", "{first.object_id}", "150 A", "updat"],
)
def test_the_search_finds_person_action_object_and_address(admin_client, entries, term):
    assert found(admin_client, q=term.format(**entries)) == {"extension.updated"}


def test_a_correlation_leads_to_its_entries(admin_client, tenant):
    with correlated(uuid7_at(timezone.now())):
        entry = audit.record("thing.done", tenant=tenant)

    assert found(admin_client, q=str(entry.correlation_id)) == {"thing.done"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"actor": "anna"}, {"extension.updated"}),
        ({"action": "endpoint.created"}, {"endpoint.created"}),
        ({"address": "2001:db8::7"}, {"endpoint.created"}),
        ({"address": "no address"}, set()),
        ({"actor_kind__exact": "key"}, {"endpoint.created"}),
        ({"created_at_from_0": "2020-01-01", "created_at_from_1": "00:00:00"}, {"extension.updated", "endpoint.created"}),
        ({"created_at_to_0": "2020-01-01", "created_at_to_1": "00:00:00"}, set()),
    ],
)  # fmt: skip
def test_the_filters(admin_client, entries, query, expected):
    assert found(admin_client, **query) == expected


def test_what_was_long_ago_is_found_by_whole_words_only(admin_client, tenant):
    moment = timezone.now() - timedelta(days=90)
    with all_tenants():
        AuditEntry.objects.create(
            id=uuid7_at(moment),
            created_at=moment,
            tenant=tenant,
            action="old.deed",
            actor="x",
            actor_kind="person",
        )

    assert found(admin_client, q="old.deed") == {"old.deed"}
    assert found(admin_client, q="old.de") == set()


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "query", [{"actor": "anna"}, {"action": "a"}, {"address": "203.0.113.7"}, {"object_id": "7"}, {}]
)
def test_every_filter_is_served_by_an_index(admin_client, entries, query):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found(admin_client, **query)

    [listing] = [
        one["sql"]
        for one in captured
        if 'FROM "tenants_auditentry"' in one["sql"] and "LIMIT" in one["sql"] and "ORDER" in one["sql"]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {listing}".replace("%", "%%"))
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert "USING INDEX audit_" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("role", ["manager", "agent", "viewer"])
def test_only_administrators_see_it(tenant, entries, role):
    client = Client()
    client.force_login(make_member(tenant, role).user)

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{entries['first'].pk}/change/").status_code in (302, 403)


def test_the_page_says_how_far_it_is_sealed_and_that_it_was_tampered_with(admin_client, tenant, entries):
    seal_trails()
    assert "Sealed: " in admin_client.get(LIST).content.decode()

    AuditChain.objects.filter(pk=tenant.pk).update(finding="entry 1 was removed")

    assert "This trail was tampered with." in admin_client.get(LIST).content.decode()


def test_an_operators_looks_are_audited(tenant):
    extension = make_extension(tenant, "150")
    operator, client = make_operator(), Client()
    client.force_login(operator)

    client.get(f"/admin/tenants/extension/{extension.pk}/change/")
    client.get("/admin/tenants/extension/")

    viewed = AuditEntry._base_manager.get(action="extension.viewed")
    assert (viewed.tenant_id, viewed.actor, viewed.object_id) == (
        tenant.pk,
        operator.username,
        str(extension.pk),
    )
    assert AuditEntry._base_manager.get(action="extension.listed").tenant_id is None


def test_an_operator_who_enters_a_company_is_audited_there_once(tenant):
    extension = make_extension(tenant, "150")
    client = Client()
    client.force_login(make_operator())

    client.post(reverse("switch-tenant"), {"tenant": tenant.pk})
    client.get(f"/admin/tenants/extension/{extension.pk}/change/")

    assert AuditEntry._base_manager.get(action="tenant.entered").tenant_id == tenant.pk
    assert not AuditEntry._base_manager.filter(action="extension.viewed").exists()


def test_programs_read_it_with_a_scope_of_its_own(tenant, entries, client):
    _key, allowed = make_api_key(tenant, ["audit:read"])
    _key, other = make_api_key(tenant, ["exports:read"])

    answer = client.get("/api/v1/audit?actor=anna", HTTP_X_API_KEY=allowed)

    assert [row["action"] for row in answer.json()["results"]] == ["extension.updated"]
    assert client.get("/api/v1/audit", HTTP_X_API_KEY=other).status_code == 403
