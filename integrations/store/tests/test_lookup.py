"""Who is calling: found by index in one statement, the present ones only, and of one's own company only."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import records
from integrations.actions.merge_records import Wish, merge_records
from integrations.actions.upsert_records import upsert_records
from integrations.models import Contact, ContactPoint
from integrations.models.records import PointType
from integrations.records import RecordKind
from integrations.store.lookup import _SQL, callers_by_phone
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA
from integrations.tests.factories import make_integration
from tenants.scoping import ScopeMissing, all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db

PHONE = "+375291234570"


@pytest.fixture
def owner() -> Iterator[Owner]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield Owner.of(integration.pk)


def test_contacts_come_before_companies_and_the_newest_first(owner: Owner) -> None:
    upsert_records(owner, RecordKind.COMPANY, [records.Company(outside_id="7", name="June", phones=(PHONE,))])
    found = [replace(ANNA, outside_id=str(one), name=f"Anna {one}", responsible_id="19") for one in (1, 2)]
    for one in found:
        upsert_records(owner, RecordKind.CONTACT, [one])

    with CaptureQueriesContext(connection) as queries:
        callers = callers_by_phone(PHONE)

    assert len(queries) == 1
    assert [(one.kind, one.name, one.responsible_id) for one in callers] == [
        (RecordKind.CONTACT, "Anna 2", "19"),
        (RecordKind.CONTACT, "Anna 1", "19"),
        (RecordKind.COMPANY, "June", ""),
    ]
    assert callers_by_phone("+375291234571") == []


def test_merged_ones_are_one(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA, replace(ANNA, outside_id="52", name="A.")])
    anna, other = Contact.objects.order_by("pk")

    merge_records(owner.tenant_id, Wish(RecordKind.CONTACT, anna.pk, (other.pk,)))

    assert [one.id for one in callers_by_phone(PHONE)] == [anna.pk]


def test_another_companys_are_not_there(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA])

    with tenant_scope(make_tenant()):
        assert callers_by_phone(PHONE) == []
    with all_tenants(), pytest.raises(ScopeMissing):
        callers_by_phone(PHONE)


COMPANIES, EACH = 4, 5000


@pytest.fixture
def crowded() -> int:
    """One of several companies that have thousands of contacts, counted as the database does it by itself."""
    companies = [make_tenant().pk for _ in range(COMPANIES)]
    with all_tenants():
        for company in companies:
            people = [Contact(tenant_id=company, name=f"Client {place}") for place in range(EACH)]
            Contact.objects.bulk_create(people, batch_size=1000)
            ContactPoint.objects.bulk_create(
                (
                    ContactPoint(
                        tenant_id=company,
                        kind=RecordKind.CONTACT,
                        record_id=person.pk,
                        type=PointType.PHONE,
                        value=f"+37529{place:07d}",
                    )
                    for place, person in enumerate(people)
                ),
                batch_size=1000,
            )
        with connection.cursor() as cursor:
            for model in (Contact, ContactPoint):
                cursor.execute(f"ANALYZE {model._meta.db_table}")
    return companies[1]


def test_the_numbers_are_read_from_the_index_alone(crowded: int) -> None:
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(explain + _SQL, [crowded, PHONE])
        plan = "\n".join(str(row) for row in cursor.fetchall())

    found = (
        "COVERING INDEX point_holder"
        if connection.vendor == "sqlite"
        else "Index Only Scan Backward using point_holder"
    )
    assert plan.count(found) == 1, plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
