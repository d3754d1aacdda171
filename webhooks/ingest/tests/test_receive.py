"""What a sender is answered, and what is in the database by then."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.utils import timezone, translation

from config.front import FrontRequest, FrontResponse, group_commit
from tenants.models import Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.hops import MOST
from webhooks.ingest import writer
from webhooks.ingest.receive import Receiver, requests_total
from webhooks.models import Inbound, InboundState, Source, SourceTally
from webhooks.presets import PRESETS
from webhooks.tests.factories import make_source
from webhooks.tests.senders import BODY, REPLIES, SECRET, another_secret, genuine, posted, signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with all_tenants(), translation.override("en"):
        yield


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def run(work: Callable[[Receiver], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        receiver = Receiver()
        await receiver.start()
        try:
            return await work(receiver)
        finally:
            await receiver.stop()

    return asyncio.run(whole())


def receive(*requests: FrontRequest) -> list[FrontResponse]:
    """All at the same time, as senders do."""

    async def work(receiver: Receiver) -> list[FrontResponse]:
        return list(await asyncio.gather(*(receiver.receive(one) for one in requests)))

    return run(work)


def statuses(*requests: FrontRequest) -> list[int]:
    return [answer.status for answer in receive(*requests)]


def in_a_thread(work: Callable[[], Any]) -> Awaitable[Any]:
    def whole() -> None:
        with all_tenants():
            work()
        connection.close()

    return asyncio.to_thread(whole)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_genuine_request_is_a_committed_row_and_queued(tenant: Tenant, preset: str) -> None:
    source = make_source(tenant, preset)

    [answer] = receive(genuine(source))

    stored = Inbound.objects.get()
    assert (answer.status, answer.body) == (200, REPLIES.get(preset, b"{}"))
    assert (stored.source_id, stored.tenant_id, stored.state) == (source.pk, tenant.pk, "received")
    sent = genuine(source)
    assert (bytes(stored.body), stored.address) == (sent.body, "192.0.2.7")
    assert stored.content_type.encode() == sent.header(b"content-type")
    assert stored.correlation_id == stored.id
    assert list(Work.objects.values_list("lane", "subject", "tenant_id")) == [
        ("webhooks.inbound", stored.pk, tenant.pk)
    ]
    assert source.secret not in f"{stored.headers}{stored.query}{stored.dedup_key}"
    assert abs(stored.created_at - timezone.now()) < timedelta(seconds=30)


def with_hops(request: FrontRequest, hops: str) -> FrontRequest:
    return request._replace(headers=[*request.headers, (b"switchboard-hops", hops.encode("latin-1"))])


@pytest.mark.parametrize("preset", PRESETS)
def test_what_goes_round_in_a_circle_is_stored_with_the_reason_and_not_processed(
    tenant: Tenant, preset: str
) -> None:
    source = make_source(tenant, preset)
    before = requests_total.value(preset, "loop")

    [answer] = receive(with_hops(genuine(source), str(MOST + 1)))

    stored = Inbound.objects.get()
    assert (answer.status, stored.state, stored.reason) == (508, "failed", "loop")
    assert b"more than 3 deliveries" in answer.body
    assert "goes round in a circle" in stored.explanation.what
    assert not Work.objects.exists()
    assert requests_total.value(preset, "loop") == before + 1


@pytest.mark.parametrize("hops", ["0", "1", str(MOST), "", "-4", "many", "9999", "٤", "4, 4", "0x9"])
def test_a_few_hops_and_what_is_no_number_are_taken(tenant: Tenant, hops: str) -> None:
    source = make_source(tenant)

    assert statuses(with_hops(genuine(source), hops.encode().decode("latin-1"))) == [200]
    assert Inbound.objects.get().state == "received"


def test_a_forged_circle_is_refused_as_forged(tenant: Tenant) -> None:
    source = make_source(tenant)
    forged = genuine(Source(preset="standard", public_id=source.public_id, secret=another_secret("standard")))

    assert statuses(with_hops(forged, "9")) == [401]
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_wrong_proof_stores_nothing_and_is_counted(tenant: Tenant, preset: str) -> None:
    source = make_source(tenant, preset)
    before = requests_total.value(preset, "unauthorized")
    forged = genuine(Source(preset=preset, public_id=source.public_id, secret=another_secret(preset)))

    [answer] = receive(forged)

    assert (answer.status, dict(answer.headers)) == (401, {"WWW-Authenticate": "Signature"})
    # Planfix shows its users only what it knows.
    expected = b'"Invalid token"' if preset == "planfix" else b'"The signature is missing or wrong."'
    assert expected in answer.body
    assert (Inbound.objects.count(), Work.objects.count()) == (0, 0)
    assert requests_total.value(preset, "unauthorized") == before + 1
    tally = SourceTally.objects.get()
    assert (tally.source_id, tally.tenant_id, tally.rejected) == (source.pk, tenant.pk, 1)
    assert tally.rejected_reason == "signature_wrong"


def test_repeats_are_absorbed_however_they_come(tenant: Tenant) -> None:
    source = make_source(tenant)
    one = genuine(source, message_id="msg_1")

    assert statuses(*[one] * 50) == [200] * 50
    assert (
        statuses(one, genuine(source, message_id="msg_1"), genuine(source, message_id="msg_2")) == [200] * 3
    )

    assert sorted(Inbound.objects.values_list("dedup_key", flat=True)) == ["msg_1", "msg_2"]
    assert Work.objects.count() == 2
    assert SourceTally.objects.get().duplicates == 51


def test_two_web_processes_at_the_same_time_store_one_row(tenant: Tenant) -> None:
    source = make_source(tenant)
    one = genuine(source, message_id="msg_1")

    async def whole() -> list[int]:
        receivers = [Receiver() for _ in range(4)]
        for receiver in receivers:
            await receiver.start()
        answers = await asyncio.gather(*(receiver.receive(one) for receiver in receivers for _ in range(10)))
        for receiver in receivers:
            await receiver.stop()
        return [answer.status for answer in answers]

    assert asyncio.run(whole()) == [200] * 40
    assert (Inbound.objects.count(), Work.objects.count()) == (1, 1)


def test_the_same_identifier_from_two_sources_is_two_requests(tenant: Tenant) -> None:
    first, second = make_source(tenant), make_source(make_tenant())

    assert statuses(genuine(first, message_id="m"), genuine(second, message_id="m")) == [200, 200]
    assert set(Inbound.objects.values_list("tenant_id", flat=True)) == {first.tenant_id, second.tenant_id}


def test_a_request_that_is_sent_again_later_is_refused(tenant: Tenant) -> None:
    source = make_source(tenant, tolerance=60)

    assert statuses(genuine(source, at=time.time() - 61)) == [401]
    assert statuses(genuine(source, at=time.time() - 30)) == [200]
    assert SourceTally.objects.get().rejected_reason == "timestamp_stale"


@pytest.mark.parametrize(
    "path",
    [
        "/webhook/",
        "/webhook/standard",
        "/webhook/standard/",
        "/webhook/standard/nobody-has-this-name",
        "/webhook/none/{id}",
        "/webhook/github/{id}",
        "/webhook/standard/{id}/more",
        "/webhook/Standard/{id}",
        "/webhook/standard/{id}\x00",
        "/webhook/standard/\ud800",
    ],
)
def test_unknown_urls(tenant: Tenant, path: str) -> None:
    source = make_source(tenant)
    known = genuine(source)
    request = FrontRequest(
        "POST", path.format(id=source.public_id), b"", known.headers, known.body, known.client
    )

    assert statuses(request) == [404]
    assert not Inbound.objects.exists()


def test_a_slash_at_the_end_does_not_matter(tenant: Tenant) -> None:
    source = make_source(tenant)
    known = genuine(source)
    request = FrontRequest("POST", source.path + "/", b"", known.headers, known.body, known.client)

    assert statuses(request) == [200]


@pytest.mark.parametrize("kind", ["disabled", "inactive"])
def test_sources_that_are_switched_off(tenant: Tenant, kind: str) -> None:
    source = make_source(tenant)
    if kind == "disabled":
        source.is_enabled = False
        source.save()
    else:
        tenant.is_active = False
        tenant.save()

    assert statuses(genuine(source)) == [404]


def test_after_a_change_both_secrets_are_accepted_for_a_while(tenant: Tenant) -> None:
    source = make_source(tenant)
    old = genuine(source, message_id="old")
    change_source_secret(source)
    new = genuine(source, message_id="new")

    assert statuses(old, new) == [200, 200]
    assert dict(Inbound.objects.values_list("dedup_key", "is_former_secret")) == {"old": True, "new": False}

    source.previous_until = timezone.now() - timedelta(seconds=1)
    source.save()
    assert statuses(
        genuine(Source(preset="standard", public_id=source.public_id, secret=source.previous_secret))
    ) == [401]


def test_a_leaked_secret_can_be_replaced_at_once(tenant: Tenant) -> None:
    source = make_source(tenant)
    old = genuine(source)
    change_source_secret(source, overlap=timedelta(0))

    assert statuses(old) == [401]


def test_a_fresh_source_works_with_its_first_request(tenant: Tenant) -> None:
    async def work(receiver: Receiver) -> list[int]:
        receiver.sources._clock = iter(range(0, 100_000, 10)).__next__
        await receiver.sources.refresh()
        made: list[Source] = []
        await in_a_thread(lambda: made.append(make_source(tenant)))
        return [(await receiver.receive(genuine(made[0]))).status]

    assert run(work) == [200]


def test_a_secret_that_cannot_be_read_closes_only_its_own_door(tenant: Tenant) -> None:
    broken, sound = make_source(tenant), make_source(tenant)
    with connection.cursor() as cursor:
        key = broken.pk if connection.vendor == "postgresql" else broken.pk.hex
        cursor.execute("UPDATE webhooks_source SET secret = 'sb1.gone.AAAA' WHERE id = %s", [key])

    assert statuses(genuine(broken), genuine(sound)) == [503, 200]
    assert Inbound.objects.get().source_id == sound.pk


def test_slack_asks_first(tenant: Tenant) -> None:
    source = make_source(tenant, "slack")
    asked = genuine(source, b'{"type":"url_verification","challenge":"3eZbrw1aB"}')

    answers = receive(asked, asked)

    stored = Inbound.objects.get()
    assert {(answer.status, answer.body, answer.content_type) for answer in answers} == {
        (200, b"3eZbrw1aB", "text/plain")
    }
    assert (stored.state, stored.reason) == (InboundState.PROCESSED, "handshake")
    assert not Work.objects.exists()


def test_a_challenge_with_a_wrong_signature_is_not_answered(tenant: Tenant) -> None:
    source = make_source(tenant, "slack")
    body = b'{"type":"url_verification","challenge":"3eZbrw1aB"}'

    [answer] = receive(posted(source, signed("slack", "another secret"), body))

    assert (answer.status, b"3eZbrw1aB" in answer.body) == (401, False)


def test_ozon_is_answered_as_it_wants_to_be(tenant: Tenant) -> None:
    source = make_source(tenant, "ozon")
    ping = b'{"message_type":"TYPE_PING","time":"2026-11-21T10:00:00Z"}'
    news = b'{"message_type":"TYPE_NEW_POSTING","posting_number":"24219509-0020-1","seller_id":15}'

    pong, taken, again = receive(genuine(source, ping), genuine(source, news), genuine(source, news))

    said = json.loads(pong.body)
    assert (pong.status, pong.content_type, said["version"], said["name"]) == (
        200,
        "application/json",
        "1.0",
        "Switchboard",
    )
    assert abs(time.time() - datetime.fromisoformat(said["time"]).timestamp()) < 60
    assert [(one.status, one.body, one.content_type) for one in (taken, again)] == [
        (200, b'{"result":true}', "application/json")
    ] * 2
    assert sorted(Inbound.objects.values_list("state", "reason")) == [
        (InboundState.PROCESSED, "handshake"),
        (InboundState.RECEIVED, ""),
    ]
    assert Work.objects.count() == 1


def test_ozon_is_refused_in_its_own_words(tenant: Tenant) -> None:
    source = make_source(tenant, "ozon")

    [refused] = receive(posted(source, {}, query=b"token=" + b"x" * 30))

    assert refused.status == 401
    assert json.loads(refused.body)["error"] == {
        "code": "ERROR_UNKNOWN",
        "message": "The signature is missing or wrong.",
        "details": None,
    }
    assert not Inbound.objects.exists()


BODIES = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"null",
    b'"text"',
    b'{"id": ["x"], "type": {"a": 1}, "event_id": null}',
    b'{"id": "\\ud800\\u0000", "type": "\\u0000"}',
    b"[" * 5000,
    b'{"id": ' + b"9" * 5000 + b"}",
    b"x" * 1_500_000,
]


@pytest.mark.parametrize("preset", [name for name in PRESETS if name != "vk"])  # its proof is in the body
def test_hostile_but_signed_bodies_are_stored_as_they_are(tenant: Tenant, preset: str) -> None:
    source = make_source(tenant, preset)

    assert statuses(*[genuine(source, body) for body in BODIES]) == [200] * len(BODIES)
    assert {bytes(body) for body in Inbound.objects.values_list("body", flat=True)} == set(BODIES)


def test_hostile_headers_are_kept_masked_and_cut(tenant: Tenant) -> None:
    source = make_source(tenant)
    headers = [
        *((name.encode(), value.encode()) for name, value in signed("standard", source.secret).items()),
        (b"authorization", b"Bearer hunter2hunter2"),
        (b"cookie", b"session=hunter2hunter2"),
        (b"x-api-key", b"hunter2hunter2"),
        (b"x-odd", b"\xff\x00" + b"x" * 5000),
        *((f"x-{number}".encode(), b"1") for number in range(200)),
    ]

    assert statuses(posted(source, headers, query=b"api_key=hunter2hunter2&b=%FF\x00" + b"y" * 5000)) == [200]

    stored = Inbound.objects.get()
    assert "hunter2" not in f"{stored.headers}{stored.query}"
    assert stored.headers["webhook-signature"] == "•••"
    assert stored.headers["webhook-id"].startswith("msg_")
    assert (len(stored.headers), len(stored.headers["x-odd"]), len(stored.query)) == (60, 1000, 2000)


def test_no_row_no_200(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source(tenant)

    def broken(requests: Any) -> list[bool]:
        raise OperationalError("gone")

    monkeypatch.setattr(writer, "insert", broken)
    monkeypatch.setattr(group_commit, "RETRY_SECONDS", (0.0, 0.0))

    [answer] = receive(genuine(source))

    assert (answer.status, dict(answer.headers)) == (503, {"Retry-After": "1"})
    assert not Inbound.objects.exists()


def test_what_the_database_refuses_does_not_harm_its_neighbours(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, insert = make_source(tenant), writer.insert

    def picky(requests: Any) -> list[bool]:
        if any(request.dedup_key == "msg_3" for request in requests):
            raise DataError("no such text")
        return insert(requests)

    monkeypatch.setattr(writer, "insert", picky)

    answers = statuses(*[genuine(source, message_id=f"msg_{number}") for number in range(6)])

    assert sorted(answers) == [200] * 5 + [503]
    assert Inbound.objects.count() == 5


def test_a_source_that_was_deleted_a_moment_ago(tenant: Tenant) -> None:
    source = make_source(tenant)
    request, forged = genuine(source), posted(source, signed("standard", "whsec_" + "B" * 32))

    async def work(receiver: Receiver) -> list[int]:
        await receiver.sources.refresh()
        await in_a_thread(Source.objects.all().delete)
        return [(await receiver.receive(one)).status for one in (request, forged)]

    assert run(work) == [503, 401]
    assert (Inbound.objects.count(), Work.objects.count(), SourceTally.objects.count()) == (0, 0, 0)


def test_many_large_requests_do_not_fill_the_memory(tenant: Tenant) -> None:
    source = make_source(tenant)

    async def work(receiver: Receiver) -> list[int]:
        receiver.writer.max_waiting_bytes = 3 * len(BODY)
        await receiver.sources.refresh()
        answers = await asyncio.gather(*(receiver.receive(genuine(source)) for _ in range(10)))
        later = await receiver.receive(genuine(source))
        return [*sorted(answer.status for answer in answers), later.status]

    assert run(work) == [200] * 3 + [503] * 7 + [200]
    assert Inbound.objects.count() == 4


def test_what_was_accepted_is_written_before_the_stop(tenant: Tenant) -> None:
    source = make_source(tenant)

    async def work(receiver: Receiver) -> None:
        await receiver.sources.refresh()
        waiting = [asyncio.ensure_future(receiver.receive(genuine(source))) for _ in range(50)]
        await asyncio.sleep(0)
        await receiver.writer.stop()
        assert {(await one).status for one in waiting} == {200}

    run(work)

    assert Inbound.objects.count() == 50


def test_a_known_request_costs_no_query_and_a_stranger_hardly_any(tenant: Tenant) -> None:
    source = make_source(tenant, "github", secret=SECRET)
    reads: list[int] = []

    async def work(receiver: Receiver) -> None:
        await receiver.sources.refresh()
        load = receiver.sources._read

        def counted() -> Any:
            reads.append(1)
            return load()

        receiver.sources._read = counted  # type: ignore[method-assign]
        unknown = FrontRequest("POST", "/webhook/github/nobody", b"", [], b"", "192.0.2.7")
        strangers = [asyncio.ensure_future(receiver.receive(unknown)) for _ in range(100)]
        for _ in range(100):
            await receiver.receive(genuine(source))
        assert {(await one).status for one in strangers} == {404}

    run(work)

    assert len(reads) <= 5
