"""Where each scheme puts the credentials, as it arrives over the wire, and that they are kept nowhere."""

import hashlib
import hmac
from base64 import b64encode

import pytest

from integrations.actions.save_integration import update_integration
from integrations.http.auth import Basic, BodyKey, HeaderKey, HeaderKeys, NoAuth, PathKey, QueryKey, Signed
from integrations.http.messages import Request
from integrations.http.signing import HmacSigner
from integrations.models import Exchange
from integrations.sessions import open_session
from tenants.simulation import Reply

pytestmark = pytest.mark.django_db(transaction=True)

ID, SECRET = "shop-0815", "123:kéy/with+odd&chars"


@pytest.fixture
def call(integration, server, install):
    """Makes one call by that scheme; the request as it arrived, and all that was kept of it."""

    def make(auth, **values):
        install(auth, idempotency_header="Idempotency-Key")
        server.respond = lambda request: Reply.json({})
        update_integration(integration, credentials={"client_id": ID, "client_secret": SECRET})
        request = Request(**{"method": "GET", "path": "/api/me", "operation": "me", **values})
        with open_session(integration.pk) as session:
            session.http.call(request)
        return server.requests[-1]

    yield make
    kept = str(list(Exchange.objects.values()))
    assert "/api/me" in kept
    for form in (
        SECRET,
        "123%3Ak%C3%A9y%2Fwith%2Bodd%26chars",
        b64encode(f"{ID}:{SECRET}".encode()).decode(),
    ):
        assert form not in kept


def test_header(call):
    assert call(HeaderKey("X-Key", "client_id", prefix="Key ")).header("x-key") == f"Key {ID}"


def test_several_headers(call):
    request = call(HeaderKeys((("Client-Id", "client_id"), ("Api-Key", "client_id"))))

    assert (request.header("client-id"), request.header("api-key")) == (ID, ID)


def test_query(call):
    assert call(QueryKey("key", "client_secret"), query=(("page", "2"),)).query == {
        "page": "2",
        "key": SECRET,
    }


def test_path(call):
    request = call(PathKey("client_secret", "/bot{key}{path}"))

    assert request.path == "/bot123:k%C3%A9y%2Fwith%2Bodd%26chars/api/me"


@pytest.mark.parametrize("body", [{"form": {"a": "1"}}, {"json": {"a": "1"}}])
def test_body(call, body):
    request = call(BodyKey("token", "client_secret"), method="POST", **body)

    found = request.form if "form" in body else request.json()
    assert found == {"a": "1", "token": SECRET}
    assert body in ({"form": {"a": "1"}}, {"json": {"a": "1"}}), "the connector's own values were changed"


def test_body_key_of_a_request_without_a_body_goes_into_the_query(call):
    assert call(BodyKey("token", "client_secret")).query == {"token": SECRET}


def test_basic(call):
    pair = b64encode(f"{ID}:{SECRET}".encode()).decode()

    assert call(Basic("client_id", "client_secret")).header("authorization") == f"Basic {pair}"


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_signature_over_the_whole_request(call, encoding):
    signer = HmacSigner("client_secret", "X-Sign", encoding=encoding, timestamp_header="X-Time", prefix="v1=")
    request = call(Signed(signer, beside=HeaderKey("Client-Id", "client_id")), method="POST", json={"a": "ü"}, query=(("b", "1 2"),))  # fmt: skip

    signed = f"POST\n{request.target}\n{request.header('x-time')}\n".encode() + request.body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    text = digest.hex() if encoding == "hex" else b64encode(digest).decode()
    assert request.header("x-sign") == f"v1={text}"
    assert request.header("client-id") == ID


def test_own_signer(call):
    def sign(credentials, outgoing):
        return {"X-Own": f"{credentials['client_id']} {outgoing.method} {len(outgoing.body or b'')}"}

    assert call(Signed(sign), method="POST", json={}).header("x-own") == f"{ID} POST 2"


def test_idempotency_key_goes_where_the_manifest_says(call):
    assert call(NoAuth(), idempotency_key="order-7").header("idempotency-key") == "order-7"
    assert call(NoAuth()).header("idempotency-key") == ""
