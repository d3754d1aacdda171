"""The published vector, the reference library in both directions, and headers written by enemies."""

import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks.signing import BadSecret, is_genuine, new_secret, signature_header, signing_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
KEY = signing_key(SECRET)


def headers(message=MESSAGE, timestamp=TIMESTAMP, signature=SIGNATURE):
    return {"webhook-id": message, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def test_published_vector():
    assert signature_header([KEY], MESSAGE, TIMESTAMP, BODY) == SIGNATURE
    assert is_genuine([KEY], headers(), BODY, now=TIMESTAMP)


@given(st.binary(max_size=300).map(lambda raw: raw.hex().encode()), st.integers(24, 64))
def test_the_reference_library_agrees_in_both_directions(body, length):
    secret = new_secret()
    now = int(time.time())
    theirs = Webhook(secret).sign(
        "msg_1", datetime.datetime.fromtimestamp(now, tz=datetime.UTC), body.decode()
    )
    ours = signature_header([signing_key(secret)], "msg_1", now, body)

    assert ours == theirs
    assert is_genuine([signing_key(secret)], headers("msg_1", now, theirs), body)


def test_the_reference_library_verifies_either_key_of_a_rotation():
    old, new = new_secret(), new_secret()
    now = int(time.time())
    given_headers = headers(
        "msg_1", now, signature_header([signing_key(new), signing_key(old)], "msg_1", now, b"{}")
    )

    assert Webhook(old).verify("{}", given_headers) == {}
    assert Webhook(new).verify("{}", given_headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify("{}", given_headers)


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        (headers(message="msg_other"), BODY),
        (headers(timestamp=TIMESTAMP + 1), BODY),
        (headers(), BODY + b" "),
        (headers(signature=SIGNATURE[:-2] + "A="), BODY),
        (headers(signature="v2" + SIGNATURE[2:]), BODY),
        (headers(signature=""), BODY),
        ({}, BODY),
    ],
)
def test_anything_tampered_with_is_refused(changed, body):
    assert not is_genuine([KEY], changed, body, now=TIMESTAMP)


@pytest.mark.parametrize(("shift", "genuine"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_the_edges_of_the_tolerance(shift, genuine):
    assert is_genuine([KEY], headers(), BODY, now=TIMESTAMP + shift) is genuine


def test_unknown_versions_and_broken_entries_beside_a_good_one_are_skipped():
    mixed = f"v1a,xxxx v1 , v1,,x nonsense {SIGNATURE}"

    assert is_genuine([KEY], headers(signature=mixed), BODY, now=TIMESTAMP)


def test_without_keys_nothing_is_genuine():
    assert not is_genuine([], headers(), BODY, now=TIMESTAMP)


@given(st.text(), st.text(), st.text(), st.binary())
def test_hostile_headers_never_raise(message, timestamp, signature, body):
    hostile = {"webhook-id": message, "webhook-timestamp": timestamp, "webhook-signature": signature}

    assert not is_genuine([KEY], hostile, body)
    assert not is_genuine([KEY], hostile | {"webhook-timestamp": str(int(time.time()))}, body)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ",
        "whsec_!!!!",
        "whsec_ключ",
        "whsec_" + "A" * 88,
    ],
)
def test_what_is_not_a_secret_is_named_so(text):
    with pytest.raises(BadSecret):
        signing_key(text)


def test_new_secrets_differ_and_parse():
    assert new_secret() != new_secret()
    assert len(signing_key(new_secret())) == 32
