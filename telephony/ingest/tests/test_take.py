"""What an exchange is answered, and what is in the database by then."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone

from config.front import FrontRequest, FrontResponse, group_commit
from telephony import scenarios
from telephony.ingest import writer
from telephony.ingest.handlers import GATEWAY_PATHS, Ingest, events_total
from telephony.models import CallEvent, Pbx
from telephony.tests.factories import make_pbx
from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "exchange-token-one"


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with all_tenants():
        yield


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(), TOKEN)


def request(
    body: bytes, path: str = "/start", headers: tuple[tuple[bytes, bytes], ...] = (), query: bytes = b""
) -> FrontRequest:
    return FrontRequest("POST", path, query, headers, body, "192.0.2.7")


def body(**fields: Any) -> bytes:
    return json.dumps({"Token": TOKEN, "UniqueId": "p-1.1", "CallType": 0, **fields}).encode()


def run(work: Callable[[Ingest], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        ingest = Ingest()
        await ingest.writer.start()
        try:
            return await work(ingest)
        finally:
            await ingest.writer.stop()

    return asyncio.run(whole())


def take(*requests: FrontRequest, kind: str = "start") -> list[FrontResponse]:
    """All at the same time, as exchanges do."""

    async def work(ingest: Ingest) -> list[FrontResponse]:
        return list(await asyncio.gather(*(ingest.take(one, kind) for one in requests)))

    return run(work)


def test_an_event_is_a_committed_row_and_a_queued_fold(pbx: Pbx) -> None:
    [answer] = take(request(body(CallerIDNum="+375291234570", Vendor="x")))

    stored = CallEvent.objects.get()
    assert (answer.status, answer.body) == (200, b"{}")
    assert (stored.pbx_id, stored.tenant_id, stored.kind, stored.unique_id) == (
        pbx.pk,
        pbx.tenant_id,
        "start",
        "p-1.1",
    )
    assert stored.payload == {
        "UniqueId": "p-1.1",
        "CallType": 0,
        "CallerIDNum": "+375291234570",
        "Vendor": "x",
    }
    assert (stored.raw, stored.degraded, stored.address) == ("", [], "192.0.2.7")
    assert stored.call is None
    assert list(Work.objects.values_list("lane", "subject", "tenant_id")) == [
        ("calls.fold", stored.pk, pbx.tenant_id)
    ]


def test_a_hundred_at_once_and_each_repeated(pbx: Pbx) -> None:
    requests = [request(body(UniqueId=f"p-{number}")) for number in range(100)]

    answers = take(*requests, *requests)

    assert {answer.status for answer in answers} == {200}
    assert (CallEvent.objects.count(), Work.objects.count()) == (100, 100)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"Token":"nobodys-token-1","UniqueId":"1"}', b"\xff\x00", b'{"Token":["x"]}']
)
def test_without_a_known_token_nothing_is_kept(pbx: Pbx, content: bytes) -> None:
    before = events_total.value("start", "unauthorized")

    [answer] = take(request(content))

    problem = json.loads(answer.body)
    assert (answer.status, problem["status"], answer.content_type) == (401, 401, "application/problem+json")
    assert (CallEvent.objects.count(), Work.objects.count()) == (0, 0)
    assert events_total.value("start", "unauthorized") == before + 1


@pytest.mark.parametrize("where", ["header", "query"])
def test_the_token_may_come_beside_the_body(pbx: Pbx, where: str) -> None:
    headers = ((b"x-pbx-token", TOKEN.encode()),) if where == "header" else ()
    query = f"token={TOKEN}".encode() if where == "query" else b""

    [answer] = take(request(b"UniqueId=1.1&CallType=0", headers=headers, query=query))

    assert (answer.status, CallEvent.objects.get().unique_id) == (200, "1.1")


@pytest.mark.parametrize("path", GATEWAY_PATHS)
def test_a_gateway_names_the_kind_in_the_body(pbx: Pbx, path: str) -> None:
    [answer] = take(request(body(event="hangup"), path), kind="")

    assert (answer.status, CallEvent.objects.get().kind) == (200, "hangup")


@pytest.mark.parametrize("kind", ["disabled", "inactive", "expired"])
def test_tokens_that_no_longer_work(pbx: Pbx, kind: str) -> None:
    if kind == "disabled":
        Pbx.objects.update(is_enabled=False)
    elif kind == "inactive":
        pbx.tenant.is_active = False
        pbx.tenant.save()
    else:
        pbx.rotate("exchange-token-two")
        pbx.previous_until = timezone.now() - timedelta(seconds=1)
        pbx.save()

    assert [answer.status for answer in take(request(body()))] == [401]


def test_after_a_rotation_both_tokens_work(pbx: Pbx) -> None:
    pbx.rotate("exchange-token-two")
    pbx.save()

    answers = take(request(body()), request(body(Token="exchange-token-two", UniqueId="p-2")))

    assert [answer.status for answer in answers] == [200, 200]


def test_a_new_exchange_works_with_its_first_event() -> None:
    async def work(ingest: Ingest) -> list[int]:
        ingest.tokens._clock = iter(range(0, 1000, 10)).__next__
        first = await ingest.take(request(body()), "start")
        await asyncio.to_thread(make, ingest)
        second = await ingest.take(request(body()), "start")
        return [first.status, second.status]

    def make(ingest: Ingest) -> None:
        with all_tenants():
            make_pbx(make_tenant(), TOKEN)
        from django.db import connection

        connection.close()

    assert run(work) == [401, 200]


@pytest.mark.parametrize("name", scenarios.names())
def test_every_captured_request_is_stored(pbx: Pbx, name: str) -> None:
    posts = scenarios.with_token(scenarios.load(name), TOKEN)

    answers = [take(request(post.body.encode(), post.path), kind=post.path[1:])[0] for post in posts[:3]]

    assert {answer.status for answer in answers} == {200}
    assert TOKEN not in "".join(f"{event.payload}{event.raw}" for event in CallEvent.objects.all())


HOSTILE = [
    body(CallerIDName="a\x00b"),
    b'{"Token":"%s","UniqueId":"\xff\xfe"}' % TOKEN.encode(),
    b'{"Token":"%s","UniqueId":"1","CallerIDName":"\\ud800"}' % TOKEN.encode(),
    body(HangupCause=10**400),
    body(x=float("inf")),
    body(x={"y" * 5000: ["\x00"] * 100}),
    b'{"Token":"%s","UniqueId":"1","x":' % TOKEN.encode() + b"[" * 3000,
    body(UniqueId="u" * 5000),
    body(StartTime="0000-00-00 00:00:00", EndTime="99999-01-01"),
    b"Token=%s&UniqueId=%%00%%ff&CallerIDNum=%%ed%%a0%%80" % TOKEN.encode(),
]


@pytest.mark.parametrize("content", HOSTILE)
def test_hostile_content_is_stored_as_degraded(pbx: Pbx, content: bytes) -> None:
    [answer] = take(request(content))

    stored = CallEvent.objects.get()
    assert answer.status == 200
    assert stored.degraded
    assert stored.degraded_texts
    assert "\x00" not in stored.raw
    assert TOKEN not in f"{stored.payload}{stored.raw}"


def test_no_row_no_200(pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(events: Any) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(writer, "insert", broken)
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", (0.0, 0.0))

    [answer] = take(request(body()))

    assert (answer.status, dict(answer.headers)) == (503, {"Retry-After": "1"})
    assert CallEvent.objects.count() == 0


def test_whoever_waits_for_a_database_that_is_away_is_told_in_time(
    pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def away(events: Any) -> int:
        """As a pool does: nothing for seconds, then no connection."""
        tries.append(events)
        clock[0] += 4.0
        raise OperationalError("couldn't get a connection after 4.00 sec")

    clock = [1000.0]
    monkeypatch.setattr(writer, "insert", away)
    monkeypatch.setattr(group_commit.time, "monotonic", lambda: clock[0])

    [answer] = take(request(body()))

    assert answer.status == 503
    assert len(tries) == 1


def test_a_short_trouble_is_ridden_out(pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    insert, failures = writer.insert, [OperationalError("gone"), OperationalError("gone")]

    def shaky(events: Any) -> int:
        if failures:
            raise failures.pop()
        return insert(events)

    monkeypatch.setattr(writer, "insert", shaky)
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", (0.0, 0.0, 0.0))

    assert [answer.status for answer in take(request(body()))] == [200]
    assert CallEvent.objects.count() == 1


def test_one_refused_content_does_not_harm_its_neighbours(pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = writer.insert

    def picky(events: Any) -> int:
        if any("poison" in str(event.event.payload) for event in events):
            raise DataError("no such text")
        return insert(events)

    monkeypatch.setattr(writer, "insert", picky)

    answers = take(
        *[request(body(UniqueId=f"p-{number}", x="poison" if number == 3 else "")) for number in range(6)]
    )

    assert {answer.status for answer in answers} == {200}
    assert CallEvent.objects.count() == 6
    refused = CallEvent.objects.get(unique_id="p-3")
    assert (refused.payload, refused.degraded) == ({}, ["unstorable"])
    assert "poison" in refused.raw


def test_an_exchange_that_was_deleted_a_moment_ago_is_told(pbx: Pbx) -> None:
    async def work(ingest: Ingest) -> FrontResponse:
        await ingest.tokens.refresh()
        await asyncio.to_thread(delete)
        return await ingest.take(request(body()), "start")

    def delete() -> None:
        with all_tenants():
            Pbx.objects.all().delete()
        from django.db import connection

        connection.close()

    assert run(work).status == 503
    assert (CallEvent.objects.count(), Work.objects.count()) == (0, 0)


def test_what_was_accepted_is_written_before_the_stop(pbx: Pbx) -> None:
    async def work(ingest: Ingest) -> None:
        await ingest.tokens.refresh()
        waiting = [
            asyncio.ensure_future(ingest.take(request(body(UniqueId=f"p-{number}")), "start"))
            for number in range(50)
        ]
        await asyncio.sleep(0)
        await ingest.writer.stop()
        assert {(await one).status for one in waiting} <= {200}

    run(work)

    assert CallEvent.objects.count() == 50
