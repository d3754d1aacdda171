"""Tokens are renewed when they must be, once, and what came is kept before it is used."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone

from integrations import live
from integrations.http.errors import AccessEnded, NotConnected, OutcomeUnknown
from integrations.http.oauth import store, tokens
from integrations.models import Breaker, Exchange, Integration, OAuthToken
from integrations.sessions import open_session
from integrations.tests.ledger.system import ENTRY, ME
from tenants.errors import AuthFailed, ConfigError, HubError, RemoteRejected, TransientError
from tenants.scoping import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


def ask(integration: Integration, request=ME, **values):
    with open_session(integration.pk, **values) as session:
        return session.http.call(request)


def token() -> OAuthToken:
    return OAuthToken.objects.get()


def change(**values) -> None:
    OAuthToken.objects.update(**values)
    live.forget_all()


def test_known_token_is_used_without_asking(connected, server):
    assert ask(connected).json() == {"id": "7", "name": "Anna"}

    assert [request.path for request in server.requests] == ["/api/me"]
    assert server.requests[0].header("authorization") == "Bearer first-access-token"


def test_expired_token_is_renewed_before_the_call(connected, server):
    change(expires_at=timezone.now() + timedelta(seconds=5), renewed_at=timezone.now() - timedelta(hours=1))

    ask(connected)

    assert [request.path for request in server.requests] == ["/token", "/api/me"]
    kept = token()
    assert kept.expires_at is not None
    assert (kept.access_token in server.access, kept.refresh_token in server.refresh) == (True, True)
    assert kept.version == 2
    assert kept.extras == {"books": "main-books"}
    assert timedelta(minutes=59) < kept.expires_at - timezone.now() < timedelta(minutes=61)


def test_refused_token_is_renewed_and_the_call_goes_again_once(connected, server):
    server.expire()

    ask(connected, ENTRY)

    assert [request.path for request in server.requests] == ["/api/entries", "/token", "/api/entries"]
    assert len(server.entries) == 1
    assert list(Exchange.objects.order_by("id").values_list("operation", "status", "error")) == [
        ("entry", 401, "auth"),
        ("token", 200, ""),
        ("entry", 201, ""),
    ]
    connected.refresh_from_db()
    assert connected.health == "ok"


def test_token_with_a_short_life_is_not_renewed_before_every_call(connected, server):
    server.life = 20
    server.expire()

    for _ in range(3):
        ask(connected)

    assert len(server.refreshes) == 1


def test_new_token_is_committed_before_it_is_used(connected, server, monkeypatch):
    seen = []
    original = server.respond

    def respond(request):
        if request.path == "/api/me":
            seen.append((request.header("authorization"), _stored_by_another_connection()))
        return original(request)

    server.expire()
    server.respond = respond
    ask(connected)

    header, stored = seen[-1]
    assert header == f"Bearer {stored}"


def _stored_by_another_connection() -> str:
    """The server answers in a thread of its own, and so on a connection of its own."""
    found = store.read(OAuthToken._base_manager.values_list("integration_id", flat=True)[0])
    connection.close()
    assert found is not None
    return found.access_token


def test_nothing_is_asked_inside_a_transaction(connected, server):
    server.expire()

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        ask(connected)

    assert server.refreshes == []


def test_refusal_ends_it_in_words_and_nothing_more_is_asked(connected, server):
    server.revoke()
    with pytest.raises(AccessEnded, match="connect the account again"):
        ask(connected)
    before = len(server.requests)

    for _ in range(10):
        with pytest.raises(AuthFailed, match="connect the account again"):
            ask(connected)

    assert len(server.requests) == before
    assert len(server.refreshes) == 1
    assert not Breaker.objects.exists()
    connected.refresh_from_db()
    assert (connected.health, connected.health_code) == ("misconfigured", "auth")
    assert "connect" in connected.health_reason
    assert token().refusal == "invalid_grant Token has been revoked"


def test_server_down_during_renewal_is_waited_out_without_a_storm(connected, server, monkeypatch):
    monkeypatch.setattr(store, "FIRST_PAUSE", 600.0)  # longer than a busy machine takes to ask four times
    monkeypatch.setattr(store, "LONGEST_PAUSE", 600.0)
    server.expire()
    server.fail("503", path="/token")
    with pytest.raises(TransientError):
        ask(connected)

    for _ in range(3):
        with pytest.raises(TransientError) as raised:
            ask(connected)

    assert len(server.refreshes) == 1
    assert 0 < (raised.value.retry_after or 0) <= 900
    server.clear_faults()
    assert ask(connected, is_probe=True).status == 200
    assert token().failures == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "html"}, OutcomeUnknown),
        ({"kind": "empty"}, OutcomeUnknown),
        ({"kind": "reset"}, OutcomeUnknown),
        ({"kind": "500"}, OutcomeUnknown),
        ({"kind": "429"}, TransientError),
        ({"kind": "html", "status": 403}, RemoteRejected),
    ],
)
def test_garbage_instead_of_a_token_loses_nothing(connected, server, fault, error):
    change(expires_at=timezone.now(), renewed_at=timezone.now() - timedelta(hours=1))
    server.fail_next(path="/token", **fault)

    with pytest.raises(error):
        ask(connected)

    assert (token().access_token, token().refresh_token) == ("first-access-token", "first-refresh-token")
    assert token().refusal == ""
    assert ask(connected, is_probe=True).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "line\r\nX-Evil: 1"},
        {"access_token": 7},
        {"access_token": ""},
        {"access_token": "x" * 20_000},
        {"access_token": "good", "refresh_token": ["x"]},
        {"token": "x"},
        ["access_token"],
    ],
)
def test_token_of_a_wrong_shape_is_not_kept(connected, server, answer):
    from tenants.simulation import Reply

    change(expires_at=timezone.now(), renewed_at=timezone.now() - timedelta(hours=1))
    server.respond = lambda request: Reply.json(answer)

    with pytest.raises(OutcomeUnknown):
        ask(connected)

    assert token().version == 1


@pytest.mark.parametrize("life", [0, -5, "soon", True, "1e400", {"a": 1}, None])
def test_strange_lives_are_no_lives(connected, server, life):
    server.life = life
    server.expire()

    ask(connected)

    assert token().expires_at is None


def test_answer_that_was_lost_is_told_when_the_old_token_is_refused(connected, server):
    server.expire()
    server.fail_next("reset", path="/token", after=True)
    with pytest.raises(OutcomeUnknown):
        ask(connected)

    with pytest.raises(AccessEnded, match="interrupted"):
        ask(connected, is_probe=True)

    connected.refresh_from_db()
    assert "interrupted" in connected.health_reason


def test_killed_process_leaves_a_lease_that_runs_out(connected, server):
    server.expire()
    row = token()
    assert store.claim(row, despite_pause=False)

    with pytest.raises(TransientError, match="being renewed"):
        ask(connected, seconds=0.2)
    change(lease_until=timezone.now() - timedelta(seconds=1))

    assert ask(connected).status == 200


def test_new_token_that_is_refused_too_is_not_renewed_again_and_again(connected, server):
    server.is_forbidden = True
    for _ in range(3):
        with pytest.raises(AuthFailed):
            ask(connected)

    assert len(server.refreshes) == 1


def test_dead_caller_budget_does_not_cut_off_the_renewal(connected, server):
    server.expire()
    server.fail_next("latency", path="/token", seconds=0.6)

    with pytest.raises(HubError):
        ask(connected, seconds=0.3)

    assert token().version == 2
    assert token().refresh_token in server.refresh


def test_database_that_is_away_for_a_moment_loses_no_token(connected, server, monkeypatch):
    from django.db import OperationalError

    server.expire()
    monkeypatch.setattr(store, "WRITE_AGAIN_AFTER", (0.01, 0.01))
    real, failures = store._write, [OperationalError("gone"), OperationalError("gone")]

    def write(*args):
        if failures:
            raise failures.pop()
        return real(*args)

    monkeypatch.setattr(store, "_write", write)

    assert ask(connected).status == 200
    assert token().version == 2


def test_tokens_are_in_no_exchange_no_log_and_no_repr(connected, server, caplog):
    server.expire()
    with caplog.at_level("DEBUG"):
        ask(connected)

    secrets = [*server.issued, "first-access-token", "first-refresh-token", "ledger-application-secret"]
    shown = str(list(Exchange.objects.values())) + caplog.text + repr(live.get(connected.pk)) + repr(token())
    assert Exchange.objects.filter(operation="token").count() == 1
    assert [secret for secret in secrets if secret in shown] == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token, extras FROM integrations_oauthtoken")
        stored = str(cursor.fetchall())
    assert [secret for secret in server.issued if secret in stored] == []


def test_known_token_costs_no_query(connected, server, django_assert_num_queries):
    ask(connected)
    ask(connected)

    with open_session(connected.pk) as session:
        session.http.call(ME)
        with django_assert_num_queries(0):
            assert session.http.tokens.usable().access == "first-access-token"


def test_not_connected_says_so_and_is_no_failure(integration, server):
    with pytest.raises(NotConnected, match="press Connect"):
        ask(integration)

    integration.refresh_from_db()
    assert integration.health == "unknown"
    assert server.requests == []
    assert not Exchange.objects.exists()


def test_without_a_client_secret_the_field_is_named(connected, server):
    Integration.objects.filter(pk=connected.pk).update(credentials={"client_id": "x"})
    server.expire()

    with pytest.raises(ConfigError, match="client secret"):
        ask(connected)


def test_threads_renew_once(connected, server):
    server.expire()
    server.fail_next("latency", path="/token", seconds=0.3)
    results: list[int] = []

    def work() -> None:
        with tenant_scope(connected.tenant_id):
            results.append(ask(connected, seconds=20).status)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [200] * 4
    assert len(server.refreshes) == 1


WORKER = Path(__file__).parent / "worker.py"


@pytest.fixture
def workers(connected) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes of their own, with the test's database."""
    name = str(connection.settings_dict["NAME"])
    started = [
        subprocess.Popen(
            [sys.executable, str(WORKER), name, str(connected.pk)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=django_settings.BASE_DIR,
            env={**os.environ, "ENCRYPTION_KEYS": ",".join(django_settings.ENCRYPTION_KEYS)},
        )
        for _ in range(2)
    ]
    yield started
    for one in started:
        one.kill()
        one.wait()


def test_processes_renew_once(connected, server, workers):
    server.expire()
    server.fail_next("latency", path="/token", seconds=0.5)
    for one in workers:
        assert one.stdout.readline() == "ready\n", one.stdout.read()

    for one in workers:
        one.stdin.write("go\n")
        one.stdin.flush()
    outcomes = [one.communicate(timeout=60)[0] for one in workers]

    assert outcomes == ["200\n", "200\n"]
    assert len(server.refreshes) == 1
    assert len(server.refresh) == 1


def test_renewal_that_was_overtaken_by_a_new_connection_changes_nothing(connected, server):
    from integrations.actions.connect_account import keep_tokens
    from integrations.http.oauth.answers import Granted

    row = token()
    assert store.claim(row, despite_pause=False)
    keep_tokens(connected, Granted("newest", "newest-refresh", None, None, {}), {})

    assert not store.put(row, Granted("late", "late-refresh", None, None, {}))
    assert (token().access_token, token().version) == ("newest", 2)


def test_limits_of_time_fit_one_another():
    assert tokens.ASKING_SECONDS + sum(store.WRITE_AGAIN_AFTER) < store.LEASE.total_seconds()
