"""How often tokens may be asked for, given back and looked into: by address before any look-up, and by client."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.api import oauth_rates
from tenants.api.throttling import CredentialThrottle
from tenants.models import OAuthApplication
from tenants.tests.test_oauth import (
    _urlencoded,  # noqa: F401 a fixture
    ask,
    basic,
    make_system,
    token_of,
)

pytestmark = pytest.mark.django_db
HERE = "203.0.113.7"


@pytest.fixture
def system() -> Any:
    return make_system()


@pytest.fixture(autouse=True)
def _rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tokens a minute for a client, four calls; an address has twice as many."""
    monkeypatch.setattr(CredentialThrottle, "THROTTLE_RATES", {"credential": "4/min", "oauth": "3/min"})
    monkeypatch.setattr(oauth_rates, "CLIENTS_BEHIND_AN_ADDRESS", 2)


def introspect(system: SimpleNamespace, token: str = "sbt_x", address: str = HERE, **options: Any) -> Any:
    options.setdefault("headers", basic(system))
    return Client(REMOTE_ADDR=address).post("/oauth/introspect", {"token": token}, **options)


def revoke(system: SimpleNamespace, address: str = HERE) -> Any:
    return Client(REMOTE_ADDR=address).post("/oauth/revoke", {"token": "sbt_x"}, headers=basic(system))


def is_slowed_down(answer: Any) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.json()["error"] == "slow_down"
    assert answer.json()["error_description"]
    assert 0 < int(answer.headers["Retry-After"]) <= 120
    return True


def test_a_client_gets_so_many_tokens_from_wherever_it_asks(system: Any) -> None:
    answers = [ask(system, address=f"203.0.113.{number}") for number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert is_slowed_down(answers[3])
    assert [answer.headers.get("RateLimit-Remaining") for answer in answers] == ["2", "1", "0", None]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert is_slowed_down(revoke(system)), "what gives tokens back is counted with them"
    assert ask(make_system()).status_code == 200, "its neighbour has a count of its own"


def test_looking_into_tokens_is_counted_by_itself_as_calls_are(system: Any) -> None:
    token = token_of(system)

    answers = [introspect(system, token, f"203.0.113.{number}") for number in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert is_slowed_down(answers[4])
    assert ask(system).status_code == 200


def test_a_clients_own_rate_counts_for_looking_into_tokens(system: Any) -> None:
    OAuthApplication._base_manager.update(requests_per_minute=1)

    assert [introspect(system, address=f"203.0.113.{number}").status_code for number in (1, 2)] == [200, 429]


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_an_address_is_stopped_before_anything_is_looked_up(path: str) -> None:
    """Whoever shows no secret costs a look-up, too, and one wrong secret over and over is no guessing."""
    systems = [make_system() for _ in range(2)]
    wrong = [basic(one, "sbcs_wrong") for one in systems]
    most = 8 if path.endswith("introspect") else 6
    here = Client(REMOTE_ADDR=HERE)
    answers = [here.post(path, {"token": "x"}, headers=wrong[number % 2]) for number in range(most)]
    assert {answer.status_code for answer in answers} <= {400, 401}

    with CaptureQueriesContext(connections["default"]) as queries:
        refused = here.post(path, {"token": "x"}, headers=basic(systems[0]))

    assert is_slowed_down(refused)
    assert len(queries) == 0
    elsewhere = Client(REMOTE_ADDR="198.51.100.9").post(path, {"token": "x"}, headers=basic(systems[0]))
    assert elsewhere.status_code in (200, 400)


def test_an_ipv6_subscriber_is_one_address() -> None:
    for number in range(6):
        assert not is_slowed_down(ask(make_system(), address=f"2001:db8:0:7::{number:x}"))

    assert is_slowed_down(ask(make_system(), address="2001:db8:0:7:ffff::1"))
    assert not is_slowed_down(ask(make_system(), address="2001:db8:0:8::1"))


def test_nobody_uses_up_what_another_client_may_ask_for(system: Any) -> None:
    """A client's id is no secret: only its secret makes a request the client's."""
    for number in range(20):
        assert (
            ask(system, address=f"198.51.100.{number}", headers=basic(system, "sbcs_wrong")).status_code
            == 401
        )

    assert ask(system).status_code == 200


def test_what_is_counted_lies_in_the_cache_that_all_processes_share(system: Any) -> None:
    from django.core.cache import cache

    for _ in range(3):
        ask(system)
    assert is_slowed_down(ask(system))

    cache.clear()

    assert ask(system).status_code == 200
