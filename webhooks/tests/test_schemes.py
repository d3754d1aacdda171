"""Signatures of others: each against the known vectors and their own libraries."""

import hashlib
import hmac
from base64 import b64encode

import pytest
from django.core.exceptions import ValidationError

from webhooks.presets import Arrival, preset
from webhooks.schemes import check_secret, clean_signing, scheme_of
from webhooks.signing import BadSecret, new_secret

BODY = b"Hello, World!"
SECRET = "It'sASecretToEverybody"


def lines(signing, *secrets, body=BODY, now=1_700_000_000):
    scheme = scheme_of(clean_signing(signing))
    return scheme.sign([scheme.key_of(secret) for secret in secrets], "id-1", now, body)


def test_like_github():
    digest = hmac.new(SECRET.encode(), BODY, "sha256").hexdigest()

    assert lines({"scheme": "github"}, SECRET, "former-secret") == [f"X-Hub-Signature-256: sha256={digest}"]


def test_like_shopify():
    digest = b64encode(hmac.new(SECRET.encode(), BODY, "sha256").digest()).decode()

    assert lines({"scheme": "shopify"}, SECRET) == [f"X-Shopify-Hmac-SHA256: {digest}"]


@pytest.mark.parametrize("scheme", ["github", "stripe", "shopify"])
def test_who_takes_that_sender_takes_us(scheme):
    (line,) = lines({"scheme": scheme}, SECRET)
    name, _colon, value = line.partition(": ")
    arrival = Arrival({name.lower(): value}, "", BODY, 1_700_000_000.0, {})

    assert preset(scheme).prove(arrival, [SECRET], 300).reason == ""
    assert preset(scheme).prove(arrival, ["another-secret"], 300).reason == "signature_wrong"


def test_like_stripe_with_every_live_secret():
    (line,) = lines({"scheme": "stripe"}, SECRET, "former-secret")

    digests = [
        hmac.new(secret.encode(), b"1700000000." + BODY, "sha256").hexdigest()
        for secret in (SECRET, "former-secret")
    ]
    assert line == f"Stripe-Signature: t=1700000000,v1={digests[0]},v1={digests[1]}"


def test_a_custom_one():
    signing = {
        "scheme": "custom",
        "header": "X-Shop-Sign",
        "value": "v=2;id={id};t={timestamp};s={signature}",
        "signed": "{id}:{timestamp}:{body}",
        "algorithm": "sha512",
        "encoding": "base64",
    }
    signed = b"id-1:1700000000:" + BODY
    digest = b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha512).digest()).decode()

    assert lines(signing, SECRET) == [f"X-Shop-Sign: v=2;id=id-1;t=1700000000;s={digest}"]


def test_a_body_with_braces_is_a_body():
    (line,) = lines({"scheme": "github"}, SECRET, body=b'{"a": "{timestamp}{signature}"}')

    assert line.endswith(hmac.new(SECRET.encode(), b'{"a": "{timestamp}{signature}"}', "sha256").hexdigest())


def test_a_key_that_is_base64():
    secret = new_secret()

    check_secret({"scheme": "custom", "key": "base64"}, secret)
    with pytest.raises(BadSecret):
        check_secret({"scheme": "custom", "key": "base64"}, SECRET)


def test_a_token_is_no_signature():
    scheme = scheme_of({"scheme": "token", "header": "X-Token", "value": "{secret}"})
    usual = scheme_of({"scheme": "token"})

    assert scheme.sign([b"k"], "id", 1, BODY) == []
    assert scheme.fixed
    assert scheme.fixed(SECRET) == f"X-Token: {SECRET}"
    assert usual.fixed
    assert usual.fixed(SECRET) == f"Authorization: Bearer {SECRET}"


@pytest.mark.parametrize("secret", ["short", "with space in it", "x" * 201, "нелатиница", "line\r\nX-A: 1"])
def test_a_secret_of_text(secret):
    with pytest.raises(BadSecret, match="8 to 200"):
        check_secret({"scheme": "github"}, secret)


@pytest.mark.parametrize(
    ("signing", "fault"),
    [
        ([], "pairs"),
        ({"scheme": "rsa"}, "scheme"),
        ({"header": "X-A"}, "header"),
        ({"scheme": "none", "header": "X-A"}, "header"),
        ({"scheme": "github", "header": "Host"}, "header"),
        ({"scheme": "github", "header": "webhook-id"}, "header"),
        ({"scheme": "github", "header": "X A"}, "header"),
        ({"scheme": "github", "value": "fixed"}, "value"),
        ({"scheme": "github", "value": "{secret}"}, "value"),
        ({"scheme": "custom", "signed": "nothing"}, "signed"),
        ({"scheme": "custom", "signed": "{body}\n"}, "signed"),
        ({"scheme": "custom", "algorithm": "md5"}, "algorithm"),
        ({"scheme": "custom", "key": "hex"}, "key"),
        ({"scheme": "token", "signed": "{body}"}, "signed"),
        ({"scheme": "token", "value": "{signature}"}, "value"),
        ({"scheme": "github", "more": "x"}, "more"),
    ],
)  # fmt: skip
def test_what_cannot_be(signing, fault):
    with pytest.raises(ValidationError, match=fault):
        clean_signing(signing)


def test_the_standard_is_the_empty_one():
    assert clean_signing({"scheme": "standard"}) == clean_signing({}) == {}
    assert lines({}, new_secret())[0].startswith("webhook-signature: v1,")
