"""Events become bodies and deliveries: who gets what, once, in few queries."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.events import NewEvent, emit_many
from tenants.models import Work
from tenants.work import drain, enqueue
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.models import Delivery, Payload, delivery_id
from webhooks.tests.factories import DATA, make_endpoint, make_event


def deliveries_of(event):
    return set(Delivery.objects.filter(event=event).values_list("endpoint__name", flat=True))


@pytest.mark.parametrize(
    ("patterns", "type_", "matches"),
    [
        (["*"], "endpoint.enabled", True),
        (["endpoint.*"], "endpoint.enabled", True),
        (["endpoint.enabled"], "endpoint.enabled", True),
        (["endpoint.disabled"], "endpoint.enabled", False),
        (["endpoint.disabled", "endpoint.*"], "endpoint.enabled", True),
    ],
)
def test_filters_by_type(tenant, patterns, type_, matches):
    make_endpoint(tenant, events=patterns, name="one")
    event = make_event(tenant, type_)

    drain("webhooks.fanout")

    assert deliveries_of(event) == ({"one"} if matches else set())
    assert Work.objects.filter(lane="webhooks.deliver").count() == int(matches)
    assert Payload.objects.count() == int(matches)


def test_only_the_events_own_tenant_gets_it(tenant, other_tenant):
    make_endpoint(tenant, name="own")
    make_endpoint(other_tenant, name="foreign")
    event = make_event(tenant)

    drain("webhooks.fanout")

    assert deliveries_of(event) == {"own"}


def test_one_body_for_all_subscribers(tenant):
    for name in "abc":
        make_endpoint(tenant, name=name)
    event = make_event(tenant, name="Имя")

    drain("webhooks.fanout")

    (payload,) = Payload.objects.all()
    assert json.loads(bytes(payload.body)) == {
        "type": "endpoint.disabled",
        "timestamp": event.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{event.occurred_at.microsecond // 1000:03d}Z",
        "data": {**DATA, "name": "Имя"},
    }
    assert deliveries_of(event) == {"a", "b", "c"}


def test_repeating_a_fan_out_changes_nothing(tenant):
    make_endpoint(tenant)
    event = make_event(tenant)
    drain("webhooks.fanout")
    first = list(Delivery.objects.values()), list(Payload.objects.values("id")), Work.objects.count()

    enqueue("webhooks.fanout", [(event.id, tenant.pk, "", None)])
    drain("webhooks.fanout")

    assert (
        list(Delivery.objects.values()),
        list(Payload.objects.values("id")),
        Work.objects.count(),
    ) == first


def test_a_changed_endpoint_is_noticed_at_once(tenant):
    endpoint, _secret = make_endpoint(tenant, events=["endpoint.enabled"], name="one")
    first = make_event(tenant)
    drain("webhooks.fanout")

    endpoint.events = ["endpoint.*"]
    endpoint.save()
    second = make_event(tenant)
    drain("webhooks.fanout")
    endpoint.delete()
    third = make_event(tenant)
    drain("webhooks.fanout")

    assert (deliveries_of(first), deliveries_of(second), deliveries_of(third)) == (set(), set(), set())
    assert Delivery.objects.count() == 0


def test_an_edit_is_noticed_before_the_next_event(tenant):
    endpoint, _secret = make_endpoint(tenant, events=["endpoint.enabled"], name="one")
    make_event(tenant)
    drain("webhooks.fanout")
    endpoint.events = ["endpoint.*"]
    endpoint.save()

    event = make_event(tenant)
    drain("webhooks.fanout")

    assert deliveries_of(event) == {"one"}


def test_a_disabled_endpoints_events_are_parked(tenant):
    endpoint, _secret = make_endpoint(tenant, events=["endpoint.enabled"], name="one")
    disable_endpoint(endpoint)
    event = make_event(tenant, "endpoint.enabled")

    drain("webhooks.fanout")

    (delivery,) = Delivery.objects.filter(event=event)
    assert (delivery.state, delivery.reason) == ("parked", "endpoint_disabled")
    assert not Work.objects.filter(lane="webhooks.deliver").exists()


def test_queries_do_not_grow_with_events_or_endpoints(tenant):
    for name in "ab":
        make_endpoint(tenant, name=name)
    make_event(tenant)
    drain("webhooks.fanout")

    with CaptureQueriesContext(connection) as few:
        make_event(tenant)
        drain("webhooks.fanout")
    for name in "cdefgh":
        make_endpoint(tenant, name=name)
    drain("webhooks.fanout")
    emit_many([NewEvent(tenant.pk, "endpoint.disabled", DATA, key=str(number)) for number in range(40)])
    with CaptureQueriesContext(connection) as many:
        drain("webhooks.fanout")

    # One more to load the changed endpoints.
    assert len(many) <= len(few) + 1
    assert Delivery.objects.count() == 2 * 2 + 40 * 8


def test_thousands_of_subscribers_take_several_transactions(tenant, monkeypatch):
    monkeypatch.setattr("webhooks.lanes.fanout.CHUNK", 3)
    for name in "abcdefgh":
        make_endpoint(tenant, name=name)
    event = make_event(tenant)

    drain("webhooks.fanout")

    assert deliveries_of(event) == set("abcdefgh")
    assert Payload.objects.count() == 1


def test_delivery_ids_are_stable_ordered_and_distinct():
    event, endpoint = uuid.UUID(int=2**120 + 7), uuid.uuid4()

    assert delivery_id(event, endpoint) == delivery_id(event, endpoint)
    assert delivery_id(event, endpoint) != delivery_id(event, uuid.uuid4())
    assert delivery_id(event, endpoint).bytes[:8] == event.bytes[:8]
