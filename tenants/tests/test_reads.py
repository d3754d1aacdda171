"""Reads: the instances that Django's own query gives, in the active scope, with SQL that does not grow."""

from datetime import UTC, datetime

import pytest
from django.db import connection, models, transaction

from config.ids import uuid7
from tenants.models import Event, Tenant
from tenants.reads import Read
from tenants.scoping import ScopeMissing, all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 21, 9, 40, 21, 123456, tzinfo=UTC)
by_id = Read(Event, "id {among}", order="id")
by_key = Read(Event, "key {among} AND type = 'call.ended'", order="key", without=("data",))


@pytest.fixture
def two():
    """An event of each of two companies."""
    with all_tenants():
        return [
            Event.objects.create(
                tenant=make_tenant(),
                type="call.ended",
                key=key,
                data={"n": [1, None, "ё"]},
                occurred_at=MOMENT,
            )
            for key in ('it\'s a "key" %s', "б")
        ]


def values(row: models.Model):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_are_those_of_django(two):
    with all_tenants():
        read = by_id([one.pk for one in two])
        plain = list(Event.objects.filter(pk__in=[one.pk for one in two]).order_by("pk"))

    assert [values(one) for one in read] == [values(one) for one in plain]
    assert [one._state.db for one in read] == ["default", "default"]
    assert not any(one._state.adding for one in read)


def test_a_company_sees_its_own(two):
    ids = [one.pk for one in two]

    with tenant_scope(two[0].tenant_id):
        assert by_id(ids) == [two[0]]
    with pytest.raises(ScopeMissing):
        by_id(ids)


def test_what_belongs_to_no_company_needs_no_scope(two):
    tenants = Read(Tenant, "id {among}", order="id")

    assert [one.pk for one in tenants({two[0].tenant_id})] == [two[0].tenant_id]


def test_left_out_fields_are_read_when_asked_for(two, django_assert_num_queries):
    with all_tenants():
        with django_assert_num_queries(1):
            [first] = by_key(one.key for one in two[:1])

        assert first.get_deferred_fields() == {"data"}
        assert first.data == {"n": [1, None, "ё"]}


def test_nothing_is_found_among_nothing(two):
    with all_tenants():
        assert by_id([]) == []
        assert by_id([uuid7()]) == []


def test_the_same_statement_serves_any_number(two, django_assert_num_queries):
    with all_tenants(), django_assert_num_queries(2) as captured:
        by_id([two[0].pk])
        by_id([uuid7() for _ in range(3000)])

    assert {one["sql"][:60] for one in captured} == {captured[0]["sql"][:60]}


def test_a_lock_is_taken_where_there_is_one(two, django_assert_num_queries):
    locked = Read(Event, "id {among}", order="id", lock=True)

    with all_tenants(), transaction.atomic(), django_assert_num_queries(1) as captured:
        assert locked([two[0].pk]) == [two[0]]

    assert captured[0]["sql"].endswith("FOR NO KEY UPDATE") is (connection.vendor == "postgresql")
