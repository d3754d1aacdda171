"""Order: of a stream only the head is due, whatever fails, is cancelled, sent again or switched off meanwhile."""

import json
import random
import threading
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.work import drain, lane, store
from webhooks.actions.cancel_deliveries import cancel_deliveries
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.replay_deliveries import replay_deliveries
from webhooks.flow import streams
from webhooks.flow.keys import BadKey, compile_key
from webhooks.models import Delivery, Endpoint, EndpointFlow
from webhooks.tests.factories import make_endpoint, make_event

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=2)


def publish(tenant, *names):
    for name in names:
        make_event(tenant, name=name, reason=name[:1])
    drain("webhooks.fanout")


def queued():
    return Work.objects.filter(lane="webhooks.deliver").count()


def names(receiver):
    return [json.loads(got.body)["data"]["name"] for got in receiver.requests]


def let_everything_through(days=0):
    """As a worker would, with as much time as it takes."""
    for number in range(60):
        # The pause of a breaker is over by then, too.
        EndpointFlow.objects.filter(breaker="open").update(probe_at=timezone.now() - timedelta(seconds=1))
        lane("webhooks.deliver")._gate._looked_at = float("-inf")
        if not drain("webhooks.deliver", now=timezone.now() + (days + number) * DAYS):
            return


def point_to(endpoint, url):
    endpoint.url = url
    endpoint.save()


def test_a_strict_endpoint_has_one_due_and_gets_them_one_after_the_other(tenant, receiver):
    make_endpoint(tenant, receiver.url(), ordering_mode="strict")
    publish(tenant, *"abcdef")
    assert queued() == 1

    drain("webhooks.deliver")

    assert names(receiver) == list("abcdef")
    assert [got.headers["webhook-seq"] for got in receiver.requests] == list("123456")
    assert receiver.most_at_once == 1
    assert queued() == 0


def test_by_a_key_each_value_waits_for_its_own_only(tenant, receiver):
    make_endpoint(tenant, receiver.url(), ordering_mode="key", ordering_key="data.reason")
    publish(tenant, "a1", "a2", "b1", "a3", "b2")
    make_event(tenant, reason="")  # has no key, waits for nobody
    drain("webhooks.fanout")
    assert queued() == 3

    rows = store.lease(lane("webhooks.deliver"), 100)
    assert len(rows) == 3
    Work.objects.update(lease=None, due=timezone.now())
    drain("webhooks.deliver")

    by_key = defaultdict(list)
    for name in names(receiver):
        by_key[name[0]].append(name)
    assert (by_key["a"], by_key["b"]) == (["a1", "a2", "a3"], ["b1", "b2"])
    numbered = [got.headers.get("webhook-seq") for got in receiver.requests]
    assert sorted(filter(None, numbered)) == list("12345")
    assert numbered.count(None) == 1


@contextmanager
def settled_meanwhile(head, endpoint):
    """Whoever settles it has its place in the queue until then, and waits for the endpoint's row, which is ours."""
    is_taken, is_over = threading.Event(), threading.Event()

    def settle():
        try:
            with all_tenants(), transaction.atomic():
                store.withdraw([head])
                is_taken.set()
                is_over.wait(30)
                Delivery.objects.filter(id=head.subject).update(state="done")
                streams.advance_all([(endpoint.pk, endpoint.tenant_id, "")])
        finally:
            connection.close()

    thread = threading.Thread(target=settle)
    thread.start()
    assert is_taken.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def emit_another(_endpoint, tenant):
    make_event(tenant, name="c")
    drain("webhooks.fanout")


@pytest.mark.engine("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("act", "pending"),
    [
        (emit_another, [3, 4]),
        (lambda *_: replay_deliveries(Delivery.objects.filter(state="done")), [1, 3]),
        (lambda *_: cancel_deliveries(Delivery.objects.all()), []),
        (lambda endpoint, _tenant: disable_endpoint(endpoint), []),
    ],
    ids=["a new event", "replay", "cancel", "disable"],
)
def test_nobody_waits_for_a_head_that_is_settled_meanwhile(tenant, receiver, act, pending):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), ordering_mode="strict")
    publish(tenant, "z")
    drain("webhooks.deliver")
    publish(tenant, "a", "b")
    [head] = store.lease(lane("webhooks.deliver"), 1)

    with settled_meanwhile(head, endpoint):
        act(endpoint, tenant)

    left = Delivery.objects.filter(state="pending").order_by("seq")
    assert list(left.values_list("seq", flat=True)) == pending
    assert list(Work.objects.filter(lane="webhooks.deliver").values_list("subject", flat=True)) == [
        one.pk for one in left[:1]
    ]


def test_a_head_that_fails_holds_the_others_until_it_is_skipped(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url("/status/404"), ordering_mode="strict", retries="fast"
    )
    publish(tenant, "a", "b")
    drain("webhooks.deliver")
    drain("webhooks.deliver", now=timezone.now() + DAYS)
    assert names(receiver) == ["a", "a"]
    point = receiver.url()

    drain("webhooks.deliver", now=timezone.now() + 2 * DAYS)
    point_to(endpoint, point)
    let_everything_through(3)

    # The next one's turn came at once, and it fared no better at first.
    assert names(receiver) == ["a", "a", "a", "b", "b"]
    assert list(Delivery.objects.order_by("seq").values_list("seq", "state", "reason")) == [
        (1, "failed", "not_found"),
        (2, "done", ""),
    ]


def test_one_that_blocks_is_tried_for_ever_and_passed_by_nobody(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url("/status/404"), ordering_mode="strict", on_failure="block", retries="none"
    )
    publish(tenant, "a", "b")

    for number in range(6):
        drain("webhooks.deliver", now=timezone.now() + number * DAYS)
    assert names(receiver) == ["a"] * 6
    assert Delivery.objects.get(seq=1).state == "pending"
    # Somebody takes the decision.
    assert cancel_deliveries(Delivery.objects.filter(seq=1)) == 1
    point_to(endpoint, receiver.url())
    let_everything_through(7)

    assert names(receiver)[6:] == ["b"]


def test_cancelling_from_the_middle_and_the_head(tenant, receiver):
    make_endpoint(tenant, receiver.url(), ordering_mode="strict")
    publish(tenant, *"abcd")

    assert cancel_deliveries(Delivery.objects.filter(seq__in=[1, 3])) == 2
    drain("webhooks.deliver")

    assert names(receiver) == ["b", "d"]
    assert [got.headers["webhook-seq"] for got in receiver.requests] == ["2", "4"]


def test_disabling_parks_the_whole_stream_and_what_is_sent_later_keeps_its_order(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url(), ordering_mode="strict", events=["endpoint.failing"]
    )
    for name in "abc":
        make_event(tenant, "endpoint.failing", name=name)
    drain("webhooks.fanout")

    disable_endpoint(endpoint)
    make_event(tenant, "endpoint.failing", name="d")
    drain("webhooks.fanout")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"parked"}
    assert queued() == 0
    enable_endpoint(endpoint)
    make_event(tenant, "endpoint.failing", name="e")
    drain("webhooks.fanout")
    assert replay_deliveries(Delivery.objects.filter(state="parked")) == 4
    drain("webhooks.deliver")

    # What was parked goes ahead of what came later, although that was queued already.
    assert names(receiver) == list("abcde")


def test_an_endpoint_disabled_behind_our_back_is_parked_to_its_end(tenant, receiver, monkeypatch):
    monkeypatch.setattr("webhooks.actions.disable_endpoint.PARKED_AT_ONCE", 3)
    make_endpoint(tenant, receiver.url(), ordering_mode="strict")
    publish(tenant, *"abcdefgh")
    Endpoint.objects.update(state="disabled")

    drain("webhooks.deliver")

    assert set(Delivery.objects.values_list("state", flat=True)) == {"parked"}
    assert queued() == 0


def test_one_that_is_sent_again_goes_ahead_of_what_waits(tenant, receiver):
    endpoint, _secret = make_endpoint(
        tenant, receiver.url("/status/404"), ordering_mode="strict", retries="none"
    )
    publish(tenant, "a")
    drain("webhooks.deliver")
    assert Delivery.objects.get(seq=1).state == "failed"
    endpoint.retries = "fast"
    point_to(endpoint, receiver.url("/status/503"))
    publish(tenant, "b", "c")
    drain("webhooks.deliver")
    receiver.requests.clear()
    point_to(endpoint, receiver.url())

    replay_deliveries(Delivery.objects.filter(seq=1))
    let_everything_through()

    assert names(receiver) == ["a", "b", "c"]
    assert receiver.requests[0].headers["webhook-seq"] == "1"


def test_numbers_have_no_gaps_when_the_fan_out_is_repeated(tenant):
    make_endpoint(tenant, ordering_mode="strict")
    events = [make_event(tenant, name=name) for name in "ab"]
    drain("webhooks.fanout")
    fan_out = lane("webhooks.fanout")
    Work.objects.create(
        lane=fan_out.name, subject=events[0].id, tenant=tenant, group=str(tenant.pk), due=timezone.now()
    )

    drain(fan_out.name)
    publish(tenant, "c")

    assert list(Delivery.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
    assert queued() == 1


def test_an_event_waits_for_one_before_it_that_another_worker_has(tenant, receiver):
    make_endpoint(tenant, receiver.url(), ordering_mode="strict")
    fan_out = lane("webhooks.fanout")
    make_event(tenant, name="a")
    make_event(tenant, name="b")
    first, second = store.lease(fan_out, 1), store.lease(fan_out, 1)

    early = fan_out.act_batch(second)
    store.settle(fan_out, early)
    assert (early[0].verdict, early[0].counted) == ("retry", False)
    assert not Delivery.objects.exists()
    store.settle(fan_out, fan_out.act_batch(first))
    drain("webhooks.fanout", now=timezone.now() + timedelta(seconds=1))
    drain("webhooks.deliver")

    assert names(receiver) == ["a", "b"]


def test_a_stream_without_a_queued_head_is_mended(tenant, receiver):
    make_endpoint(tenant, receiver.url(), ordering_mode="strict")
    publish(tenant, "a", "b")
    Work.objects.all().delete()

    assert streams.mend() == 1
    drain("webhooks.deliver")

    assert names(receiver) == ["a", "b"]


def test_queries_do_not_grow_with_what_waits(tenant, receiver):
    make_endpoint(tenant, receiver.url(), ordering_mode="strict")

    def cost(count):
        publish(tenant, *["x"] * count)
        with CaptureQueriesContext(connection) as queries:
            drain("webhooks.deliver")
        return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in queries) / count

    assert cost(12) < cost(3) + 0.5


@pytest.mark.parametrize(
    ("path", "data", "stream"),
    [
        ("data.order.id", {"order": {"id": 7}}, "7"),
        ("data.order.id", {"order": {"id": "7"}}, "7"),
        ("data.order.id", {"order": [7]}, None),
        ("data.order.id", {}, None),
        ("data.id", {"id": None}, None),
        ("data.id", {"id": True}, None),
        ("data.id", {"id": ""}, None),
        ("data.id", {"id": "\x00"}, "\ufffd"),
    ],
)
def test_keys(path, data, stream):
    assert compile_key(path)(data) == stream


def test_long_keys_stay_apart_and_fit():
    of = compile_key("data.id")

    one, other = of({"id": "x" * 200}), of({"id": "x" * 199 + "y"})

    assert one != other
    assert one is not None
    assert len(one) <= 80
    for path in ("id", "data", "data..id", "type.id", "data." + "x." * 11 + "y"):
        with pytest.raises(BadKey):
            compile_key(path)


@pytest.mark.parametrize("mode", ["strict", "key"])
@pytest.mark.parametrize("seed", range(5))
def test_under_random_failures_every_stream_arrives_sorted(tenant, receiver, seed, mode):
    """What arrives of a stream for the first time comes in the order in which it happened, and all of it comes."""
    chance = random.Random(seed)
    acts = [
        (chance.choice(["event", "event", "fail", "answer", "cancel", "replay"]), chance.randrange(3))
        for _ in range(30)
    ]
    key = "data.reason" if mode == "key" else ""
    endpoint, _secret = make_endpoint(
        tenant, receiver.url(), ordering_mode=mode, ordering_key=key, events=["endpoint.failing"]
    )
    taken: set[int | None] = set()
    number = 0
    for act, argument in acts:
        if act == "event":
            number += 1
            make_event(tenant, "endpoint.failing", name=f"{number}", reason=f"k{argument}")
            drain("webhooks.fanout")
        elif act in ("fail", "answer"):
            path = "/status/503" if act == "fail" else "/ok"
            Endpoint.objects.filter(pk=endpoint.pk).update(url=receiver.url(path))
            endpoint.refresh_from_db()
            endpoint.save()
            drain("webhooks.deliver", now=timezone.now() + argument * timedelta(hours=1))
        elif act == "cancel":
            some = Delivery.objects.filter(endpoint=endpoint, seq=argument + 1, state="pending")
            taken.update(some.values_list("seq", flat=True))
            cancel_deliveries(some)
        else:
            some = Delivery.objects.filter(endpoint=endpoint, seq=argument + 1).exclude(state="pending")
            taken.update(some.values_list("seq", flat=True))
            replay_deliveries(some)
    point_to(endpoint, receiver.url())
    let_everything_through(3)

    arrived = defaultdict(list)
    for got in receiver.requests:
        seq = int(got.headers["webhook-seq"])
        if got.path == "/ok" and seq not in taken:
            arrived[json.loads(got.body)["data"]["reason"] if key else ""].append(seq)
    assert all(numbers == sorted(numbers) for numbers in arrived.values())
    rest = Delivery.objects.filter(endpoint=endpoint).exclude(seq__in=taken)
    assert set(rest.values_list("state", flat=True)) <= {"done", "failed"}
    assert {seq for numbers in arrived.values() for seq in numbers} >= set(
        rest.filter(state="done").values_list("seq", flat=True)
    )
