"""Lines that calls came by and that nobody has described: found, listed by one click, gone when they are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from telephony.actions.find_problems import Found, refresh_problems, unknown_lines
from telephony.models import AssignmentProblem, Line, Pbx
from telephony.tests.factories import make_call, make_pbx
from tenants.models import AuditEntry, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db
PROBLEMS = reverse("admin:telephony_assignmentproblem_changelist")
NOW = datetime.now(UTC)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    return make_pbx(tenant)


def signed_in(tenant: Tenant, role: str = Role.ADMIN) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role).user)
    return client


def lines() -> dict[str, tuple[str, int]]:
    rows = AssignmentProblem._base_manager.filter(trouble__in=("no_line", "unnamed"))
    return {row.subject: (row.trouble, row.calls) for row in rows}


def test_what_is_not_listed_and_what_is_not_described() -> None:
    assert unknown_lines({"a": 3, "b": 2, "c": 1}, {"b": False, "c": True}) == {
        ("no_line", None, "a"): Found(calls=3),
        ("unnamed", None, "b"): Found(calls=2),
    }


def test_lines_are_counted_as_the_company_writes_them(pbx: Pbx, tenant: Tenant) -> None:
    make_call(pbx, at=NOW, did="+375173001001")
    make_call(pbx, at=NOW, did="80173001001", trunk="beta")
    make_call(pbx, at=NOW, trunk="beta")
    make_call(pbx, at=NOW)  # tells neither
    with all_tenants():
        Line.objects.create(tenant=tenant, number="beta", name="Second provider")

    refresh_problems(tenant.pk)

    assert lines() == {"+375173001001": ("no_line", 2)}


@pytest.mark.parametrize(
    "told",
    [{"name": "Sales"}, {"extension": "150"}, {"is_enabled": False}],
    ids=lambda told: next(iter(told)),
)
def test_a_line_is_described_as_soon_as_anything_is_said_of_it(
    pbx: Pbx, tenant: Tenant, told: dict[str, Any]
) -> None:
    make_call(pbx, at=NOW, trunk="beta")
    with all_tenants():
        line = Line.objects.create(tenant=tenant, number="beta")
    refresh_problems(tenant.pk)
    assert lines() == {"beta": ("unnamed", 1)}

    Line._base_manager.filter(pk=line.pk).update(**told)
    refresh_problems(tenant.pk)

    assert lines() == {}


def test_one_click_lists_the_line(pbx: Pbx, tenant: Tenant) -> None:
    make_call(pbx, at=NOW, did="+375173001001")
    client = signed_in(tenant)
    text = client.get(PROBLEMS).content.decode()
    row = AssignmentProblem._base_manager.get(trouble="no_line")
    address = reverse("admin:telephony_assignmentproblem_describe_line", args=[row.pk])
    assert f'formaction="{address}"' in text

    answer = client.post(address)
    again = client.post(address)

    line = Line._base_manager.get()
    page = reverse("admin:telephony_line_change", args=[line.pk])
    assert (line.number, line.tenant_id) == ("+375173001001", tenant.pk)
    assert [one.headers["Location"] for one in (answer, again)] == [page, page]
    assert AuditEntry._base_manager.filter(action="line.created").count() == 1
    client.get(PROBLEMS)
    assert lines() == {"+375173001001": ("unnamed", 1)}


def test_who_may_and_who_may_not(pbx: Pbx, tenant: Tenant) -> None:
    make_call(pbx, at=NOW, did="+375173001001")
    refresh_problems(tenant.pk)
    row = AssignmentProblem._base_manager.get(trouble="no_line")
    address = reverse("admin:telephony_assignmentproblem_describe_line", args=[row.pk])
    manager = signed_in(tenant, Role.MANAGER)

    assert "formaction" not in manager.get(PROBLEMS).content.decode()
    assert manager.post(address).status_code == 403
    assert signed_in(tenant).get(address).status_code == 405
    assert signed_in(make_tenant()).post(address).status_code == 404
    assert Line._base_manager.count() == 0


def test_other_troubles_are_not_mended_by_it(pbx: Pbx, tenant: Tenant) -> None:
    with all_tenants():
        row = AssignmentProblem.objects.create(tenant=tenant, trouble="unlisted", subject="177")

    answer = signed_in(tenant).post(reverse("admin:telephony_assignmentproblem_describe_line", args=[row.pk]))

    assert answer.headers["Location"] == f"{reverse('admin:tenants_extension_add')}?number=177"
    assert Line._base_manager.count() == 0


def test_looking_costs_the_same_however_many_lines_there_are(pbx: Pbx, tenant: Tenant) -> None:
    make_call(pbx, at=NOW, trunk="t0")
    refresh_problems(tenant.pk)
    with CaptureQueriesContext(connection) as few:
        refresh_problems(tenant.pk)
    for number in range(1, 12):
        make_call(pbx, at=NOW, trunk=f"t{number}")
    refresh_problems(tenant.pk)
    with CaptureQueriesContext(connection) as many:
        refresh_problems(tenant.pk)

    assert len(few) == len(many)
