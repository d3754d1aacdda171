"""An endpoint in trouble is asked one delivery at a time, and its neighbours never notice."""

from collections import Counter
from uuid import uuid4

import pytest

from tenants.work import drain, lane, store
from webhooks.lanes.windows import MOST_REMEMBERED, Windows
from webhooks.limits import LEASED_PER_ENDPOINT
from webhooks.tests.factories import deliver, make_endpoint, make_event


def test_each_failure_halves_down_to_one_and_each_answer_doubles_up_to_all():
    windows = Windows(64)
    widths = []

    for has_answered in [False] * 8 + [True] * 7:
        windows.learn("endpoint", has_answered=has_answered)
        widths.append(64 - windows.held_back().get("endpoint", 0))

    assert widths == [32, 16, 8, 4, 2, 1, 1, 1, 2, 4, 8, 16, 32, 64, 64]


def test_endpoints_that_answer_are_not_remembered():
    windows = Windows(64)

    windows.learn("endpoint", has_answered=True)

    assert windows.held_back() == {}


def test_so_many_endpoints_in_trouble_are_remembered_the_latest_first():
    windows = Windows(64)

    for number in range(MOST_REMEMBERED + 1):
        windows.learn(str(number), has_answered=False)

    assert len(windows.held_back()) == MOST_REMEMBERED
    assert "0" not in windows.held_back()


@pytest.mark.django_db
def test_one_of_a_failing_endpoint_is_leased_and_all_of_its_neighbours(tenant, receiver):
    failing, _secret = make_endpoint(tenant, receiver.url("/status/503"))
    healthy, _secret = make_endpoint(tenant, receiver.url())
    for _ in range(7):
        make_event(tenant)
    deliver()
    for _ in range(10):
        make_event(tenant)
    drain("webhooks.fanout")
    deliveries = lane("webhooks.deliver")

    leased = store.lease(deliveries, 100, deliveries.held_back())

    assert Counter(one.group for one in leased) == {failing.pk.hex: 1, healthy.pk.hex: 10}
    assert deliveries.held_back()[failing.pk.hex] == LEASED_PER_ENDPOINT - 1
    assert healthy.pk.hex not in deliveries.held_back()


@pytest.mark.django_db
def test_an_endpoint_that_is_back_soon_has_its_whole_share(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/503"))
    for _ in range(7):
        make_event(tenant)
    deliver()
    assert lane("webhooks.deliver").held_back()[endpoint.pk.hex] == LEASED_PER_ENDPOINT - 1

    type(endpoint).objects.filter(pk=endpoint.pk).update(url=receiver.url(), revision=uuid4())
    for _ in range(64):
        make_event(tenant)
    deliver()

    assert endpoint.pk.hex not in lane("webhooks.deliver").held_back()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "retries", "is_held_back"),
    [
        ("/status/503", "none", True),
        ("/reset", "none", True),
        ("/status/404", "", False),
        ("/status/410", "", False),
    ],
)
def test_it_is_the_endpoint_that_counts_and_not_whether_its_delivery_is_tried_again(
    tenant, receiver, path, retries, is_held_back
):
    endpoint, _secret = make_endpoint(tenant, receiver.url(path), retries=retries)
    make_event(tenant)

    deliver()

    assert (endpoint.pk.hex in lane("webhooks.deliver").held_back()) is is_held_back
