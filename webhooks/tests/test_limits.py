"""Limits of rate and of concurrency, kept by all workers together."""

import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tenants.models import Work
from tenants.work import Outcome, drain, lane, store
from webhooks.flow.gate import Gate, Wish
from webhooks.flow.pace import Pace
from webhooks.flow.settings import Limits
from webhooks.lanes.deliver import DeliverLane
from webhooks.models import Attempt, Delivery, EndpointFlow
from webhooks.tests.factories import deliver, make_endpoint, make_event


@given(
    limit=st.sampled_from([1, 2, 5, 20, 21, 60, 100, 1000]),
    period=st.sampled_from([1.0, 60.0]),
    delays=st.lists(st.floats(0, 0.4), min_size=1, max_size=40),
)
def test_no_window_of_a_period_sees_more_than_the_limit(limit, period, delays):
    """Whenever somebody looks, and however many wait."""
    pace, now, slot, begun = Pace.of(limit, period), 1_700_000_000.0, 0.0, []
    for delay in delays * 3:
        count, slot = pace.take(slot, now, 10_000)
        begun += [now] * count
        now += pace.wait(slot, now) + delay * period

    assert max(sum(begin <= at < begin + period for at in begun) for begin in begun) <= limit


def test_little_of_the_limit_is_left_unused():
    for limit in (1, 7, 20, 100, 1000):
        pace, now, slot, sent = Pace.of(limit, 1.0), 1_700_000_000.0, 0.0, 0
        while now < 1_700_000_020.0:
            count, slot = pace.take(slot, now, 10_000)
            sent += count
            now += max(pace.wait(slot, now), 1e-6)
        assert sent >= 20 * limit * 0.9


@pytest.mark.parametrize("step", [-86_400, -3600, 3600, 86_400])
def test_a_clock_that_was_put_back_or_forth_stops_nobody_and_lets_nobody_rush(step):
    pace, slot = Pace.of(10, 1.0), 0.0
    for number in range(10):
        _count, slot = pace.take(slot, 1_700_000_000.0 + number, 100)

    count, slot = pace.take(slot, 1_700_000_009.5 + step, 100)

    assert count == 1
    assert pace.wait(slot, 1_700_000_009.5 + step) < 0.2


def gated(workers=2):
    return [Gate(64) for _ in range(workers)]


@pytest.mark.django_db
def test_two_workers_share_one_bucket(tenant):
    endpoint, _secret = make_endpoint(tenant, rate_limit=40)
    wish = Wish(Limits(Pace.of(40, 1.0)), 50, 30)

    since = time.monotonic()
    begun = [gate.admit({endpoint.pk: wish})[endpoint.pk] for gate in gated(4)]

    assert begun[0] == 2  # a twentieth at once
    assert sum(begun) <= 2 + 40 * (time.monotonic() - since)


@pytest.mark.django_db
def test_two_workers_share_what_may_be_under_way(tenant):
    endpoint, _secret = make_endpoint(tenant, concurrency=3)
    limits = Limits(concurrency=3)
    first, second = gated()
    wish = Wish(limits, 2, 30)

    assert first.admit({endpoint.pk: wish}) == {endpoint.pk: 2}
    assert second.admit({endpoint.pk: wish}) == {endpoint.pk: 1}
    assert first.admit({endpoint.pk: wish}) == {endpoint.pk: 0}
    second.ended(endpoint.pk)
    second.admit({endpoint.pk: Wish(limits, 0, 30)})
    assert first.admit({endpoint.pk: wish}) == {endpoint.pk: 1}


@pytest.mark.django_db
def test_the_share_of_a_worker_that_was_killed_ends(tenant):
    endpoint, _secret = make_endpoint(tenant, concurrency=1)
    killed, other = gated()
    wish = Wish(Limits(concurrency=1), 1, 30)
    assert killed.admit({endpoint.pk: wish}) == {endpoint.pk: 1}
    assert other.admit({endpoint.pk: wish}) == {endpoint.pk: 0}

    flow = EndpointFlow.objects.get()
    flow.shares = {name: [count, until - 31] for name, (count, until) in flow.shares.items()}
    flow.save()

    assert other.admit({endpoint.pk: wish}) == {endpoint.pk: 1}
    assert len(EndpointFlow.objects.get().shares) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"rate_limit": 1}, {"concurrency": 1}])
def test_what_may_not_go_now_goes_back_without_using_an_attempt(tenant, receiver, values):
    limited, _secret = make_endpoint(tenant, receiver.url(), **values)
    make_endpoint(tenant, receiver.url("/ok?free"))
    for _ in range(5):
        make_event(tenant)
    drain("webhooks.fanout")
    runner = DeliverLane()
    rows = store.lease(runner, 100)

    refused = _refused(runner, rows)

    assert len(rows) == 10
    assert len(refused) == 4
    store.settle(runner, refused)
    assert Work.objects.filter(lease=None, attempts=0, due__lte=timezone.now()).count() == 4
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    # What it cannot send now, it leaves where it is.
    runner._gate._looked_at = float("inf")
    in_hand = Counter({limited.pk.hex: 1}) + Counter(runner.held_back())
    assert store.lease(runner, 100, in_hand) == []
    assert 0 < runner.patience() < 1.1 or "concurrency" in values
    runner.stop()


def _refused(runner, rows):
    """The rows that `start` settles itself; what it sends is not waited for."""
    settled: list[Outcome] = []
    runner._sender = lambda: type("Nobody", (), {"send": lambda self, requests: None})()
    runner.start(rows, settled.extend)
    return settled


@pytest.mark.django_db
def test_everything_is_sent_in_the_end_and_the_shared_row_is_empty(tenant, receiver):
    make_endpoint(tenant, receiver.url(), concurrency=1)
    for _ in range(4):
        make_event(tenant)
    drain("webhooks.fanout")

    while Work.objects.filter(lane="webhooks.deliver").exists():
        drain("webhooks.deliver")

    assert receiver.most_at_once == 1
    assert Counter(Delivery.objects.values_list("state", "attempts")) == {("done", 1): 4}
    assert Attempt.objects.count() == 4
    assert EndpointFlow.objects.get().shares == {}


@pytest.mark.django_db
def test_an_endpoint_without_limits_and_trouble_has_no_shared_row(tenant, receiver):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)

    deliver()

    assert not EndpointFlow.objects.exists()
    assert lane("webhooks.deliver").patience() == float("inf")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rate_limit": 0}, "rate_limit"),
        ({"rate_limit": 5, "rate_period": "day"}, "rate_period"),
        ({"concurrency": 501}, "concurrency"),
        ({"ordering_mode": "key"}, "ordering_key"),
        ({"ordering_mode": "key", "ordering_key": "order_id"}, "ordering_key"),
        ({"ordering_mode": "strict", "ordering_key": "data.id"}, "ordering_key"),
        ({"batch_size": 101}, "batch_size"),
        ({"batch_size": 10, "ordering_mode": "key", "ordering_key": "data.id"}, "batch_size"),
        ({"batch_size": 10, "format": "form"}, "batch_size"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(tenant, values, field):
    with pytest.raises(ValidationError) as refused:
        make_endpoint(tenant, **values)

    assert list(refused.value.error_dict) == [field]


@pytest.mark.django_db
def test_many_limited_endpoints_cost_no_more_queries(tenant, django_assert_max_num_queries):
    ids = [make_endpoint(tenant, name=f"{number}", concurrency=1)[0].pk for number in range(20)]
    gate = Gate(64)
    wish = Wish(Limits(concurrency=1), 1, 30)
    gate.admit(dict.fromkeys(ids, wish))

    with django_assert_max_num_queries(4):  # a savepoint around two
        assert set(Gate(64).admit(dict.fromkeys(ids, wish)).values()) == {0}


@pytest.mark.django_db
def test_a_minute_is_a_minute(tenant, receiver):
    make_endpoint(tenant, receiver.url(), rate_limit=1, rate_period="minute")
    for _ in range(3):
        make_event(tenant)

    drain("webhooks.fanout")
    drain("webhooks.deliver")

    assert len(receiver.requests) == 1
    flow = EndpointFlow.objects.get()
    assert (
        timedelta(seconds=55)
        < timedelta(seconds=flow.next_slot - timezone.now().timestamp())
        < timedelta(seconds=63)
    )


@pytest.mark.django_db
def test_what_was_admitted_and_could_not_be_sent_is_not_under_way(tenant, receiver, monkeypatch):
    make_endpoint(tenant, receiver.url(), batch_size=3, concurrency=1)
    make_event(tenant)
    drain("webhooks.fanout")
    runner = DeliverLane()

    def broken(units):
        raise DatabaseError("gone")

    monkeypatch.setattr("webhooks.lanes.batches.form", broken)
    with pytest.raises(DatabaseError):
        runner.start(store.lease(runner, 10), lambda outcomes: None)

    assert set(runner._gate._mine.values()) == {0}
