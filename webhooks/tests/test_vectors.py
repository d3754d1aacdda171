"""Signatures that senders publish as examples, checked as they stand; and how requests are told apart."""

import base64
import hashlib
import hmac
import json

import pytest

from webhooks.presets import Arrival, BadOption, preset
from webhooks.presets.arrival import FORM

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
    b"803a0bc887a14d10d2c447fce8b6703c"
)
STANDARD = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"}
TWILIO_FORM = (
    b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
)


def reason(name, headers, body, at, secret, **more):
    found = {key.lower(): value for key, value in headers.items()}
    return (
        preset(name).prove(Arrival(found, at=at, body=body, **({"query": ""} | more)), [secret], 300).reason
    )


@pytest.mark.parametrize(
    ("name", "headers", "body", "at", "secret"),
    [
        (
            "standard",
            STANDARD | {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
            b'{"test": 2432232314}',
            1614265330,
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ),
        (
            "standard",
            STANDARD
            | {
                "webhook-signature": "v1,AAAA v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
            },
            b'{"test": 2432232314}',
            1614265330,
            "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        ),
        (
            "github",
            {
                "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
            },
            b"Hello, World!",
            0,
            "It's a Secret to Everybody",
        ),
        (
            "slack",
            {
                "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
                "X-Slack-Request-Timestamp": "1531420618",
            },
            SLACK_BODY,
            1531420618,
            "8f742231b10e8888abcd99yyyzzz85a5",
        ),
    ],
)
def test_published_signatures(name, headers, body, at, secret):
    at = float(at)

    assert reason(name, headers, body, at, secret) == ""
    assert reason(name, headers, body + b"x", at, secret) == "signature_wrong"
    if preset(name).has_timestamp:
        assert reason(name, headers, body, at + 301, secret) == "timestamp_stale"


def test_twilios_example(settings):
    settings.PUBLIC_URL = "https://mycompany.com"
    headers = {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "content-type": FORM}
    more = {"path": "/myapp.php", "query": "foo=1&bar=2"}

    assert reason("twilio", headers, TWILIO_FORM, 0.0, "12345", **more) == ""
    assert reason("twilio", headers, TWILIO_FORM, 0.0, "12345", path="/other.php") == "signature_wrong"


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_hubspots_older_versions_only_where_the_source_says_so(settings, name):
    settings.PUBLIC_URL = "https://hub.example.com"
    body, secret = b'[{"eventId":1}]', "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"

    begin = secret + ("POSThttps://hub.example.com/webhook/hubspot/x" if name == "v2" else "")
    headers = {"X-HubSpot-Signature": hashlib.sha256(begin.encode() + body).hexdigest()}
    more = {"path": "/webhook/hubspot/x", "options": {"version": name}}

    assert reason("hubspot", headers, body, 0.0, secret, **more) == ""
    assert reason("hubspot", headers, body, 0.0, secret, **(more | {"options": {}})) == "signature_missing"


def key_of(name, body, content_type="application/json", **options):
    return preset(name).key(Arrival({"content-type": content_type}, "", body, options=options))


def whatsapp(**value):
    return json.dumps({"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}).encode()


@pytest.mark.parametrize(
    ("name", "body", "key", "event"),
    [
        ("whatsapp", whatsapp(messages=[{"id": "wamid.A"}]), "message:wamid.A", "messages"),
        (
            "whatsapp",
            whatsapp(statuses=[{"id": "wamid.B", "status": "read", "recipient_id": "1555"}]),
            "status:wamid.B:read:1555",
            "statuses",
        ),
        ("vk", b'{"type":"message_new","event_id":"f0","group_id":123}', "f0:123", "message_new"),
        (
            "viber",
            b'{"event":"message","message_token":4912661846655238145}',
            "4912661846655238145:message:",
            "message",
        ),
        (
            "yookassa",
            b'{"event":"payment.succeeded","object":{"id":"22d6","status":"succeeded"}}',
            "payment.succeeded:22d6:succeeded",
            "payment.succeeded",
        ),
        (
            "paypal",
            b'{"id":"WH-58D","event_type":"PAYMENT.CAPTURE.COMPLETED"}',
            "WH-58D",
            "PAYMENT.CAPTURE.COMPLETED",
        ),
    ],
)
def test_what_the_same_news_is(name, body, key, event):
    arrival = Arrival({"content-type": "application/json"}, "", body)

    assert (preset(name).key(arrival), preset(name).event(arrival)) == (key, event)


def test_batches_and_attempts():
    two = whatsapp(messages=[{"id": "wamid.A"}, {"id": "wamid.B"}])
    first = b'[{"eventId": 1, "subscriptionType": "deal.creation", "attemptNumber": 0}]'

    assert key_of("whatsapp", two).startswith("body:")
    assert key_of("hubspot", first) == key_of("hubspot", first.replace(b": 0}", b": 1}"))
    assert key_of("hubspot", first) != key_of("hubspot", first.replace(b": 1,", b": 2,"))
    assert key_of("twilio", b"a=1&b=2", FORM) == key_of("twilio", b"b=2&a=1", FORM)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"signed": "{timestamp}"}, "signed"),
        ({"signed": "{body}{colour}"}, "signed"),
        ({"signed": "{id}.{body}"}, "id_header"),
        ({"signed": "{timestamp}.{body}"}, "timestamp_header"),
        ({"timestamp_header": "X-Time"}, "timestamp_header"),
        ({"id_header": "X-Id"}, "id_header"),
        ({"pairs": "t,v1"}, "signed"),
        ({"algorithm": "md5"}, "algorithm"),
        ({"algorithm": "HS256"}, "algorithm"),
        ({"encoding": "rot13"}, "encoding"),
        ({"networks": "10.0.0.0/40"}, "networks"),
    ],
)
def test_what_would_prove_nothing_is_refused(options, field):
    with pytest.raises(BadOption) as caught:
        preset("hmac").clean_options({"header": "X-Sig", **options})

    assert caught.value.name == field


@pytest.mark.parametrize(
    ("name", "secret", "options"),
    [
        ("hmac", "not base64 at all", {"header": "X-Sig", "key": "base64"}),
        ("hmac", "abcdef0123", {"header": "X-Sig", "key": "hex"}),
        ("basic", "nothing but words here", {}),
        ("basic", "user:short", {}),
        ("jwt", "a shared secret of some length", {"algorithm": "RS256"}),
        ("jwt", "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----", {"algorithm": "HS256"}),
        ("standard", "whpk_AAAA", {}),
    ],
)
def test_keys_that_do_not_fit(name, secret, options):
    with pytest.raises(BadOption) as caught:
        preset(name).clean_secret(secret, options)

    assert caught.value.name == "secret"


def test_an_own_description_with_a_time_and_an_id():

    options = {
        "header": "X-Sig",
        "prefix": "v2:",
        "signed": "{id}|{timestamp}|{method}|{body_sha256}",
        "timestamp_header": "X-Time",
        "timestamp_unit": "ms",
        "id_header": "X-Id",
        "algorithm": "sha512",
        "encoding": "base64url",
        "key": "hex",
    }

    key, body = bytes(range(16)), b"<any/>"
    words = f"id-7|1700000000000|POST|{hashlib.sha256(body).hexdigest()}".encode()
    signature = base64.urlsafe_b64encode(hmac.digest(key, words, "sha512")).rstrip(b"=").decode()
    headers = {"x-sig": f"v2:{signature}", "x-time": "1700000000000", "x-id": "id-7"}
    one = preset("hmac")
    secret = one.clean_secret(key.hex(), one.clean_options(options))

    def proof(at=1_700_000_000.0, **changed):
        return one.prove(Arrival(headers | changed, "", body, at, options), [secret], 300).reason

    assert proof() == ""
    assert one.key(Arrival(headers, "", body, options=options)) == "id-7"
    assert proof(at=1_700_000_301.0) == "timestamp_stale"
    assert proof(**{"x-id": "id-8"}) == proof(**{"x-time": "1700000000001"}) == "signature_wrong"
