"""Pace and breaker, shared by all workers of an integration."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations import live
from integrations.actions.write_journals import write_journals
from integrations.capabilities import Repeat
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.http import breaker, bucket
from integrations.http.bucket import Bucket
from integrations.http.errors import CircuitOpen, OutcomeUnknown
from integrations.http.journal import Journal
from integrations.http.messages import Request
from integrations.http.reserve import OwnPlace
from integrations.manifest import RateLimit
from integrations.models import Breaker, Exchange, RateBucket
from integrations.sessions import open_session
from integrations.tests.factories import make_integration
from tenants.errors import AuthFailed, RateLimited, TransientError
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

ASK = Request(method="GET", path="/api/credentials", operation="ask")


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(bucket, "time", clock)
    return clock


@pytest.fixture
def simulator():
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield make_integration(tenant, simulator.url)


def ask(integration, **values):
    with open_session(integration.pk, **values) as session:
        return session.http.call(ASK)


def test_two_workers_together_keep_the_pace(integration, clock):
    limit = RateLimit("x", per_second=8, burst=2)
    workers = [
        Bucket(OwnPlace(integration.pk, limit.name), limit),
        Bucket(OwnPlace(integration.pk, limit.name), limit),
    ]
    start = clock.now

    moments = []
    for number in range(80):
        workers[number % 2].take(60)
        moments.append(clock.now - start)

    assert moments[-1] >= (80 - 2 - 1) / 8 - 0.5
    for first in range(len(moments) - 11):
        assert moments[first + 11] - moments[first] >= 0.99, "more than rate + burst within a second"


def test_pause_saves_nothing_up(integration, clock):
    one = Bucket(OwnPlace(integration.pk, "x"), RateLimit("x", per_second=8, burst=2))
    one.take(0)
    clock.now += 3600

    free = sum(1 for _ in range(20) if _takes_at_once(one))

    assert free <= 3


def _takes_at_once(one: Bucket) -> bool:
    try:
        one.take(0)
    except RateLimited:
        return False
    return True


def test_impatient_caller_is_told_when_to_come_back(integration, clock):
    one = Bucket(OwnPlace(integration.pk, "x"), RateLimit("x", per_second=1, burst=0))
    one.take(0)

    with pytest.raises(RateLimited) as raised:
        one.take(0.2)

    assert raised.value.retry_after == pytest.approx(1.0)


def test_their_retry_after_holds_every_worker(integration, simulator):
    simulator.fail_next("429", retry_after="30")
    with pytest.raises(RateLimited):
        ask(integration)

    other = Bucket(OwnPlace(integration.pk, "default"), RateLimit("default", per_second=8, burst=2))
    with pytest.raises(RateLimited) as raised:
        other.take(1)

    assert 25 < (raised.value.retry_after or 0) <= 30
    assert len(simulator.requests) == 1


def test_threads_share_a_bucket_without_losing_count(integration):
    one = Bucket(OwnPlace(integration.pk, "x"), RateLimit("x", per_second=1000, burst=1000))

    def take() -> None:
        with tenant_scope(integration.tenant_id):  # threads begin without any
            for _ in range(50):
                one.take(5)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert RateBucket.objects.get().arrival > 0


def test_circuit_opens_after_failures_in_a_row_and_nothing_is_sent(integration, simulator):
    simulator.fail("500")
    for _ in range(breaker.FAILURES_TO_OPEN):
        with pytest.raises(OutcomeUnknown):
            ask(integration)

    with pytest.raises(CircuitOpen) as raised:
        ask(integration)

    assert 0 < (raised.value.retry_after or 0) <= breaker.FIRST_PAUSE
    assert len(simulator.requests) == breaker.FAILURES_TO_OPEN
    assert Exchange.objects.count() == breaker.FAILURES_TO_OPEN
    integration.refresh_from_db()
    assert integration.health == "failing"


def test_success_in_between_starts_the_count_anew(integration, simulator):
    for _ in range(breaker.FAILURES_TO_OPEN - 1):
        simulator.fail_next("500")
        with pytest.raises(OutcomeUnknown):
            ask(integration)
    ask(integration)
    simulator.fail_next("500")
    with pytest.raises(OutcomeUnknown):
        ask(integration)

    assert not Breaker.objects.exists()


def open_circuit(integration, **values):
    now = timezone.now()
    defaults = {"opened_at": now, "open_until": now - timedelta(seconds=1), "code": "transient"}
    Breaker.objects.create(integration=integration, **{**defaults, **values})
    live.forget(integration.tenant_id)


def test_one_probe_closes_the_circuit(integration, simulator):
    open_circuit(integration)

    assert ask(integration).status == 200

    assert not Breaker.objects.exists()
    assert ask(integration).status == 200


def test_only_one_probe_at_a_time(integration, simulator):
    open_circuit(integration, probe_until=timezone.now() + timedelta(seconds=20))

    with pytest.raises(CircuitOpen):
        ask(integration)

    assert simulator.requests == []


def test_failed_probe_opens_for_longer(integration, simulator):
    open_circuit(integration)
    simulator.fail_next("500")

    with pytest.raises(OutcomeUnknown):
        ask(integration)

    again = Breaker.objects.get()
    assert again.openings == 2
    assert (again.open_until - timezone.now()).total_seconds() > breaker.FIRST_PAUSE


def test_refused_key_stops_knocking_and_a_person_may_try(integration, simulator):
    simulator.api_key = "changed"
    for _ in range(breaker.FAILURES_TO_OPEN):
        with pytest.raises(AuthFailed):
            ask(integration)
    with pytest.raises(AuthFailed):
        ask(integration)
    assert len(simulator.requests) == breaker.FAILURES_TO_OPEN

    simulator.api_key = "simulator-key"
    assert ask(integration, is_probe=True).status == 200
    assert ask(integration).status == 200


def test_repeatable_call_is_repeated_within_its_budget(integration, simulator):
    simulator.fail_next("500", times=2)

    with open_session(integration.pk, seconds=10) as session:
        request = Request(
            method="GET", path="/api/credentials", operation="ask", repeat=Repeat.ALWAYS, attempts=3
        )
        assert session.http.call(request).status == 200

    assert list(Exchange.objects.order_by("id").values_list("attempt", "status")) == [
        (1, 500),
        (2, 500),
        (3, 200),
    ]


def test_call_that_must_not_be_repeated_is_not(integration, simulator):
    simulator.fail_next("500")

    with open_session(integration.pk) as session, pytest.raises(TransientError):
        session.http.call(
            Request(
                method="GET", path="/api/credentials", operation="ask", repeat=Repeat.IF_UNSENT, attempts=3
            )
        )

    assert len(simulator.requests) == 1


def test_hot_path_asks_the_database_only_for_its_turn(integration, simulator, django_assert_max_num_queries):
    ask(integration)  # from now on it is known to work
    ask(integration)  # and that is known here

    journal = Journal()
    with django_assert_max_num_queries(1) as asked, open_session(integration.pk, journal=journal) as session:
        session.http.call(ASK)

    assert all("integrations_ratebucket" in query["sql"] for query in asked.captured_queries)
    assert len(journal.exchanges) == 1
    with django_assert_max_num_queries(4):  # savepoint or transaction, lock, exchanges
        write_journals([journal])
