"""What the hourly tallies say of real deliveries."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain
from webhooks.actions.forget_old import forget_old
from webhooks.actions.send_test import send_test
from webhooks.lanes import tallies
from webhooks.models import BOUNDS, EndpointTally, TryOutcome
from webhooks.statistics import percentile, statistics
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_api import client_of

DAYS = timedelta(days=2)


def test_deliveries_retries_and_what_was_given_up_are_counted(tenant, receiver, settings):
    settings.WEBHOOK_MAX_RETRIES = 1
    good, _secret = make_endpoint(tenant, receiver.url())
    bad, _secret = make_endpoint(tenant, receiver.url("/status/503"))
    for _number in range(3):
        make_event(tenant)

    deliver()
    waiting = statistics(bad.pk)
    drain("webhooks.deliver", now=timezone.now() + DAYS)

    with tenant_scope(tenant):
        well, badly, both = statistics(good.pk), statistics(bad.pk), statistics()
    assert (well.delivered, well.retried, well.given_up, well.success_rate) == (3, 0, 0, 1.0)
    assert (waiting.retried, waiting.given_up, waiting.waiting, waiting.success_rate) == (3, 0, 3, None)
    assert waiting.oldest_waiting_at is not None
    assert (badly.delivered, badly.retried, badly.given_up, badly.success_rate) == (0, 3, 3, 0.0)
    assert [(one.code, one.count) for one in badly.reasons] == [("server_error", 6)]
    assert "failed" in badly.reasons[0].what
    assert (both.delivered, both.retried, both.given_up, both.success_rate) == (3, 3, 3, 0.5)
    assert both.p50_ms
    assert both.p95_ms
    assert both.p50_ms <= both.p95_ms
    assert badly.p50_ms is None
    assert (len(both.hours), both.hours[-1].delivered, both.hours[0].delivered) == (25, 3, 0)


def test_a_test_says_nothing_of_the_receiver(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/500"))

    send_test(endpoint)
    deliver()

    assert not EndpointTally.objects.exists()


def test_counting_again_adds_up_in_the_same_rows(tenant):
    endpoint, _secret = make_endpoint(tenant)
    now = timezone.now().timestamp()
    one = tallies.Try(tenant.pk, endpoint.pk, now, TryOutcome.DELIVERED, "", 42.0)

    tallies.add([one, one])
    tallies.add([one, one._replace(ms=999_999.0)])

    rows = EndpointTally.objects.order_by("duration").values_list("duration", "count")
    assert list(rows) == [(BOUNDS.index(50), 3), (len(BOUNDS), 1)]


@pytest.mark.parametrize(
    ("durations", "p50", "p95"),
    [
        ({}, None, None),
        ({0: 10}, 2.5, 4.8),
        ({0: 90, 6: 10}, 2.8, 87.5),
        ({len(BOUNDS): 2}, 45000.0, 58500.0),
    ],
)
def test_percentiles_lie_within_their_class(durations, p50, p95):
    assert (percentile(Counter(durations), 0.5), percentile(Counter(durations), 0.95)) == (p50, p95)


def test_statistics_cost_the_same_whatever_was_sent(tenant):
    endpoint, _secret = make_endpoint(tenant)
    now = timezone.now().timestamp()
    counts = []
    for hour in range(20):
        tallies.add(
            tallies.Try(tenant.pk, endpoint.pk, now - hour * 3600, TryOutcome.DELIVERED, "", ms)
            for ms in (1.0, 60.0, 600.0)
        )
        with CaptureQueriesContext(connection) as queries:
            statistics(endpoint.pk)
        counts.append(len(queries))

    assert set(counts) == {4}


def test_old_tallies_are_forgotten(tenant):
    endpoint, _secret = make_endpoint(tenant)
    now = timezone.now()
    for days in (1, 40):
        at = (now - timedelta(days=days)).timestamp()
        tallies.add([tallies.Try(tenant.pk, endpoint.pk, at, TryOutcome.DELIVERED, "", 1.0)])

    assert forget_old(now)["tallies"] == 1
    assert EndpointTally.objects.get().hour > now - timedelta(days=2)


@pytest.mark.parametrize("path", ["/webhooks/stats", "/api/v1/deliveries/stats"])
def test_the_companys_figures_by_the_api(tenant, receiver, path):
    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    deliver()

    mine = client_of(tenant).get(path, {"hours": 2})
    theirs = client_of(make_tenant()).get(path)

    assert mine.status_code == 200, mine.data
    assert (mine.json()["delivered"], mine.json()["success_rate"], len(mine.json()["hours"])) == (1, 1.0, 3)
    assert (theirs.json()["delivered"], theirs.json()["success_rate"]) == (0, None)


def test_an_endpoints_figures_by_the_api(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/404"))
    make_event(tenant)
    deliver()

    for path in (f"/api/v1/endpoints/{endpoint.pk}/stats", f"/webhooks/{endpoint.pk}/stats"):
        found = client_of(tenant).get(path).json()
        assert [(one["code"], one["count"]) for one in found["reasons"]] == [("not_found", 1)]
        assert client_of(make_tenant()).get(path).status_code == 404


@pytest.mark.parametrize("parameters", [{"hours": "0"}, {"hours": "745"}, {"hours": "x"}, {"hour": "1"}])
def test_an_impossible_span_is_refused_by_name(tenant, parameters):
    answer = client_of(tenant).get("/webhooks/stats", parameters)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == list(parameters)


def test_metrics_tell_the_last_days_tries_by_outcome(tenant, client):
    endpoint, _secret = make_endpoint(tenant)
    now = timezone.now().timestamp()
    for outcome, at, count in (
        ("delivered", now, 3),
        ("given_up", now, 1),
        ("delivered", now - 2 * 86400, 5),
    ):
        one = tallies.Try(endpoint.tenant_id, endpoint.pk, at, TryOutcome(outcome), "", 5.0)
        tallies.add([one] * count)

    lines = client.get("/metrics").content.decode().splitlines()

    assert 'switchboard_webhook_tries_day{outcome="delivered"} 3.0' in lines
    assert 'switchboard_webhook_tries_day{outcome="given_up"} 1.0' in lines
