"""The senders' own libraries and we agree, in both directions: what they sign we take, and what we sign they take."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
import stripe
from jwcrypto import jwk
from jwcrypto import jwt as other_jwt
from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook
from standardwebhooks import WebhookVerificationError as NotStandard
from svix.webhooks import Webhook as SvixWebhook
from twilio.request_validator import RequestValidator
from viberbot.api.api import Api as ViberBot
from viberbot.api.bot_configuration import BotConfiguration

from webhooks.presets import Arrival, preset
from webhooks.presets.arrival import FORM
from webhooks.schemes import scheme_of
from webhooks.signing import signature_header, signing_key
from webhooks.tests.senders import SECRETS, signed

BODY = '{"id": "evt_1", "type": "заказ.оплачен", "object": "event", "data": {"object": {}}}'
RAW = BODY.encode()
FIELDS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+15550100", "Body": "Привет & пока"}
URL = "https://hub.example.com/webhook/twilio/abcdefghijklmnop"
SECRET = "a shared secret of some length"


@pytest.fixture(autouse=True)
def _address(settings):
    settings.PUBLIC_URL = "https://hub.example.com"


def taken(name, headers, body=RAW, secret=SECRET, **more):
    """Whether our verifier takes it, and refuses it with any other body and any other secret."""
    found = {key.lower(): str(value) for key, value in headers.items()}

    def proof(body, secret):
        return preset(name).prove(
            Arrival(found, more.get("query", ""), body, time.time(), **rest), [secret], 300
        )

    rest = {name: value for name, value in more.items() if name != "query"}
    other = SECRETS["standard"][:-4] + "AAAA" if secret.startswith("whsec_Mf") else secret + "x"
    assert not proof(body + b"&x=1", secret).holds
    assert not proof(body, other).holds
    return proof(body, secret).holds


@pytest.mark.parametrize(
    ("name", "library", "prefix"), [("standard", Webhook, "webhook"), ("svix", SvixWebhook, "svix")]
)
def test_standard_webhooks_and_svix(name, library, prefix):
    secret, moment = SECRETS["standard"], datetime.now(UTC)
    theirs = {
        f"{prefix}-id": "msg_1",
        f"{prefix}-timestamp": str(int(moment.timestamp())),
        f"{prefix}-signature": library(secret).sign("msg_1", moment, BODY),
    }
    now = int(time.time())
    ours = {
        f"{prefix}-id": "msg_2",
        f"{prefix}-timestamp": str(now),
        f"{prefix}-signature": signature_header([signing_key(secret)], "msg_2", now, RAW),
    }

    assert taken(name, theirs, secret=secret)
    library(secret).verify(BODY, ours)
    with pytest.raises(NotStandard):
        library(secret).verify(BODY + " ", ours)


def test_stripe():
    moment = int(time.time())
    secret = SECRETS["stripe"]
    theirs = f"t={moment},v1={stripe.WebhookSignature._compute_signature(f'{moment}.{BODY}', secret)}"
    [line] = scheme_of({"scheme": "stripe"}).sign([secret.encode()], "msg_1", moment, RAW)
    ours = line.partition(": ")[2]

    assert taken("stripe", {"Stripe-Signature": theirs}, secret=secret)
    event = stripe.Webhook.construct_event(BODY, ours, secret)
    assert event.id == "evt_1"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(BODY + " ", ours, secret)


def test_slack():
    verifier, moment = SignatureVerifier(SECRET), str(int(time.time()))
    theirs = {
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": verifier.generate_signature(timestamp=moment, body=BODY),
    }
    ours = signed("slack", SECRET, RAW)

    assert taken("slack", theirs)
    assert verifier.is_valid_request(BODY, ours)
    assert not verifier.is_valid_request(BODY + " ", ours)


@pytest.mark.parametrize("query", ["", "shop=7&x=%2F"])
def test_twilio(query):
    validator, path = RequestValidator(SECRET), "/webhook/twilio/abcdefghijklmnop"
    url, body = f"{URL}?{query}" if query else URL, urlencode(FIELDS).encode()
    sent = {"content-type": f"{FORM}; charset=UTF-8"}
    more = {"path": path, "query": query}

    for written in (url, url.replace("example.com", "example.com:443")):
        theirs = {"X-Twilio-Signature": validator.compute_signature(written, FIELDS)}
        assert taken("twilio", sent | theirs, body, **more)
    newer = {
        "X-Twilio-Signature": validator.compute_signature(url, FIELDS, "HMAC_SHA256"),
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
    }
    assert taken("twilio", sent | newer, body, **more)
    assert validator.validate(url, FIELDS, signed("twilio", SECRET, body, url=url)["X-Twilio-Signature"])


def test_twilio_with_json():
    validator, digest = RequestValidator(SECRET), hashlib.sha256(RAW).hexdigest()
    query = f"bodySHA256={digest}"
    theirs = {
        "X-Twilio-Signature": validator.compute_signature(f"{URL}?{query}", {}),
        "content-type": "application/json",
    }

    assert taken("twilio", theirs, query=query, path="/webhook/twilio/abcdefghijklmnop")
    assert validator.validate(f"{URL}?{query}", BODY, theirs["X-Twilio-Signature"])


def test_viber():
    bot = ViberBot(BotConfiguration(name="hub", avatar="", auth_token=SECRET))
    theirs = {"X-Viber-Content-Signature": bot._calculate_message_signature(RAW)}

    assert taken("viber", theirs)
    assert bot.verify_signature(RAW, signed("viber", SECRET, RAW)["X-Viber-Content-Signature"])
    assert not bot.verify_signature(RAW + b" ", signed("viber", SECRET, RAW)["X-Viber-Content-Signature"])


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("HS256", {"kty": "oct", "size": 256}),
        ("RS256", {"kty": "RSA", "size": 2048}),
        ("ES256", {"kty": "EC", "crv": "P-256"}),
        ("EdDSA", {"kty": "OKP", "crv": "Ed25519"}),
    ],
)
def test_web_tokens(algorithm, kind):
    key, now = jwk.JWK.generate(kid="k1", **kind), int(time.time())
    shared = "a shared secret of thirty-two bytes or more"
    if algorithm == "HS256":
        key = jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(shared.encode()).decode().rstrip("="))
    options = {"algorithm": algorithm, "issuer": "shop", "body_claim": "digest"}
    claims = {"iss": "shop", "exp": now + 60, "digest": hashlib.sha256(RAW).hexdigest()}
    token = other_jwt.JWT(header={"alg": algorithm, "kid": "k1"}, claims=claims)
    token.make_signed_token(key)
    headers = {"Authorization": f"Bearer {token.serialize()}"}
    secrets = [shared]
    if algorithm != "HS256":
        secrets = [key.export_to_pem().decode(), f'{{"keys": [{key.export_public()}]}}']

    for secret in secrets:
        assert preset("jwt").clean_secret(secret, options) == secret.strip()
        arrival = Arrival({"authorization": headers["Authorization"]}, "", RAW, float(now), options)
        assert preset("jwt").prove(arrival, [secret.strip()], 300).reason == ""
        for other, reason in (
            (Arrival(arrival.headers, "", RAW + b" ", float(now), options), "signature_wrong"),
            (Arrival(arrival.headers, "", RAW, float(now), options | {"issuer": "x"}), "signature_wrong"),
            (Arrival(arrival.headers, "", RAW, now + 300.0, options), "timestamp_stale"),
        ):
            assert preset("jwt").prove(other, [secret.strip()], 300).reason == reason


def test_a_public_key_is_no_shared_secret():
    """The oldest trick: a token "signed" by HMAC with the public key as its secret."""
    key = jwk.JWK.generate(kty="RSA", size=2048)
    pem = key.export_to_pem().decode()
    begin = (
        base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
        + b"."
        + base64.urlsafe_b64encode(b'{"iat":1}').rstrip(b"=")
    )
    forged = begin + b"." + base64.urlsafe_b64encode(hmac.digest(pem.encode(), begin, "sha256")).rstrip(b"=")

    for algorithm in ("RS256", "HS256"):
        arrival = Arrival(
            {"authorization": f"Bearer {forged.decode()}"}, "", RAW, 1.0, {"algorithm": algorithm}
        )
        assert preset("jwt").prove(arrival, [pem], 300).reason == "signature_wrong"
