"""Tokens whose keys are published at an address: fetched, kept, asked for again, and what hostile answers come to."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ValidationError
from django.utils import translation

from config.front import FrontRequest
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.diagnoses import refused
from webhooks.ingest import certificates, fetching
from webhooks.ingest import key_sets as asking
from webhooks.ingest.fetching import LARGEST, NotFetched
from webhooks.ingest.key_sets import KeySets, fetched
from webhooks.ingest.receive import Receiver
from webhooks.models import Inbound, Source, SourceTally
from webhooks.presets import key_sets
from webhooks.tests.factories import make_source
from webhooks.tests.receiver import Receiver as Server
from webhooks.tests.receiver import receiving
from webhooks.tests.senders import BODY, posted

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = "https://id.example.com/.well-known/jwks.json"
KEYS = {name: Ed25519PrivateKey.generate() for name in ("one", "two", "stranger")}


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    key_sets.forget_all()
    with all_tenants(), translation.override("en"):
        yield
    key_sets.forget_all()


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def source(tenant: Tenant) -> Source:
    return make_source(tenant, "jwt", secret=PLACE, options={"algorithm": "EdDSA"})


class Shelf:
    """What stands at the address; an exception stands for a failure."""

    def __init__(self, *names: str) -> None:
        self.content: bytes | Exception = key_set(*names)
        self.asked: list[str] = []

    def fetch(self, place: str) -> bytes:
        self.asked.append(place)
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


def key_set(*names: str) -> bytes:
    """As published: beside the keys there are some for other purposes."""
    own = [json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(KEYS[name].public_key())) for name in names]
    others = [{"kty": "RSA", "use": "enc", "kid": "e"}, {"kty": "oct", "k": "AAAA", "kid": "o"}, {"kty": "?"}]
    return json.dumps(
        {"keys": [*others, *({**key, "kid": name} for key, name in zip(own, names, strict=True))]}
    ).encode()


def token(signer: str = "one", name: str | None = None) -> dict[str, str]:
    made = jwt.encode(
        {"iat": int(time.time())}, KEYS[signer], algorithm="EdDSA", headers={"kid": name or signer}
    )
    return {"Authorization": f"Bearer {made}"}


def run(shelf: Shelf, work: Callable[[Callable[[FrontRequest], Awaitable[int]]], Awaitable[Any]]) -> Any:
    """`work` is given what sends a request and, when it was answered, waits for what is fetched beside it."""

    async def whole() -> Any:
        receiver = Receiver()
        receiver.key_sets = KeySets(shelf.fetch)
        await receiver.start()

        async def send(request: FrontRequest) -> int:
            status = (await receiver.receive(request)).status
            await receiver.key_sets.settled()
            return status

        try:
            return await work(send)
        finally:
            await receiver.stop()

    return asyncio.run(whole())


def statuses(shelf: Shelf, *requests: FrontRequest) -> list[int]:
    async def work(send: Callable[[FrontRequest], Awaitable[int]]) -> list[int]:
        return [await send(one) for one in requests]

    found: list[int] = run(shelf, work)
    return found


def test_keys_are_fetched_beside_the_request_once(source: Source) -> None:
    shelf = Shelf("one")

    found = statuses(
        shelf,
        posted(source, token(), BODY),
        posted(source, token(), BODY),
        posted(source, token(), b"{}"),
        posted(source, token("stranger", "one"), b"[]"),
    )

    assert found == [503, 200, 200, 401]
    assert shelf.asked == [PLACE]
    assert Inbound.objects.count() == 2


@pytest.mark.parametrize(
    "claims",
    [{"iat": 10**400}, {"exp": 10**400, "iat": 0}, {"exp": float("nan")}, {"exp": True}, {"exp": "tomorrow"}],
)
def test_a_time_that_is_none_is_refused(source: Source, claims: dict[str, Any]) -> None:
    made = jwt.encode(claims, KEYS["one"], algorithm="EdDSA", headers={"kid": "one"})
    strange = {"Authorization": f"Bearer {made}"}

    assert statuses(Shelf("one"), *[posted(source, strange, BODY)] * 2) == [503, 401]
    assert not Inbound.objects.exists()


def test_an_unknown_name_is_asked_for_once_a_minute(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf("one")

    async def work(send: Callable[[FrontRequest], Awaitable[int]]) -> list[int]:
        found = [await send(posted(source, token(), b"1")) for _ in range(2)]
        shelf.content = key_set("one", "two")
        # Asked a moment ago: whoever invents names causes nothing.
        found.append(await send(posted(source, token("two"), b"2")))
        monkeypatch.setattr(asking, "PAUSE", 0.0)
        found += [await send(posted(source, token("two"), b"3")) for _ in range(2)]
        monkeypatch.setattr(asking, "PAUSE", 60.0)
        found += [await send(posted(source, token("stranger"), b"4")) for _ in range(5)]
        return found

    assert run(shelf, work) == [503, 200, 401, 503, 200, 401, 401, 401, 401, 401]
    assert len(shelf.asked) == 2
    assert SourceTally.objects.get().rejected_reason == "key_unknown"


def test_old_keys_count_while_nobody_answers_but_not_for_ever(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf("one")

    async def work(send: Callable[[FrontRequest], Awaitable[int]]) -> list[int]:
        found = [await send(posted(source, token(), b"1")) for _ in range(2)]
        monkeypatch.setattr(asking, "PAUSE", 0.0)
        monkeypatch.setattr(asking, "FRESH", 0.0)
        for content in (NotFetched("connect refused"), b"<html>"):
            shelf.content = content if isinstance(content, bytes) else NotFetched(str(content))
            found.append(await send(posted(source, token(), repr(content).encode())))
        monkeypatch.setattr(asking, "LONGEST_STALE", 0.0)
        found.append(await send(posted(source, token(), b"5")))
        return found

    assert run(shelf, work) == [503, 200, 200, 200, 503]
    assert len(shelf.asked) == 4


def test_a_key_that_was_withdrawn_counts_until_the_set_is_read_again(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf("one", "two")

    async def work(send: Callable[[FrontRequest], Awaitable[int]]) -> list[int]:
        found = [await send(posted(source, token("two"), b"1")) for _ in range(2)]
        shelf.content = key_set("one")
        monkeypatch.setattr(asking, "PAUSE", 0.0)
        monkeypatch.setattr(asking, "FRESH", 0.0)
        found.append(await send(posted(source, token("two"), b"2")))
        monkeypatch.setattr(asking, "PAUSE", 60.0)
        found.append(await send(posted(source, token("two"), b"3")))
        return found

    assert run(shelf, work) == [503, 200, 200, 401]


def test_a_former_key_proves_while_the_new_address_does_not_answer(tenant: Tenant) -> None:
    whole = key_set("one").decode()
    source = make_source(tenant, "jwt", secret=whole, options={"algorithm": "EdDSA"})
    change_source_secret(source, PLACE)
    shelf = Shelf()
    shelf.content = NotFetched("dns")

    assert statuses(shelf, posted(source, token(), b"1"), posted(source, token("two"), b"2")) == [200, 503]
    assert Inbound.objects.get().is_former_secret


def test_what_is_no_token_causes_no_question(source: Source) -> None:
    shelf = Shelf("one")

    found = statuses(
        shelf,
        posted(source, {}, BODY),
        posted(source, {"Authorization": "Bearer x"}, BODY),
        posted(source, {"Authorization": "Basic eDp5"}, BODY),
    )

    assert (found, shelf.asked) == ([401, 401, 401], [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": {"a": 1}}',
        b'{"keys": ["x"]}',
        b"[" * 60_000,
        b"\xff",
    ],
)
def test_what_is_no_set_of_keys_proves_nothing_and_is_told(source: Source, content: bytes) -> None:
    shelf = Shelf()
    shelf.content = content

    assert statuses(shelf, *[posted(source, token(), BODY)] * 3) == [503, 503, 503]
    assert len(shelf.asked) == 1
    told = refused(SourceTally.objects.get().samples)[0]
    assert "could not be fetched" in told.reason
    assert "no JSON" in told.diagnosis or "no set of keys" in told.diagnosis


@pytest.mark.parametrize(
    "keys", [[{"kty": "OKP", "crv": "Ed25519"}], [{"kty": "oct", "k": "AAAA", "kid": "one"}], [{"kid": []}]]
)
def test_sets_without_a_key_that_fits_prove_nothing(source: Source, keys: list[Any]) -> None:
    shelf = Shelf()
    shelf.content = json.dumps({"keys": keys}).encode()

    assert statuses(shelf, *[posted(source, token(), BODY)] * 2) == [503, 401]


@pytest.mark.parametrize(
    ("secret", "algorithm"),
    [
        (PLACE, "HS256"),
        ("http://id.example.com/jwks.json", "RS256"),
        ("https://127.0.0.1/jwks.json", "RS256"),
        ("https://169.254.169.254/latest", "RS256"),
        ("https://user:pw@id.example.com/jwks.json", "RS256"),
        ("https://id.example.com:99999/jwks.json", "RS256"),
    ],
)
def test_addresses_that_are_refused_when_they_are_entered(
    tenant: Tenant, secret: str, algorithm: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        make_source(tenant, "jwt", secret=secret, options={"algorithm": algorithm})

    assert list(caught.value.message_dict) == ["secret"]
    assert not Source.objects.exists()


@pytest.mark.parametrize("fetched", [fetched, certificates.fetched], ids=["keys", "certificate"])
class TestFetching:
    """Both kinds by the same rules."""

    @pytest.fixture
    def server(self, settings: Any) -> Iterator[Server]:
        settings.EGRESS_ALLOW = ["127.0.0.0/8"]
        with receiving() as running:
            yield running

    def test_the_bytes_come_by_get(self, fetched: Callable[[str], bytes], server: Server) -> None:
        server.said = key_set("one")

        assert fetched(server.url("/said")) == key_set("one")
        accepted = server.requests[0].headers["accept"]
        assert accepted in ("application/json", "application/x-pem-file, */*")

    @pytest.mark.parametrize(
        ("path", "told"),
        [
            ("/redirect", "HTTP 302"),
            ("/status/404", "HTTP 404"),
            ("/status/500", "HTTP 500"),
            ("/flood", f"more than {LARGEST} bytes"),
            ("/garbage", "not_http"),
            ("/half", "reset"),
        ],
    )
    def test_hostile_answers(
        self, fetched: Callable[[str], bytes], server: Server, path: str, told: str
    ) -> None:
        with pytest.raises(NotFetched, match=told):
            fetched(server.url(path))

        assert len(server.requests) == 1
        assert server.sent_bytes < 8 * 1024 * 1024

    @pytest.mark.parametrize("path", ["/drip", "/silent"])
    def test_who_takes_his_time_is_cut_at_the_wall_clock(
        self, fetched: Callable[[str], bytes], server: Server, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetching, "SECONDS", 0.3)
        begun = time.monotonic()

        with pytest.raises(NotFetched, match="timeout"):
            fetched(server.url(path))
        assert time.monotonic() - begun < 3

    def test_private_addresses_are_not_asked(
        self, fetched: Callable[[str], bytes], server: Server, settings: Any
    ) -> None:
        settings.EGRESS_ALLOW = []

        with pytest.raises(NotFetched, match="target_not_allowed"):
            fetched(server.url("/said"))
        assert server.connections == 0

    def test_a_compressed_bomb_is_no_set(self, fetched: Callable[[str], bytes], server: Server) -> None:
        with pytest.raises(key_sets.BadKeySet):
            key_sets.remember(PLACE, fetched(server.url("/bomb")))
