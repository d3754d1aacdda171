"""Many rows in one statement: the same values as Django's own way writes, on both engines."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from tenants import bulk
from tenants.models import Event
from tenants.scoping import WrongTenant, all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 21, 9, 40, 21, 123456, tzinfo=UTC)
DATA = {
    "text": 'кавычки " и \\ обратная',
    "none": None,
    "moment": MOMENT,
    "money": Decimal("1.10"),
    "big": 2**80,
    "deep": [1, {"a": [True, 0.5]}],
}


@pytest.fixture
def tenant():
    return make_tenant()


def event(tenant, key, **values):
    return Event(tenant=tenant, key=key, occurred_at=MOMENT, **{"type": "call.ended", "data": DATA, **values})


def test_rows_read_back_as_those_of_django(tenant):
    own = event(tenant, "own", correlation_id=uuid4())
    plain = event(tenant, "plain", correlation_id=own.correlation_id)

    with all_tenants():
        stored = bulk.create([own])
        plain.save(force_insert=True)

        ours, theirs = (
            Event.objects.filter(pk=one.pk).values(
                "tenant_id", "type", "data", "occurred_at", "correlation_id"
            )
            for one in (own, plain)
        )
        assert stored == {own.pk}
        assert list(ours) == list(theirs)
        assert Event.objects.get(pk=own.pk).created_at is not None


def test_what_a_constraint_refuses_is_left_out(tenant):
    first, again, other = event(tenant, "a"), event(tenant, "a"), event(tenant, "b")

    with all_tenants():
        assert bulk.create([first]) == {first.pk}
        assert bulk.create([again, other]) == {other.pk}
        assert set(Event.objects.values_list("pk", flat=True)) == {first.pk, other.pk}


def test_only_the_named_fields_are_changed(tenant):
    one, two = event(tenant, "a"), event(tenant, "b")
    with all_tenants():
        bulk.create([one, two])

        for number, row in enumerate((one, two)):
            row.data, row.correlation_id, row.type = {"n": number}, None, "call.missed"
        bulk.change([one, two], ["data", "correlation_id"])

        found = Event.objects.order_by("key").values_list("data", "correlation_id", "type")
        assert list(found) == [({"n": 0}, None, "call.ended"), ({"n": 1}, None, "call.ended")]


def test_of_rows_that_are_there_only_the_named_fields_are_written(tenant):
    old, new = event(tenant, "a"), event(tenant, "b")
    with all_tenants():
        bulk.create([old])

        rows = [event(tenant, "a", data={"n": 1}, type="call.missed"), new]
        bulk.upsert(rows, ["tenant", "key"], ["data"])

        found = Event.objects.order_by("key").values_list("pk", "type", "data__n")
        assert list(found) == [(old.pk, "call.ended", 1), (new.pk, "call.ended", None)]


def test_nothing_takes_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert bulk.create([]) == set()
        bulk.change([], ["data"])
        bulk.upsert([], ["key"], ["data"])


def test_another_tenants_row_is_refused(tenant):
    with tenant_scope(tenant), pytest.raises(WrongTenant):
        bulk.create([event(make_tenant(), "a")])


def test_a_blank_row_is_what_the_model_makes(tenant):
    values = {"tenant_id": tenant.pk, "type": "call.ended", "key": "1", "data": {"a": 1}}

    made, usual = bulk.blank(Event, **values), Event(**values)
    other = bulk.blank(Event, tenant_id=tenant.pk, type="call.ended", key="2")

    names = [
        field.attname for field in Event._meta.concrete_fields if field.name not in ("id", "occurred_at")
    ]
    assert [getattr(made, name) for name in names] == [getattr(usual, name) for name in names]
    assert made.pk != other.pk
    assert made._state.adding
    with pytest.raises(KeyError):
        bulk.blank(Event, tenant=tenant)


def test_what_an_encoder_says_in_its_own_way_is_left_to_it(tenant):
    """A time of three places and a Z is Django's way to write it, and was it when the first rows were kept."""
    with tenant_scope(tenant):
        bulk.create([Event(tenant=tenant, type="call.ended", key="1", data=DATA, occurred_at=MOMENT)])
        Event.objects.create(tenant=tenant, type="call.ended", key="2", data=DATA, occurred_at=MOMENT)

    with all_tenants():
        first, second = Event.objects.order_by("key").values_list("data", flat=True)
    assert first == second
