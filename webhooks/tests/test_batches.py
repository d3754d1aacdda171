"""Several events in one request: one signature, one id, the same bytes at every try."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import Webhook

from tenants.models import Event, Work
from tenants.work import drain, lane, store
from webhooks.actions.cancel_deliveries import cancel_deliveries
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.replay_deliveries import replay_deliveries
from webhooks.actions.send_test import send_test
from webhooks.models import Attempt, Delivery, Endpoint, Payload
from webhooks.tests.factories import deliver, make_endpoint, make_event

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=2)
MODES = pytest.mark.parametrize("mode", ["none", "strict"])


def publish(tenant, names, **data):
    for name in names:
        make_event(tenant, name=name, **data)
    drain("webhooks.fanout")


def sent(receiver):
    return [[one["data"]["name"] for one in json.loads(got.body)] for got in receiver.requests]


@MODES
def test_up_to_so_many_go_together_under_one_id_and_one_signature(tenant, receiver, mode):
    _endpoint, secret = make_endpoint(tenant, receiver.url(), batch_size=3, ordering_mode=mode)
    publish(tenant, "abcdefg")

    drain("webhooks.deliver")

    if mode == "strict":
        assert sent(receiver) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert sorted(map(len, sent(receiver))) == [1, 3, 3]
    assert sorted(name for names in sent(receiver) for name in names) == list("abcdefg")
    for got in receiver.requests:
        Webhook(secret).verify(got.body.decode(), got.headers)
        assert got.headers["content-type"] == "application/json"
        assert got.headers["webhook-batch"] == str(len(json.loads(got.body)))
    ids = [got.headers["webhook-id"] for got in receiver.requests]
    assert len(set(ids)) == 3
    events = [one["id"] for got in receiver.requests for one in json.loads(got.body)]
    assert set(events) == {str(id_) for id_ in Event.objects.values_list("id", flat=True)}
    assert set(Delivery.objects.values_list("state", "attempts")) == {("done", 1)}
    assert Attempt.objects.count() == 7
    assert not Work.objects.exists()
    if mode == "strict":
        assert [got.headers["webhook-seq"] for got in receiver.requests] == ["1-3", "4-6", "7"]
        assert [one["seq"] for one in json.loads(receiver.requests[1].body)] == [4, 5, 6]


@MODES
def test_a_failed_batch_is_tried_again_whole_with_the_same_bytes_and_id(tenant, receiver, mode):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url("/status/503"), batch_size=10, ordering_mode=mode, retries="fast"
    )
    publish(tenant, "abc")
    drain("webhooks.deliver")
    assert Work.objects.count() == 1
    publish(tenant, "d")
    endpoint.url, endpoint.batch_size = receiver.url(), 2
    endpoint.save()

    drain("webhooks.deliver", now=timezone.now() + DAYS)
    drain("webhooks.deliver")

    first, second, third = sorted(receiver.requests, key=lambda got: b'"d"' in got.body)
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert second.headers["webhook-attempt"] == "2"
    assert [one["data"]["name"] for one in json.loads(third.body)] == ["d"]
    assert sorted(Delivery.objects.values_list("state", "attempts")) == [("done", 1), *[("done", 2)] * 3]


def test_another_worker_sends_what_a_killed_one_had_put_together(tenant, receiver):
    """After the batch was written down and before it was sent, at the latest moment."""
    make_endpoint(tenant, receiver.url(), batch_size=5)
    publish(tenant, "abc")
    deliveries = lane("webhooks.deliver")
    killed = type(deliveries)()
    killed._sender = lambda: type("Killed", (), {"send": lambda self, requests: None})()
    killed.start(store.lease(killed, 10), lambda outcomes: None)
    batch = set(Delivery.objects.values_list("batch", flat=True))
    publish(tenant, "d")

    Work.objects.update(due=timezone.now() - timedelta(seconds=1))
    drain("webhooks.deliver")

    assert sorted(map(sorted, sent(receiver))) == [["a", "b", "c"], ["d"]]
    whole = next(got for got in receiver.requests if b'"a"' in got.body)
    assert {whole.headers["webhook-id"]} == {str(id_) for id_ in batch}
    killed.stop()


def test_no_batch_is_larger_than_its_limit_and_a_large_event_goes_alone(tenant, receiver):
    make_endpoint(tenant, receiver.url(), batch_size=100)
    publish(tenant, "abc", url="x" * 100_000)
    publish(tenant, "d", url="x" * 250_000)

    drain("webhooks.deliver")

    assert sorted(map(len, sent(receiver))) == [1, 1, 2]
    assert max(len(got.body) for got in receiver.requests) <= 256 * 1024


def test_a_hundred_go_into_one_request(tenant, receiver):
    make_endpoint(tenant, receiver.url(), batch_size=100, ordering_mode="strict")
    publish(tenant, [str(number) for number in range(150)])

    drain("webhooks.deliver")

    assert list(map(len, sent(receiver))) == [100, 50]


@MODES
def test_a_member_that_is_cancelled_dissolves_a_batch_that_waits(tenant, receiver, mode):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/503"), batch_size=5, ordering_mode=mode)
    publish(tenant, "abc")
    drain("webhooks.deliver")
    middle = Delivery.objects.get(event__data__name="b")

    assert cancel_deliveries(Delivery.objects.filter(pk=middle.pk)) == 1
    endpoint.url = receiver.url()
    endpoint.save()
    drain("webhooks.deliver", now=timezone.now() + DAYS)

    (rest,) = sent(receiver)[1:]
    assert sorted(rest) == ["a", "c"]
    assert receiver.requests[0].headers["webhook-id"] != receiver.requests[1].headers["webhook-id"]


@MODES
def test_a_disabled_endpoint_parks_all_of_a_batch(tenant, receiver, mode):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url("/status/503"), batch_size=5, ordering_mode=mode, events=["endpoint.failing"]
    )
    for name in "abc":
        make_event(tenant, "endpoint.failing", name=name)
    deliver()

    disable_endpoint(endpoint)

    assert set(Delivery.objects.values_list("state", "batch")) == {("parked", None)}
    assert not Work.objects.filter(lane="webhooks.deliver").exists()


@MODES
@pytest.mark.parametrize("change", ["disabled", "expired"])
def test_what_cannot_be_sent_any_more_ends_for_every_member(tenant, receiver, mode, change):
    make_endpoint(tenant, receiver.url("/status/503"), batch_size=5, ordering_mode=mode)
    publish(tenant, "abc")
    drain("webhooks.deliver")
    if change == "disabled":
        Endpoint.objects.update(state="disabled")
    else:
        Payload.objects.all()[:1].get().delete()

    drain("webhooks.deliver", now=timezone.now() + DAYS)

    expected = ("parked", "endpoint_disabled") if change == "disabled" else ("failed", "payload_expired")
    assert set(Delivery.objects.values_list("state", "reason")) == {expected}
    assert not Work.objects.filter(lane="webhooks.deliver").exists()


def test_what_failed_together_can_be_sent_again(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/404"), batch_size=5, retries="none")
    publish(tenant, "abc")
    drain("webhooks.deliver")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    endpoint.url = receiver.url()
    endpoint.save()

    assert replay_deliveries(Delivery.objects.all()) == 3
    drain("webhooks.deliver")

    assert list(map(sorted, sent(receiver)[1:])) == [["a", "b", "c"]]
    assert set(Delivery.objects.values_list("state", "attempts")) == {("done", 2)}


def test_a_test_comes_as_an_array_too(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), batch_size=5)

    send_test(endpoint, "hello")
    deliver()

    (got,) = receiver.requests
    assert [one["type"] for one in json.loads(got.body)] == ["webhook.test"]


def test_cloud_events_say_that_they_are_several(tenant, receiver):
    make_endpoint(tenant, receiver.url(), batch_size=5, format="cloudevents")
    publish(tenant, "ab")

    drain("webhooks.deliver")

    (got,) = receiver.requests
    assert got.headers["content-type"].startswith("application/cloudevents-batch+json")
    assert [one["specversion"] for one in json.loads(got.body)] == ["1.0", "1.0"]


def test_a_batch_costs_the_same_queries_however_many_it_holds(tenant, receiver):
    make_endpoint(tenant, receiver.url(), batch_size=50)
    publish(tenant, "a")
    drain("webhooks.deliver")

    def cost(count):
        publish(tenant, ["x"] * count)
        with CaptureQueriesContext(connection) as queries:
            drain("webhooks.deliver")
        return len([query for query in queries if query["sql"].startswith(("SELECT", "WITH"))])

    assert cost(40) <= cost(2) + 2  # the swallowed rows' own settling


def test_both_limits_and_batches_count_requests(tenant, receiver):
    make_endpoint(tenant, receiver.url(), batch_size=10, rate_limit=1, rate_period="minute")
    publish(tenant, "abcdefghijklm")

    drain("webhooks.deliver")

    assert list(map(len, sent(receiver))) == [10]
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 3
