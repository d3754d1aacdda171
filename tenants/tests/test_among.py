"""`__among` finds what `__in` finds, with one parameter however many values there are."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.models import Event, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def test_texts_and_ids_are_found_and_nothing_else() -> None:
    tenants = [make_tenant() for _ in range(4)]
    numbers = [one.number for one in tenants[:2]]

    assert set(Tenant.objects.filter(number__among=[*numbers, "'; --", "%", 'a"b\\'])) == set(tenants[:2])
    assert not Tenant.objects.filter(number__among=["nobody"]).exists()
    assert not Tenant.objects.filter(number__among=[]).exists()


def test_uuids() -> None:
    from integrations.tests.factories import make_integration

    with all_tenants():
        first, second = (make_integration(make_tenant()) for _ in range(2))
        found = type(first).objects.filter(pk__among=[first.pk, uuid.uuid4()])
        assert list(found) == [first]
        assert found.exclude(pk__among=[first.pk]).count() == 0
        assert type(first).objects.filter(pk__among=[first.pk, second.pk]).update(name="x") == 2


def test_the_statement_is_short() -> None:
    with CaptureQueriesContext(connection) as seen, all_tenants():
        assert not Event.objects.filter(type__among=[str(one) for one in range(500)]).exists()

    assert len(seen.captured_queries) == 1
    assert "%s" not in seen.captured_queries[0]["sql"]
