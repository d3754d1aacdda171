"""Signed requests: made by the sample of docs/api.md, which knows nothing of our code; changed, old and repeated ones refused."""

import re
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from tenants.actions.rotate_key import rotate_key
from tenants.models import ApiKey, AuditEntry, Extension, SeenNonce
from tenants.models.api_key import new_signing_secret
from tenants.scoping import tenant_scope
from tenants.signatures import BadSignature, parse_signature
from tenants.tasks import forget
from tenants.tests.factories import make_api_key, make_member, make_tenant

pytestmark = pytest.mark.urls("tenants.tests.api_urls")

LIST = "/api/v1/test-extensions"
BODY = b'{"number": "150"}'
DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def sample() -> dict[str, Any]:
    """The Python of the document, run."""
    found = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names


@pytest.fixture
def signer(db):
    secret = new_signing_secret()
    key, plain = make_api_key(make_tenant(), must_sign=True, signing_secret=secret)
    return SimpleNamespace(key=key, plain=plain, secret=secret)


def signed(signer, method="POST", url=LIST, body=BODY, **changes):
    made = sample()["signed"](
        method,
        f"http://testserver{url}",
        changes.get("key_id", signer.key.pk),
        changes.get("secret", signer.secret),
        body,
    )
    return {name.title(): value for name, value in made.header_items()}


def send(headers, method="POST", url=LIST, body=BODY):
    return Client().generic(method, url, body, content_type="application/json", headers=headers)


def refused(answer, code="bad_signature") -> str:
    assert answer.status_code == 401, answer.content
    assert answer.json()["code"] == code
    assert not Extension._base_manager.exists()
    return str(answer.json()["detail"])


def test_a_signed_request_is_let_in(signer):
    answer = send(signed(signer))

    assert answer.status_code == 201, answer.content
    assert (
        send(signed(signer, "GET", f"{LIST}?page_size=1", b""), "GET", f"{LIST}?page_size=1", b"").status_code
        == 200
    )
    assert AuditEntry._base_manager.get().actor == str(signer.key)


def test_the_key_itself_is_not_accepted(signer):
    refused(send({"Authorization": f"Bearer {signer.plain}"}), "signature_required")


def test_a_signature_does_not_help_a_key_that_need_not_sign(signer):
    ApiKey._base_manager.update(must_sign=False)

    assert send(signed(signer)).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"number": "151"}'},
        {"method": "PUT"},
        {"url": f"{LIST}?page_size=2"},
        {"url": "/api/v1/test-members"},
        {"body": b""},
    ],
)
def test_what_was_changed_on_the_way_is_refused(signer, change):
    refused(send(signed(signer), **change))


def test_another_secret_is_refused(signer):
    refused(send(signed(signer, secret=new_signing_secret())))


@pytest.mark.parametrize("key_id", ["x", "00000000-0000-0000-0000-000000000000", "' OR 1=1"])
def test_an_unknown_signer_is_refused(signer, key_id):
    assert send(signed(signer, key_id=key_id)).status_code == 401


def test_a_request_is_good_once(signer):
    headers = signed(signer, "GET", LIST, b"")
    assert send(headers, "GET", LIST, b"").status_code == 200

    refused(send(headers, "GET", LIST, b""), "replayed")
    assert "apikey.refused" in AuditEntry._base_manager.values_list("action", flat=True)


def test_a_bad_signature_does_not_use_up_the_nonce(signer):
    headers = signed(signer)
    refused(send(headers, body=b'{"number": "9"}'))

    assert not SeenNonce._base_manager.exists()
    assert send(headers).status_code == 201


@pytest.mark.parametrize("off", [-400, 400])
def test_an_old_or_future_request_is_refused(signer, off, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + off)
    headers = signed(signer)
    monkeypatch.undo()

    assert "five minutes" in refused(send(headers))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"@method" ', ""),
        (' "@query"', ""),
        (' "content-digest"', ""),
        ("hmac-sha256", "hmac-sha1"),
        ("hmac-sha256", "none"),
        (";nonce=", ";n="),
        (";created=", ";made="),
        (";created=", ";created=1;created="),
        ("sig=(", "sig2=("),
        ("@query", "@method"),
        ("@query", "@nothing"),
        ('"@query"', '"@query";req'),
    ],
)
def test_a_signature_of_another_form_is_refused(signer, old, new):
    headers = signed(signer)
    assert old in headers["Signature-Input"]

    refused(send(headers | {"Signature-Input": headers["Signature-Input"].replace(old, new)}))


@pytest.mark.parametrize("value", ["", "sig=:AAAA:", "sig=AAAA", "sig=:=:", "sig=::", "x" * 10_000])
def test_a_malformed_signature_is_refused(signer, value):
    refused(send(signed(signer) | {"Signature": value}))


@given(st.text(max_size=200), st.text(max_size=100))
def test_no_header_breaks_the_parser(given_input, signature):
    try:
        parse_signature(given_input, signature)
    except BadSignature:
        return


def test_after_a_rotation_both_secrets_sign_until_the_overlap_ends(signer):
    with tenant_scope(signer.key.tenant):
        new = rotate_key(signer.key, timedelta(hours=1))
    get = ("GET", LIST, b"")

    assert send(signed(signer, *get), *get).status_code == 200
    assert send(signed(signer, *get, secret=new), *get).status_code == 200
    ApiKey._base_manager.update(previous_until=timezone.now())
    from tenants.keys import forget_keys

    forget_keys()
    assert send(signed(signer, *get), *get).status_code == 401
    assert send(signed(signer, *get, secret=new), *get).status_code == 200


def test_the_secret_is_sealed_and_shown_once(db):
    client = APIClient()
    client.force_login(make_member(make_tenant(), "owner").user)
    made = client.post(
        "/api/v1/api-keys", {"name": "x", "scopes": ["extensions:read"], "must_sign": True}
    ).json()

    assert made["key"].startswith("sbs_")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT signing_secret FROM tenants_apikey")
        assert made["key"][4:] not in cursor.fetchone()[0]
    assert made["key"] not in str(list(AuditEntry._base_manager.values()))


def test_nonces_are_forgotten_when_their_signatures_are_too_old_anyway(signer):
    get = ("GET", LIST, b"")
    send(signed(signer, *get), *get)
    SeenNonce._base_manager.update(created_at=timezone.now() - timedelta(minutes=11, seconds=1))
    send(signed(signer, *get), *get)

    forget()

    assert SeenNonce._base_manager.count() == 1


def test_a_signed_request_costs_the_nonce_and_nothing_else(signer, django_assert_num_queries):
    url = "/api/v1/me"
    assert send(signed(signer, "GET", url, b""), "GET", url, b"").status_code == 200
    headers = signed(signer, "GET", url, b"")

    with django_assert_num_queries(3):  # the insert and its savepoint
        assert send(headers, "GET", url, b"").status_code == 200
