"""Basic, bearer and OAuth2, against a real receiver and a real token server."""

import threading
import time
from base64 import b64encode
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from tenants.work import drain
from webhooks.models import Attempt, Delivery, EndpointToken
from webhooks.proof.logins import clean_auth, client_of, shown, with_stored
from webhooks.proof.tests.servers import token_server
from webhooks.proof.tokens import Account, obtain
from webhooks.tests.factories import deliver, make_endpoint, make_event


def oauth(server, **values):
    return {
        "kind": "oauth2",
        "token_url": server.url(),
        "client_id": "hub",
        "client_secret": "open-sesame",
    } | values


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (
            {"kind": "basic", "username": "hub", "password": "päss"},
            "Basic " + b64encode("hub:päss".encode()).decode(),
        ),
        ({"kind": "bearer", "token": "a-long-token"}, "Bearer a-long-token"),
    ],
)
def test_a_fixed_log_in_is_sent_and_never_shown(tenant, receiver, auth, header):
    make_endpoint(tenant, receiver.url(), auth=auth)
    make_event(tenant)

    deliver()

    assert receiver.requests[0].headers["authorization"] == header
    log = Attempt.objects.get().request_headers
    assert "Authorization: •••" in log
    assert header.partition(" ")[2] not in log


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("client_in", ["header", "body"])
def test_a_token_is_asked_for_once_and_shared(tenant, receiver, client_in):
    with token_server() as server:
        endpoint, _secret = make_endpoint(
            tenant, receiver.url(), auth=oauth(server, client_in=client_in, scope="in out", audience="them")
        )
        for _ in range(5):
            make_event(tenant)
        deliver()

    assert [one.headers["authorization"] for one in receiver.requests] == ["Bearer token-1"] * 5
    assert server.asked == [
        {
            "grant_type": "client_credentials",
            "scope": "in out",
            "audience": "them",
            "client_id": "hub",
            "client_secret": "open-sesame",
        }
    ]
    assert set(Attempt.objects.values_list("error", flat=True)) == {""}
    assert not Attempt.objects.filter(request_headers__contains="token-1").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token FROM webhooks_endpointtoken")
        assert "token-1" not in cursor.fetchone()[0]
    assert EndpointToken.objects.get().endpoint_id == endpoint.pk


@pytest.mark.django_db(transaction=True)
def test_a_401_renews_the_token_once_and_sends_again(tenant, receiver):
    with token_server() as server:
        make_endpoint(tenant, receiver.url("/bearer/token-2"), auth=oauth(server))
        make_event(tenant)
        deliver()

        assert Delivery.objects.get().state == "done"
        assert [one.headers["authorization"] for one in receiver.requests] == [
            "Bearer token-1",
            "Bearer token-2",
        ]
        assert Attempt.objects.count() == 1
        assert len(server.asked) == 2


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_refuses_the_new_token_too_asks_for_no_more(tenant, receiver):
    with token_server() as server:
        make_endpoint(tenant, receiver.url("/status/401"), auth=oauth(server))
        for _ in range(3):
            make_event(tenant)
            deliver()
        for days in (2, 4):
            drain("webhooks.deliver", now=timezone.now() + timedelta(days=days))

        assert set(Delivery.objects.values_list("reason", flat=True)) == {"unauthorized"}
        assert len(server.asked) == 2


@pytest.mark.django_db(transaction=True)
def test_wrong_credentials_are_told_and_not_hammered_and_the_right_ones_help_at_once(
    tenant, receiver, monkeypatch
):
    # However slow the machine is.
    monkeypatch.setattr("webhooks.proof.tokens.FIRST_PAUSE", 300.0)
    with token_server() as server:
        endpoint, _secret = make_endpoint(tenant, receiver.url(), auth=oauth(server, client_secret="wrong"))
        for _ in range(3):
            make_event(tenant)
        deliver()
        attempts = Attempt.objects.filter(error="token_refused")
        assert {one.detail for one in attempts} == {"invalid_client Who are you?"}
        assert attempts.count() == 3
        assert (len(server.asked), receiver.requests) == (1, [])

        endpoint.auth = oauth(server)
        endpoint.save()
        drain("webhooks.deliver", now=timezone.now() + timedelta(days=2))

        assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
        assert len(server.asked) == 2


@pytest.mark.django_db(transaction=True)
def test_workers_that_need_a_token_at_once_ask_once(tenant, receiver):
    with token_server() as server:
        endpoint, _secret = make_endpoint(tenant, receiver.url(), auth=oauth(server))
        client = client_of(endpoint.auth)
        assert client is not None
        account = Account(endpoint.pk, tenant.pk, client)
        found: list[str] = []

        def work() -> None:
            found.append(obtain(account).access)
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert found == ["token-1"] * 6
        assert len(server.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_token_server_that_does_not_answer_holds_nobody_else(tenant, other_tenant, receiver):
    with token_server() as silent, token_server() as quick:
        silent.released.clear()
        for _ in range(10):
            make_endpoint(tenant, receiver.url("/ok/silent"), auth=oauth(silent))
        make_endpoint(other_tenant, receiver.url("/ok/quick"), auth=oauth(quick))
        for _ in range(3):
            make_event(tenant)
        make_event(other_tenant)

        def work() -> None:
            deliver()
            connection.close()

        worker = threading.Thread(target=work)
        worker.start()
        deadline = time.monotonic() + 10
        while not receiver.requests and time.monotonic() < deadline:
            threading.Event().wait(0.01)

        # Long before the silent one's time is over.
        assert [one.path for one in receiver.requests] == ["/ok/quick"]
        assert 1 <= len(silent.asked) < 10
        silent.released.set()
        worker.join(60)

        assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
        assert len(receiver.requests) == 31
        assert len(silent.asked) == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (200, b"<html><title>Sign in</title></html>", "no JSON object"),
        (200, b'{"access_token": "' + b"t" * 1_000_000 + b'"}', "more than 16 KB"),
        (200, b'{"access_token": "a\\r\\nX-Evil: 1"}', "no sound access_token"),
        (200, b"[]", "no JSON object"),
        (401, b"<html>", "HTTP 401"),
        (302, b"", "HTTP 302"),
    ],
)
def test_what_is_no_token_is_told_as_what_it_is(tenant, receiver, status, said, told):
    with token_server() as server:
        server.status, server.said = status, said or b"moved"
        make_endpoint(tenant, receiver.url(), auth=oauth(server))
        make_event(tenant)
        deliver()

        attempt = Attempt.objects.get()
        assert (attempt.error, receiver.requests) == ("token_failed", [])
        assert told in attempt.detail


@pytest.mark.django_db(transaction=True)
def test_the_token_is_fetched_through_the_same_guard(tenant, receiver, settings):
    with token_server() as server:
        settings.EGRESS_ALLOW = [f"127.0.0.0/8:{receiver.port}", f"127.0.0.0/8:{server.port}"]
        make_endpoint(tenant, receiver.url(), auth=oauth(server))
        settings.EGRESS_ALLOW = [f"127.0.0.0/8:{receiver.port}"]
        make_event(tenant)
        deliver()

        assert (server.asked, receiver.requests) == ([], [])
        attempt = Attempt.objects.get()
        assert (attempt.error, attempt.detail) == ("token_failed", "target_not_allowed")


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ({"kind": "magic"}, "kind"),
        ({"username": "x"}, "kind"),
        ({"kind": "basic", "username": "x"}, "password"),
        ({"kind": "basic", "username": "a:b", "password": "x"}, "username"),
        ({"kind": "bearer", "token": "with space"}, "token"),
        ({"kind": "bearer", "token": "line\r\nbreak"}, "token"),
        ({"kind": "bearer", "token": "x", "scope": "y"}, "scope"),
        (
            {"kind": "oauth2", "token_url": "https://10.0.0.1/", "client_id": "a", "client_secret": "b"},
            "token_url",
        ),
    ],
)
def test_a_mistake_is_named(auth, key):
    with pytest.raises(ValidationError) as caught:
        clean_auth(auth)

    assert caught.value.messages[0].startswith(f"{key}: ")


def test_the_header_is_filled_by_one_only(tenant, receiver):
    with pytest.raises(ValidationError) as caught:
        make_endpoint(
            tenant, receiver.url(), auth={"kind": "bearer", "token": "abc"}, headers={"authorization": "x"}
        )

    assert list(caught.value.message_dict) == ["auth"]


def test_stored_secrets_are_kept_unless_they_would_go_elsewhere():
    stored = {"kind": "oauth2", "token_url": "https://a.example.com/", "client_id": "i", "client_secret": "s"}

    assert with_stored(shown(stored), stored) == stored
    moved = with_stored({**shown(stored), "token_url": "https://b.example.com/"}, stored)
    assert "client_secret" not in moved
    assert with_stored({"kind": "bearer"}, stored) == {"kind": "bearer"}
