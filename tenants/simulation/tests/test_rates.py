"""Rate limits: so many a second, whoever waits is let in again."""

import pytest

from tenants.simulation import rates


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rates, "monotonic", lambda: now[0])
    return now


def test_no_more_than_the_limit_pass_at_once(clock):
    limit = rates.RateLimit(10)

    assert [limit.admit() for _ in range(12)] == [True] * 10 + [False] * 2


def test_refused_requests_do_not_count_and_a_second_later_all_is_well(clock):
    limit = rates.RateLimit(2)
    for _ in range(5):
        limit.admit()

    clock[0] += 1.0

    assert [limit.admit() for _ in range(3)] == [True, True, False]


def test_paced_client_is_never_refused(clock):
    limit = rates.RateLimit(10)

    for _ in range(100):
        assert limit.admit()
        clock[0] += 0.097  # a tenth of a second, less what the network wobbles
