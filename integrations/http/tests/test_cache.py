"""Answers that are used again: by one integration, for as long as they hold."""

from dataclasses import replace

import pytest

from integrations.actions.save_integration import create_integration, update_integration
from integrations.http import cache
from integrations.http.auth import HeaderKey
from integrations.http.messages import Request
from integrations.models import Exchange
from integrations.sessions import open_session
from tenants.changes import memory
from tenants.errors import ConfigError, HubError
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

ASK = Request(method="GET", path="/api/me", operation="me", cache_seconds=60)
CHECK = replace(ASK, cache_seconds=0, revalidate=True)


@pytest.fixture(autouse=True)
def books(server, install):
    """What the server knows; it answers with a validator, and 304 to whoever has the same already."""
    install(HeaderKey("X-Key", "client_secret"))
    state = {"version": 1, "validator": "etag"}

    def respond(request):
        headers: tuple[tuple[str, str], ...] = (("Set-Cookie", "session=secret"),)
        if state["validator"] == "etag":
            headers += (("ETag", f'"{state["version"]}"'),)
            if request.header("if-none-match") == f'"{state["version"]}"':
                return Reply(304)
        if state["validator"] == "date":
            headers += (("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT"),)
            if request.header("if-modified-since"):
                return Reply(304)
        return Reply.json({"version": state["version"]}, headers=headers)

    server.respond = respond
    return state


def ask(row, request=ASK):
    with open_session(row.pk) as session:
        return session.http.call(request)


def test_fresh_answer_costs_neither_a_request_nor_a_query(
    integration, server, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(memory, "BRIEFLY", 3600.0)
    first = ask(integration)
    ask(integration)  # reads anew what the first one changed: that it works
    with django_assert_num_queries(0):
        second = ask(integration)

    assert (first.json(), second.json()) == ({"version": 1}, {"version": 1})
    assert len(server.requests) == 1
    assert "set-cookie" not in second.headers


def test_other_questions_are_asked(integration, server):
    ask(integration)
    ask(integration, replace(ASK, query=(("page", "2"),)))
    ask(integration, replace(ASK, headers={"Accept-Language": "ru"}))
    ask(integration, replace(ASK, method="POST"))
    ask(integration, replace(ASK, cache_seconds=0))

    assert len(server.requests) == 5


def test_old_answer_is_asked_anew(integration, server, books, monkeypatch):
    ask(integration)
    books["version"] = 2
    monkeypatch.setattr(cache.time, "time", lambda: 4_000_000_000.0)

    assert ask(integration).json() == {"version": 2}


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_answer_that_still_holds_is_not_sent_again(integration, server, books, validator):
    books["validator"] = validator

    answers = [ask(integration, CHECK) for _ in range(2)]

    assert [answer.json() for answer in answers] == [{"version": 1}] * 2
    assert [answer.status for answer in answers] == [200, 200]
    assert [request.status for request in server.requests] == [200, 304]
    assert list(Exchange.objects.order_by("id").values_list("status", "error")) == [(200, ""), (304, "")]


def test_answer_that_changed_is_kept_instead(integration, server, books):
    ask(integration, CHECK)
    books["version"] = 2

    assert [ask(integration, CHECK).json()["version"] for _ in range(2)] == [2, 2]
    assert [request.status for request in server.requests] == [200, 200, 304]


def test_304_that_nobody_asked_for_is_an_error(integration, server):
    server.respond = lambda request: Reply(304)

    with pytest.raises(ConfigError):
        ask(integration)


def test_failures_are_not_kept(integration, server):
    server.fail_next("500")
    with pytest.raises(HubError):
        ask(integration)

    assert ask(integration).json() == {"version": 1}


def test_large_answers_are_not_kept(integration, server, monkeypatch):
    monkeypatch.setattr(cache, "LARGEST", 5)
    ask(integration)
    ask(integration)

    assert len(server.requests) == 2


def test_changed_settings_and_other_companies_begin_anew(integration, server):
    ask(integration)
    update_integration(integration, credentials={"client_secret": "another"})
    ask(integration)
    tenant = make_tenant()
    with tenant_scope(tenant):
        other = create_integration(
            tenant, "ledger", "Books", settings=integration.settings, credentials=integration.credentials
        )
        ask(other)

    assert len(server.requests) == 3
