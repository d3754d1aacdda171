"""How many requests a caller may make: counted, told in the standard headers, refused with a time to come back."""

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from redis.exceptions import ConnectionError as RedisDown

from tenants.api import strangers
from tenants.api.throttling import CredentialThrottle
from tenants.counters import Limit
from tenants.models import AuditEntry
from tenants.tests.factories import make_api_key, make_member, make_tenant

ME = "/api/v1/me"


@pytest.fixture
def tenant():
    return make_tenant()


def asked(plain: str, address: str = "203.0.113.7"):
    return Client(REMOTE_ADDR=address).get(ME, headers={"Authorization": f"Bearer {plain}"})


# Each credential's rate


@pytest.mark.django_db
def test_a_keys_own_rate_is_told_and_enforced(tenant):
    _key, plain = make_api_key(tenant, requests_per_minute=2)

    answers = [asked(plain) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"default";q=2;w=60'] * 3
    assert [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers] == [
        '"default";r=1',
        '"default";r=0',
        '"default";r=0',
    ]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}
    refused = answers[2]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "throttled"
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"]
    assert refused.headers["RateLimit"].endswith(f";t={refused.headers['Retry-After']}")
    assert 0 < int(refused.headers["Retry-After"]) <= 90


@pytest.mark.django_db
def test_a_key_without_a_rate_has_that_of_the_installation(tenant, monkeypatch):
    monkeypatch.setattr(CredentialThrottle, "THROTTLE_RATES", {"credential": "1/min"})
    _key, first = make_api_key(tenant)
    _key, second = make_api_key(tenant)
    _key, fast = make_api_key(tenant, requests_per_minute=100)

    assert [asked(first).status_code for _ in range(2)] == [200, 429]
    assert asked(second).status_code == 200
    assert [asked(fast).status_code for _ in range(2)] == [200, 200]


@pytest.mark.django_db
def test_people_are_limited_too(tenant, monkeypatch):
    monkeypatch.setattr(CredentialThrottle, "THROTTLE_RATES", {"credential": "1/min"})
    client = Client()
    client.force_login(make_member(tenant).user)

    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("limit", [Limit(1, 60), Limit(5, 60), Limit(100, 60), Limit(3, 1)])
def test_whoever_waits_as_told_is_let_in(limit):
    now = 1_000_000.0
    while (verdict := limit.take("x", now)).is_allowed:
        now += limit.seconds / limit.count / 10
    now += verdict.wait

    assert limit.take("x", now).is_allowed


def test_a_new_window_does_not_bring_a_second_burst():
    """Counters that start anew each minute would let two bursts meet at their border."""
    limit, border = Limit(60, 60), 1_200_000.0

    before = sum(limit.take("x", border - 1 + step / 100).is_allowed for step in range(100))
    after = sum(limit.take("x", border + step / 100).is_allowed for step in range(100))

    assert before == 60
    assert after <= 1


def test_a_refused_request_costs_nothing():
    limit, now = Limit(2, 60), 1_200_000.0
    for _ in range(50):
        limit.take("x", now)

    assert limit.take("x", now + 119).is_allowed


def test_a_cache_that_does_not_answer_refuses_nobody(monkeypatch):
    def down(*_arguments, **_options):
        raise RedisDown("no route")

    monkeypatch.setattr(LocMemCache, "add", down)

    assert Limit(1, 60).take("x").is_allowed
    assert Limit(1, 60).take("x").is_allowed


# Guessing


@pytest.mark.django_db
def test_guessers_are_stopped_by_their_address(tenant, django_assert_num_queries):
    _key, plain = make_api_key(tenant)
    answers = [asked(f"sbk_guess{number}") for number in range(strangers.GUESSES.count + 1)]

    assert [answer.status_code for answer in answers[:-1]] == [401] * strangers.GUESSES.count
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    with django_assert_num_queries(0):
        assert asked(plain).status_code == 429, "a right guess after too many wrong ones must not count"
    assert asked(plain, address="203.0.113.8").status_code == 200
    assert asked(plain).status_code == 200, "a key in use goes on working beside a guesser"
    recorded = AuditEntry._base_manager.get(action="api.guessing_stopped")
    assert (recorded.address, recorded.tenant) == ("203.0.113.7", None)


@pytest.mark.django_db
def test_one_wrong_key_over_and_over_is_no_guessing(tenant):
    _key, plain = make_api_key(tenant)
    for _ in range(strangers.GUESSES.count * 2):
        assert asked("sbk_old").status_code == 401

    assert asked(plain).status_code == 200


@pytest.mark.django_db
def test_an_ipv6_subscriber_is_one_guesser():
    for number in range(strangers.GUESSES.count):
        asked(f"sbk_guess{number}", address=f"2001:db8:0:7::{number:x}")

    assert asked("sbk_more", address="2001:db8:0:7:ffff::1").status_code == 429
    assert asked("sbk_more", address="2001:db8:0:8::1").status_code == 401


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()
