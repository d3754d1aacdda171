"""`__among` finds what `__in` finds, with one parameter however many values there are."""

import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants.models import Event, Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import enqueue

LANE = "webhooks.inbound"

pytestmark = pytest.mark.django_db


def test_texts_and_ids_are_found_and_nothing_else() -> None:
    tenants = [make_tenant() for _ in range(4)]
    numbers = [one.number for one in tenants[:2]]

    assert set(Tenant.objects.filter(number__among=[*numbers, "'; --", "%", 'a"b\\'])) == set(tenants[:2])
    assert not Tenant.objects.filter(number__among=["nobody"]).exists()
    assert not Tenant.objects.filter(number__among=[]).exists()


def test_uuids() -> None:
    subjects = [uuid.uuid4() for _ in range(3)]
    tenant = make_tenant()
    with transaction.atomic():
        enqueue(LANE, [(one, tenant.pk, "", None) for one in subjects])
    rows = Work.objects.filter(lane=LANE)

    assert set(
        rows.filter(subject__among=[*subjects[:2], uuid.uuid4()]).values_list("subject", flat=True)
    ) == {*subjects[:2]}
    assert rows.exclude(subject__among=subjects).count() == 0
    assert rows.filter(subject__among=subjects[1:]).update(attempts=3) == 2


def test_the_statement_is_short() -> None:
    with CaptureQueriesContext(connection) as seen, all_tenants():
        assert not Event.objects.filter(type__among=[str(one) for one in range(500)]).exists()

    assert len(seen.captured_queries) == 1
    assert "%s" not in seen.captured_queries[0]["sql"]
