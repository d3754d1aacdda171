"""Limits beyond one bucket: of a host, of the installation, for a day, and how many calls at a time."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection

from integrations import live
from integrations.actions.save_integration import create_integration, update_integration
from integrations.connectors import get as get_connector
from integrations.http import quota
from integrations.http.auth import NoAuth
from integrations.http.limits import Limits, forget_common
from integrations.http.messages import Request
from integrations.http.slots import Slots
from integrations.manifest import RateLimit, Scope
from integrations.models import CallSlot, DailyUse, SharedBucket
from integrations.sessions import open_session
from tenants.errors import RateLimited
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

ASK = Request(method="GET", path="/api/me", operation="me")


@pytest.fixture(autouse=True)
def _plain(server):
    server.respond = lambda request: Reply.json({})


def slow(scope: Scope, **values) -> RateLimit:
    """One call in ten seconds."""
    return RateLimit("slow", per_second=0.1, burst=0, scope=scope, **values)


def neighbour(integration, url: str | None = None):
    """Another company's integration at the same host, unless another address is given."""
    tenant = make_tenant()
    with tenant_scope(tenant):
        settings = {"url": url} if url else integration.settings
        return tenant, create_integration(tenant, "ledger", "Books", settings=settings, credentials={})


def ask(row, request=ASK):
    with tenant_scope(row.tenant_id), open_session(row.pk, seconds=1) as session:
        return session.http.call(request)


def test_host_is_shared_by_all_companies(integration, server, install):
    install(NoAuth(), rate_limits=(slow(Scope.HOST),))
    _tenant, other = neighbour(integration)
    _tenant, elsewhere = neighbour(integration, server.url.replace("127.0.0.1", "localhost"))
    ask(integration)

    with pytest.raises(RateLimited):
        ask(other)

    assert ask(elsewhere).status == 200
    assert len(server.requests) == 2


def test_installation_is_shared_by_all_hosts_and_processes(integration, server, install):
    install(NoAuth(), rate_limits=(slow(Scope.INSTALLATION),))
    _tenant, elsewhere = neighbour(integration, server.url.replace("127.0.0.1", "localhost"))
    ask(integration)
    forget_common()

    with pytest.raises(RateLimited) as raised:
        ask(elsewhere)

    assert 5 < (raised.value.retry_after or 0) <= 10
    assert SharedBucket.objects.get().key == "ledger:slow"


def test_server_of_one_company_cannot_stop_all_others(integration, server, install):
    install(NoAuth(), rate_limits=(RateLimit("all", per_second=100, burst=100, scope=Scope.INSTALLATION),))
    _tenant, other = neighbour(integration)
    server.fail_next("429", retry_after="600")
    with pytest.raises(RateLimited):
        ask(integration)

    assert ask(other).status == 200


def test_bucket_within_another(integration, server, install):
    install(
        NoAuth(), rate_limits=(RateLimit("chat", per_second=100, burst=100, within="slow"), slow(Scope.HOST))
    )
    ask(integration)

    with pytest.raises(RateLimited):
        ask(integration)

    assert len(server.requests) == 1


def test_number_of_the_day_is_kept_and_said(integration, server, install, monkeypatch):
    install(
        NoAuth(),
        rate_limits=(RateLimit("day", per_second=100, burst=100, per_day=3, day_zone="Europe/Minsk"),),
    )
    now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    monkeypatch.setattr(quota.timezone, "now", lambda: now)
    for _ in range(3):
        ask(integration)
    live.forget_all()

    with pytest.raises(RateLimited, match="All 3 calls of the day are used up") as raised:
        ask(integration)
    assert raised.value.retry_after == 3600
    assert len(server.requests) == 3

    now = datetime(2026, 11, 22, 21, 0, 1, tzinfo=UTC)
    ask(integration)
    assert list(DailyUse.objects.order_by("day").values_list("used", flat=True)) == [3, 1]


def test_number_of_the_day_is_shared_by_workers(integration):
    limit = RateLimit("day", per_second=1, burst=1)
    workers = [quota.Quota(integration.pk, limit, 5000) for _ in range(2)]

    taken = 0
    for number in range(6000):
        try:
            workers[number % 2].take()
        except RateLimited:
            break
        taken += 1

    assert taken == 5000


def test_number_of_the_day_from_a_setting(integration, server, install):
    found = install(NoAuth(), rate_limits=(RateLimit("day", 100, 100, per_day=7, per_day_setting="daily"),))
    known = live.get(integration.pk)

    for settings, expected in (({}, 7), ({"daily": 2}, 2)):
        limits = Limits(replace(known, settings={**known.settings, **settings}), found.manifest, server.url)
        for _ in range(expected):
            with limits.turn("", 1):
                pass
        with pytest.raises(RateLimited), limits.turn("", 1):
            pass
        DailyUse.objects.all().delete()


def test_so_many_calls_at_a_time_over_all_workers(integration):
    workers = [Slots(integration.pk, 2) for _ in range(3)]

    with workers[0].held(0), workers[1].held(0):
        with pytest.raises(RateLimited, match="under way") as raised, workers[2].held(0):
            pass
        assert raised.value.retry_after == 1.0

    with workers[2].held(0):
        assert CallSlot.objects.filter(holder__isnull=False).count() == 1


def test_killed_worker_gives_its_slot_back(integration):
    with Slots(integration.pk, 1).held(0):
        pass
    CallSlot.objects.update(held_until=time.time() - 1, holder=integration.pk)

    with Slots(integration.pk, 1).held(0) as waited:
        assert waited < 1


def test_slot_is_given_back_whatever_the_call_did(integration, server, install):
    install(NoAuth(), concurrency=1)
    server.fail_next("reset")
    with pytest.raises(Exception, match="broke"):
        ask(integration)

    assert ask(integration).status == 200


def test_calls_wait_for_one_another(integration, server, install):
    install(NoAuth(), concurrency=1)
    under_way, most = [0], [0]
    lock = threading.Lock()

    def respond(request):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        server.changes.pause(0.05)
        with lock:
            under_way[0] -= 1
        return Reply.json({})

    server.respond = respond

    def work() -> None:
        with tenant_scope(integration.tenant_id), open_session(integration.pk, seconds=20) as session:
            session.http.call(ASK)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(server.requests), most[0]) == (4, 1)


def test_new_limits_of_a_version_are_kept(integration, server, install):
    install(NoAuth(), rate_limits=(slow(Scope.HOST),))
    ask(integration)
    install(NoAuth(), rate_limits=(RateLimit("slow", 100, 100, scope=Scope.HOST),))
    update_integration(integration, name="Renamed")

    assert get_connector("ledger").manifest.rate_limits[0].per_second == 100
    with pytest.raises(RateLimited):  # the place in the database is the same: what was taken is taken
        ask(integration)
