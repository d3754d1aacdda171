"""What senders want beside a 200: words repeated, certificates, GET; and what is found out about refused requests."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from config.front import FrontRequest, FrontResponse
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from webhooks.actions.capture import begin_capture, suggest
from webhooks.actions.capture import make_source as source_of
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.forget_old import forget_old
from webhooks.diagnoses import refused
from webhooks.ingest.certificates import Certificates
from webhooks.ingest.fetching import NotFetched
from webhooks.ingest.receive import Receiver
from webhooks.models import Capture, CapturedRequest, Inbound, Source, SourceTally
from webhooks.models.capture import LARGEST_CAPTURED, MOST_CAPTURED
from webhooks.presets import certificates
from webhooks.tests import paypal
from webhooks.tests.factories import make_source
from webhooks.tests.senders import BODY, SECRET, TOKEN, another_secret, genuine, posted, signed

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
    async def work(receiver: Receiver) -> list[FrontResponse]:
        return [await receiver.receive(one) for one in requests]

    return run(work)


def asked(source: Source | Capture, query: str) -> FrontRequest:
    return FrontRequest("GET", source.path, query.encode(), [(b"host", b"hub.example.com")], b"", "192.0.2.7")


def test_meta_is_told_its_word_if_it_knows_ours(tenant: Tenant) -> None:
    source = make_source(tenant, "whatsapp")
    query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="

    right, wrong, mode = receive(
        asked(source, query + source.public_id),
        asked(source, query + "guessed"),
        asked(source, query.replace("subscribe", "x") + source.public_id),
    )

    assert (right.status, right.body, right.content_type) == (200, b"1158201444", "text/plain")
    assert (wrong.status, mode.status) == (405, 405)
    assert not Inbound.objects.exists()


def test_vk_is_told_the_communitys_code_and_ok(tenant: Tenant) -> None:
    source = make_source(tenant, "vk", options={"confirmation": "a1b2c3"})
    body = json.dumps({"type": "message_new", "event_id": "e", "group_id": 1, "secret": TOKEN}).encode()

    code, taken, forged = receive(
        posted(source, {}, b'{"type":"confirmation","group_id":123}'),
        posted(source, {}, body),
        posted(source, {}, body.replace(TOKEN.encode(), b"x")),
    )

    assert [(one.status, one.body) for one in (code, taken)] == [(200, b"a1b2c3"), (200, b"ok")]
    assert (forged.status, Inbound.objects.count()) == (401, 1)


def test_zoom_is_answered_with_its_word_signed(tenant: Tenant) -> None:
    source = make_source(tenant, "zoom")
    body = b'{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}'

    [answer] = receive(genuine(source, body))

    digest = hmac.digest(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", "sha256").hex()
    assert json.loads(answer.body) == {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": digest}
    assert Inbound.objects.get().reason == "handshake"


def test_who_asks_by_get_is_read_where_that_is_usual(tenant: Tenant) -> None:
    statuses, shop = make_source(tenant, "smsc"), make_source(tenant, "shopify")

    taken, refused_, forged = receive(
        asked(statuses, f"id=7&phone=375&status=1&token={TOKEN}"),
        asked(shop, ""),
        asked(statuses, "id=7&token=x"),
    )

    assert (taken.status, refused_.status, forged.status) == (200, 405, 401)
    row = Inbound.objects.get()
    assert (bytes(row.body), row.content_type) == (
        b"id=7&phone=375&status=1",
        "application/x-www-form-urlencoded",
    )
    assert TOKEN not in row.query


class TestPayPal:
    @pytest.fixture(autouse=True)
    def _nothing_known(self) -> Iterator[None]:
        certificates.forget_all()
        yield
        certificates.forget_all()

    def send(self, source: Source, fetch: Callable[[str], bytes], url: str = paypal.URL) -> list[int]:
        moment = str(int(timezone.now().timestamp()))
        headers = paypal.signed(source.secret, BODY, moment, is_known=False, url=url)

        async def work(receiver: Receiver) -> list[int]:
            receiver.certificates = Certificates(fetch)
            first = await receiver.receive(posted(source, headers))
            await receiver.certificates.settled()
            return [first.status, (await receiver.receive(posted(source, headers))).status]

        return run(work)

    def test_a_certificate_is_fetched_beside_the_request(self, tenant: Tenant) -> None:
        asked_for: list[str] = []

        def fetch(url: str) -> bytes:
            asked_for.append(url)
            return paypal.certificate()

        assert self.send(make_source(tenant, "paypal"), fetch) == [503, 200]
        assert asked_for == [paypal.URL]
        assert Inbound.objects.count() == 1

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/v1/notifications/certs/CERT-1",
            "https://paypal.com.example.com/v1/notifications/certs/CERT-1",
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://a@api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
            "https://api.paypal.com/other/CERT-1",
            "https://api.paypal.com/v1/notifications/certs/../../x",
        ],
    )
    def test_nobody_else_is_asked(self, tenant: Tenant, url: str) -> None:
        def fetch(url: str) -> bytes:
            raise AssertionError(f"asked for {url}")

        assert self.send(make_source(tenant, "paypal"), fetch, url) == [401, 401]
        assert not Inbound.objects.exists()

    def test_what_is_no_valid_certificate_proves_nothing(self, tenant: Tenant) -> None:
        source = make_source(tenant, "paypal")
        expired = paypal.certificate(timezone.now() - timedelta(days=40), days=30)

        def nothing(url: str) -> bytes:
            raise NotFetched("status 404")

        assert self.send(source, nothing) == self.send(source, lambda url: b"<html>") == [503, 503]
        assert self.send(source, lambda url: expired) == [503, 401]
        assert not Inbound.objects.exists()


def diagnoses() -> list[str]:
    return [one.diagnosis for one in refused(SourceTally.objects.get().samples)]


def test_refused_requests_are_looked_into(tenant: Tenant) -> None:
    source = make_source(tenant, "stripe", name="Shop", secret="whsec_of_the_shop")
    make_source(tenant, "stripe", name="Club", secret="whsec_of_the_club")
    others = make_source(make_tenant(), "stripe", name="Strangers", secret="whsec_of_strangers")
    late = int(timezone.now().timestamp()) - 540

    def sent(secret: str, body: bytes = BODY, at: float | None = None) -> FrontRequest:
        return posted(source, signed("stripe", secret, BODY, at=at), body)

    for request, words in (
        (sent(source.secret, at=late), "9 minutes in the past"),
        (sent("whsec_of_the_club"), "secret of the source “Club”"),
        (sent(source.secret, BODY + b"\n"), "a proxy"),
        (posted(source, signed("github", SECRET)), "/ GitHub: make a source"),
        (posted(source, {}), "no stripe-signature"),
        (sent(others.secret), "Copy the secret anew"),
    ):
        SourceTally.objects.all().delete()
        assert [one.status for one in receive(request)] == [401]
        assert words in diagnoses()[0]

    change_source_secret(source, "whsec_of_today", timedelta(hours=1))
    Source.objects.filter(pk=source.pk).update(previous_until=timezone.now() - timedelta(hours=1))
    SourceTally.objects.all().delete()
    receive(sent("whsec_of_the_shop"))
    assert "former secret" in diagnoses()[0]


def test_of_refused_requests_only_names_sizes_and_a_digest_are_kept(tenant: Tenant) -> None:
    source = make_source(tenant, "github")
    body = b'{"card": "4111111111111111"}'
    requests = [
        posted(source, signed("github", another_secret("github"), body) | {"X-Private": "hunter2"}, body)
        for _number in range(9)
    ]

    for part in range(3):
        receive(*requests[part * 3 : part * 3 + 3])

    tally = SourceTally.objects.get()
    assert tally.rejected == 9
    assert len(tally.samples) == 5  # two a round at most, the newest five
    [newest, *_rest] = tally.samples
    assert (newest["size"], newest["headers"]["x-private"]) == (len(body), 7)
    assert newest["digest"] == hashlib.sha256(body).hexdigest()[:16]
    assert not {"4111111111111111", "hunter2"} & set(json.dumps(tally.samples).replace('"', " ").split())
    assert not Inbound.objects.exists()


def make_capture(tenant: Tenant) -> Capture:
    return begin_capture(Capture(tenant=tenant, name="New sender"))


def to_capture(capture: Capture, preset: str, secret: str, body: bytes = BODY, url: str = "") -> FrontRequest:
    address = f"http://testserver{capture.path}"
    return posted(
        Source(preset="capture", public_id=capture.public_id),
        signed(preset, secret, body, url=url or address),
        body,
    )


@pytest.mark.parametrize(
    "name", ["github", "stripe", "twilio", "hubspot", "standard", "slack", "shopify", "viber"]
)
def test_a_capture_finds_the_sender_and_becomes_its_source(tenant: Tenant, name: str) -> None:
    capture = make_capture(tenant)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if name == "standard" else SECRET
    sent = [to_capture(capture, name, secret, b'{"id": %d, "type": "a"}' % number) for number in range(3)]

    answers = receive(*sent, posted(Source(preset="capture", public_id=capture.public_id), {"X-Own": "1"}))
    found = suggest(capture, secret)
    count = source_of(
        capture,
        Source(
            tenant=tenant, name="Found", preset=found[0].preset.name, options=found[0].options, secret=secret
        ),
    )

    assert [one.status for one in answers] == [200] * 4
    # GitHub and Meta sign alike, and so do GitLab and Standard Webhooks: both are offered.
    assert name in {one.preset.name for one in found if one.proves == 3}
    assert (count, Inbound.objects.count(), CapturedRequest.objects.count()) == (3, 3, 0)
    # The sender goes on sending to the same URL, and now must prove itself there.
    again = to_capture(capture, found[0].preset.name, secret, b'{"id": 9, "type": "a"}')
    forged = to_capture(capture, found[0].preset.name, another_secret(name), b'{"id": 9, "type": "a"}')
    assert [one.status for one in receive(again, forged)] == [200, 401]
    assert Inbound.objects.filter(source__name="Found").count() == 4


def test_an_unknown_way_of_signing_is_described(tenant: Tenant) -> None:
    capture = make_capture(tenant)
    digest = hmac.digest(SECRET.encode(), b"1700000000." + BODY, "sha512").hex()
    headers = {"X-Acme-Signature": f"v1={digest}", "X-Acme-Time": "1700000000"}
    source = Source(preset="capture", public_id=capture.public_id)
    receive(posted(source, headers))

    CapturedRequest.objects.update(
        created_at=timezone.datetime.fromtimestamp(1700000001, timezone.timezone.utc)
    )
    [guess, *_rest] = suggest(capture, SECRET)

    assert (guess.preset.name, guess.proves) == ("hmac", 1)
    assert guess.options == {
        "header": "x-acme-signature",
        "prefix": "v1=",
        "algorithm": "sha512",
        "encoding": "hex",
        "signed": "{timestamp}.{body}",
        "timestamp_header": "x-acme-time",
    }
    assert all(not one.proves for one in suggest(capture, "another secret"))


def test_a_capture_takes_only_so_much_for_so_long(tenant: Tenant) -> None:
    capture = make_capture(tenant)
    source = Source(preset="capture", public_id=capture.public_id)
    meta = asked(capture, "hub.mode=subscribe&hub.challenge=77&hub.verify_token=any")

    large, small, unknown, greeted = receive(
        posted(source, {}, b"x" * (LARGEST_CAPTURED + 1)),
        posted(source, {}, b"x"),
        posted(Source(preset="capture", public_id="a" * 22), {}),
        meta,
    )
    Capture.objects.update(requests=MOST_CAPTURED)
    full = receive(posted(source, {}))[0]
    Capture.objects.update(requests=0, expires_at=timezone.now() - timedelta(seconds=1))
    over = receive(posted(source, {}))[0]

    assert [one.status for one in (large, small, unknown, greeted, full, over)] == [
        413,
        200,
        404,
        200,
        429,
        404,
    ]
    assert (greeted.body, CapturedRequest.objects.count()) == (b"77", 2)
    assert forget_old(timezone.now() + timedelta(days=2))["captures"] == 1
    assert not Capture.objects.exists()
