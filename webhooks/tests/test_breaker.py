"""An endpoint in trouble is left alone by all workers, tried with one delivery, and taken back step by step."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tenants.models import Work
from tenants.work import Outcome, drain, lane, store
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.send_test import send_test
from webhooks.flow import breaker
from webhooks.flow.breaker import LONGEST_PAUSE
from webhooks.flow.failures import IN_A_ROW, PERIOD, TRIES, Failures
from webhooks.lanes.deliver import DeliverLane
from webhooks.models import Delivery, Endpoint, EndpointFlow
from webhooks.tests.factories import deliver, make_endpoint, make_event


def test_every_opening_without_a_recovery_waits_longer():
    flow, now = EndpointFlow(), timezone.now()
    pauses = []

    for _ in range(7):
        breaker.fail(flow, now, "timeout")
        assert flow.probe_at is not None
        pauses.append((flow.probe_at - now).total_seconds())
        breaker.fail(flow, now, "timeout")  # one that was under way: it lengthens nothing
        now = flow.probe_at

    assert pauses == [30, 60, 120, 240, 480, LONGEST_PAUSE, LONGEST_PAUSE]


def told(answers: str, seconds: float = 0.1) -> list[int]:
    """After which tries too many had failed: `.` was answered, `x` was not."""
    failures, endpoint = Failures(), uuid4()
    return [
        place
        for place, answer in enumerate(answers, 1)
        if failures.note(endpoint, place * seconds, has_answered=answer == ".")
    ]


def test_a_receiver_that_mostly_fails_is_left_alone_although_it_answers_now_and_then():
    assert told("xxx." * 10) == [21, 22, 23, 25, 26, 27, 29, 30, 31, 33, 34, 35, 37, 38, 39]
    assert told("xx.x.." * 40) == []
    assert told("." * 100 + "xxxx") == []
    assert told("xxxx.xxxxx") == [10]


def test_what_failed_long_ago_does_not_count():
    assert told("xxx." * 10, seconds=PERIOD / (TRIES - 2)) == []


def test_of_those_who_answer_nothing_is_kept():
    failures, endpoint = Failures(), uuid4()

    failures.note(endpoint, 0.0, has_answered=False)
    for place in range(300):
        failures.note(endpoint, PERIOD + place, has_answered=True)

    assert failures._records == {}


@pytest.mark.django_db
@pytest.mark.parametrize("is_other", [True, False])
def test_another_url_is_another_receiver(tenant, receiver, is_other):
    failing = fail_often(tenant, receiver)
    failing.refresh_from_db()
    loaded = Endpoint.objects.get(pk=failing.pk)

    loaded.name = "Renamed"
    if is_other:
        loaded.url = receiver.url("/mended")
    loaded.save()

    flow = EndpointFlow.objects.get()
    assert (flow.breaker, flow.openings) == (("closed", 0) if is_other else ("open", 1))


def test_each_step_sends_no_more_than_twice_the_step_before():
    flow, now = EndpointFlow(), timezone.now()
    breaker.fail(flow, now, "timeout")
    assert breaker.room(flow, now, 0) == 0
    later = now + timedelta(seconds=31)
    steps = []

    while (most := breaker.room(flow, later, 0)) is not None:
        # However many are under way and answered, the sum of a step stays.
        for answered in range(most):
            assert breaker.room(flow, later, most - answered) == 0
            breaker.answer(flow)
        steps.append(most)

    assert steps == [1, 2, 4, 8, 16, 32]
    assert (flow.breaker, flow.openings, flow.opened_at) == ("closed", 0, None)


def test_a_failure_on_the_way_back_opens_it_again_since_the_first_time():
    flow, now = EndpointFlow(), timezone.now()
    breaker.fail(flow, now, "timeout")
    breaker.answer(flow)
    breaker.answer(flow)

    breaker.fail(flow, now + timedelta(seconds=40), "server_error")

    assert (flow.breaker, flow.reason, flow.openings, flow.opened_at) == ("open", "server_error", 2, now)


def fail_often(tenant, receiver, path="/status/503", **values):
    endpoint, _secret = make_endpoint(tenant, receiver.url(path), **values)
    for _ in range(IN_A_ROW + 2):
        make_event(tenant)
    deliver()
    return endpoint


def let_pause_pass(endpoint):
    EndpointFlow.objects.filter(endpoint=endpoint).update(probe_at=timezone.now() - timedelta(seconds=1))
    lane("webhooks.deliver")._gate._looked_at = float("-inf")


@pytest.mark.django_db
def test_an_open_circuit_keeps_every_worker_away_and_no_neighbour(tenant, receiver):
    failing = fail_often(tenant, receiver)
    healthy, _secret = make_endpoint(tenant, receiver.url())
    for _ in range(10):
        make_event(tenant)
    drain("webhooks.fanout")
    knowing, other = lane("webhooks.deliver"), DeliverLane()

    mine = store.lease(knowing, 100, knowing.held_back())
    assert Counter(one.group for one in mine) == {healthy.pk.hex: 10}
    # A worker that has not heard of it learns it from the first rows, gives them back, and leaves the rest.
    theirs = store.lease(other, 5, other.held_back())
    settled: list[Outcome] = []
    other.start(theirs, settled.extend)
    store.settle(other, settled)

    assert {outcome.verdict for outcome in settled} == {"release"}
    assert store.lease(other, 100, other.held_back()) == []
    assert Work.objects.filter(group=failing.pk.hex, lease=None, attempts=0).count() == 10
    flow = EndpointFlow.objects.get()
    assert (flow.breaker, flow.reason) == ("open", "server_error")
    assert 0 < knowing.patience() <= 30


@pytest.mark.django_db
def test_after_the_pause_one_is_tried_and_not_a_second_beside_it(tenant, receiver):
    failing = fail_often(tenant, receiver)
    for _ in range(10):
        make_event(tenant)
    drain("webhooks.fanout")
    let_pause_pass(failing)
    asked = len(receiver.requests)

    drain("webhooks.deliver")

    assert len(receiver.requests) == asked + 1
    flow = EndpointFlow.objects.get()
    assert (flow.breaker, flow.openings) == ("open", 2)


@pytest.mark.django_db
def test_an_endpoint_that_is_back_gets_everything_step_by_step(tenant, receiver):
    failing = fail_often(tenant, receiver)
    Endpoint.objects.filter(pk=failing.pk).update(url=receiver.url(), revision=uuid4())
    for _ in range(70):
        make_event(tenant)
    drain("webhooks.fanout")
    let_pause_pass(failing)

    drain("webhooks.deliver")

    assert EndpointFlow.objects.get().is_well
    assert Delivery.objects.filter(state="done", endpoint=failing).count() >= 70
    assert failing.pk.hex not in lane("webhooks.deliver").held_back()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "retries", "is_open"),
    [
        ("/status/503", "none", True),
        ("/reset", "none", True),
        ("/status/404", "", False),
        ("/status/410", "", False),
    ],
)
def test_it_is_the_endpoint_that_counts_and_not_whether_its_delivery_is_tried_again(
    tenant, receiver, path, retries, is_open
):
    fail_often(tenant, receiver, path, retries=retries)

    assert EndpointFlow.objects.filter(breaker="open").exists() is is_open


@pytest.mark.django_db
def test_one_answer_in_between_starts_the_count_anew(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/503"), retries="none")
    for path in (*["/status/503"] * 4, "/ok", *["/status/503"] * 4):
        Endpoint.objects.filter(pk=endpoint.pk).update(url=receiver.url(path), revision=uuid4())
        make_event(tenant)
        deliver()

    assert not EndpointFlow.objects.exists()


@pytest.mark.django_db
def test_a_test_goes_out_at_once_and_its_answer_begins_the_recovery(tenant, receiver):
    failing = fail_often(tenant, receiver)
    Endpoint.objects.filter(pk=failing.pk).update(url=receiver.url(), revision=uuid4())

    _event, test = send_test(failing)
    deliver()

    assert Delivery.objects.get(pk=test).state == "done"
    flow = EndpointFlow.objects.get()
    assert (flow.breaker, flow.width) == ("recovering", 2)


@pytest.mark.django_db
def test_whoever_enables_it_again_closes_the_circuit(tenant, receiver):
    failing = fail_often(tenant, receiver)
    Endpoint.objects.filter(pk=failing.pk).update(state="disabled")
    failing.refresh_from_db()

    enable_endpoint(failing)

    assert EndpointFlow.objects.get().is_well
