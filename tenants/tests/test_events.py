"""The event log: one row with its cause, once, and handed to whoever consumes it."""

import uuid
from typing import Any

import pytest
from django.db import transaction

from tenants import events
from tenants.correlation import correlated
from tenants.events import EventType, NewEvent, UnknownEventType, emit, emit_many
from tenants.models import Event, Tenant, Work
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled, registered

pytestmark = pytest.mark.django_db

TYPE = EventType("test.happened", "Test", "Something happened.", {"type": "object"}, {"a": 1})


@pytest.fixture(autouse=True)
def lane(monkeypatch):
    """One type, one consumer, whatever the apps declare."""
    monkeypatch.setattr(events, "_types", {TYPE.name: TYPE})
    monkeypatch.setattr(events, "_consumers", [])
    lane = Pooled(name="test.consumer")
    with registered(lane):
        events.consume(lane.name)
        yield lane


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def stored() -> list[Event]:
    return list(Event._base_manager.order_by("id"))


def test_an_event_is_written_and_queued(tenant, django_assert_num_queries):
    with django_assert_num_queries(2):
        event = emit(tenant, TYPE.name, {"a": 1}, key="k")

    assert event == stored()[0]
    assert (event.tenant_id, event.type, event.data, event.key) == (tenant.pk, TYPE.name, {"a": 1}, "k")
    work = Work.objects.get()
    assert (work.lane, work.subject, work.tenant_id, work.group) == (
        "test.consumer",
        event.id,
        tenant.pk,
        str(tenant.pk),
    )


def test_many_events_take_as_many_queries_as_one(tenant, django_assert_num_queries):
    with django_assert_num_queries(2):
        written = emit_many([NewEvent(tenant.pk, TYPE.name, {"n": n}, f"k{n}") for n in range(50)])

    assert len(written) == len(stored()) == Work.objects.count() == 50


def test_an_event_shares_the_fate_of_its_cause(tenant):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        emit(tenant, TYPE.name, {}, key="k")
        1 / 0  # noqa: B018

    assert stored() == []
    assert not Work.objects.exists()


def test_an_unknown_type_is_refused(tenant):
    with pytest.raises(UnknownEventType):
        emit(tenant, "test.unknown", {}, key="k")

    assert stored() == []


def test_a_key_happens_once_for_each_tenant(tenant):
    assert emit(tenant, TYPE.name, {"n": 1}, key="k") is not None
    assert emit(tenant, TYPE.name, {"n": 2}, key="k") is None
    assert emit(make_tenant(), TYPE.name, {"n": 3}, key="k") is not None

    assert [event.data["n"] for event in stored()] == [1, 3]
    assert Work.objects.count() == 2


def test_repeats_within_one_call_are_left_out(tenant):
    written = emit_many([NewEvent(tenant.pk, TYPE.name, {"n": n}, "same") for n in range(3)])

    assert [event.data for event in written] == [{"n": 0}]
    assert Work.objects.count() == 1


def test_nothing_to_write_takes_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert emit_many([]) == []


def test_long_keys_stay_different(tenant):
    emit(tenant, TYPE.name, {}, key="k" * 200 + "a")
    emit(tenant, TYPE.name, {}, key="k" * 200 + "b")

    assert emit(tenant, TYPE.name, {}, key="k" * 200 + "b") is None
    assert len({event.key for event in stored()}) == 2
    assert {len(event.key) for event in stored()} == {200}


def test_the_correlation_is_the_given_one_else_the_contexts(tenant):
    own, given = uuid.uuid4(), uuid.uuid4()

    with correlated(own):
        assert emit(tenant, TYPE.name, {}, key="1").correlation_id == own
        assert emit(tenant, TYPE.name, {}, key="2", correlation_id=given).correlation_id == given
    assert emit(tenant, TYPE.name, {}, key="3").correlation_id is None


def test_hostile_data_is_kept_in_a_form_that_every_database_takes(tenant):
    hostile: Any = {
        "nul\x00": "a\x00b",
        "lone": "\ud83d",
        "pair": "\U0001f4de",
        "nan": float("nan"),
        "deep": [{"x": ("\udc00", float("inf"))}],
        5: 2**70,
    }

    event = emit(tenant, TYPE.name, hostile, key="k\x00\ud800")

    kept = {
        "nul\ufffd": "a\ufffdb",
        "lone": "\ufffd",
        "pair": "\U0001f4de",
        "nan": None,
        "deep": [{"x": ["\ufffd", None]}],
        "5": str(2**70),
    }
    assert event.data == stored()[0].data == kept
    assert stored()[0].key == "k\ufffd\ufffd"


@pytest.mark.parametrize(
    "name", ["", "call", "Call.ended", "call.", ".ended", "call ended", "call.ended\n", "call..x"]
)
def test_a_type_needs_a_dotted_name(name):
    with pytest.raises(ValueError, match="dotted"):
        events.register(EventType(name, "t", "d", {}, {}))


def test_two_types_may_not_share_a_name():
    with pytest.raises(ValueError, match="two event types"):
        events.register(TYPE)


def test_a_lane_consumes_once_however_often_it_says_so(tenant, lane):
    events.consume(lane.name)

    emit(tenant, TYPE.name, {}, key="k")

    assert Work.objects.count() == 1
