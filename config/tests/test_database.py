"""How long a PostgreSQL that is away is waited for, and how soon it is tried again."""

import pytest
from psycopg_pool.base import AttemptWithBackoff

from config.database import database

ASK_AGAIN_WITHIN = 5.0


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setenv("DATABASE_URL", "postgres://switchboard@db.example.com:5432/switchboard")
    found: dict[str, object] = database()["OPTIONS"]
    return found


def test_the_pool_never_sleeps_long_beside_a_server_that_is_back(options: dict[str, object]) -> None:
    pool = options["pool"]
    assert isinstance(pool, dict)
    attempt, now = AttemptWithBackoff(timeout=pool["reconnect_timeout"]), 1000.0

    pauses = []
    while not attempt.time_to_give_up(now):
        attempt.update_delay(now)
        pauses.append(attempt.delay)
        now += max(attempt.delay, 0.01)

    assert max(pauses) < ASK_AGAIN_WITHIN
    # Who waits for a connection gives up no later than the pool, and makes it begin anew.
    assert pool["timeout"] <= pool["reconnect_timeout"] + ASK_AGAIN_WITHIN
    assert now - 1000.0 < 2 * ASK_AGAIN_WITHIN


def test_a_server_that_vanished_without_a_word_is_noticed(options: dict[str, object]) -> None:
    assert options["connect_timeout"] == 4
    assert options["tcp_user_timeout"] == 15_000


def test_options_of_the_url_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://switchboard@db.example.com/switchboard?connect_timeout=9")

    assert int(database()["OPTIONS"]["connect_timeout"]) == 9
