"""/api/v1/captures: from a URL that records to the source that takes it over, without an account in the admin."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.masking import MASK
from tenants.models import AuditEntry, StoredAnswer
from webhooks.models import Capture, CapturedRequest, Inbound, Source
from webhooks.tests.factories import make_source
from webhooks.tests.senders import BODY, SECRET, signed
from webhooks.tests.test_api import client_of
from webhooks.tests.test_captures_admin import recorded

PATH = "/api/v1/captures"


@pytest.fixture
def client(tenant):
    return client_of(tenant)


@pytest.fixture
def capture(client):
    made = client.post(PATH, {"name": "New shop"})
    assert made.status_code == 201
    return Capture.objects.get(pk=made.data["id"])


def test_a_capture_is_begun_listed_shown_and_deleted(client, capture):
    recorded(capture, **{"X-Api-Token": "hunter2hunter2"})
    recorded(capture)

    listed = client.get(PATH).data["results"]
    shown = client.get(f"{PATH}/{capture.pk}").data

    assert [(one["name"], one["state"], one["source"]) for one in listed] == [("New shop", "recording", None)]
    assert listed[0]["url"] == f"http://testserver{capture.path}"
    assert "recorded" not in listed[0]
    newest, oldest = shown["recorded"]
    assert (oldest["method"], oldest["address"], oldest["size"]) == ("POST", "192.0.2.7", len(BODY))
    assert (oldest["body"], oldest["headers"]["x-api-token"]) == (BODY.decode(), MASK)
    assert newest["id"] > oldest["id"]
    assert client.patch(f"{PATH}/{capture.pk}", {"name": "x"}).status_code == 405
    assert client.delete(f"{PATH}/{capture.pk}").status_code == 204
    assert (Capture.objects.count(), CapturedRequest.objects.count()) == (0, 0)
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"capture.created", "capture.deleted"}


def test_a_suggestion_neither_keeps_nor_shows_the_secret(client, capture):
    recorded(capture)

    found = client.post(
        f"{PATH}/{capture.pk}/suggest", {"secret": SECRET}, headers={"Idempotency-Key": "once"}
    )
    looks = client.post(f"{PATH}/{capture.pk}/suggest", {"secret": "another secret"})
    without = client.post(f"{PATH}/{capture.pk}/suggest")

    assert found.status_code == 200
    assert found.data == {
        "recorded": 1,
        "suggestions": [{"preset": "shopify", "title": "Shopify", "options": {}, "proves": 1}],
    }
    assert SECRET not in found.content.decode() + looks.content.decode()
    assert {one["proves"] for one in [*looks.data["suggestions"], *without.data["suggestions"]]} == {0}
    capture.refresh_from_db()
    assert capture.secret is None
    assert SECRET not in str(StoredAnswer.objects.get().body)
    assert SECRET not in str(list(AuditEntry.objects.values_list("before", "after")))


def test_the_source_takes_over_the_url_and_what_it_proves(client, capture):
    recorded(capture)
    path = f"{PATH}/{capture.pk}/make-source"

    wrong = client.post(path, {"secret": "another secret"})
    other = client.post(path, {"secret": SECRET, "preset": "stripe"})
    assert (wrong.status_code, [one["field"] for one in wrong.data["errors"]]) == (400, ["secret"])
    assert (other.status_code, [one["field"] for one in other.data["errors"]]) == (400, ["preset"])
    assert Source.objects.count() == 0
    made = client.post(path, {"secret": SECRET, "name": "Shop of June"})

    assert made.status_code == 201
    assert (made.data["name"], made.data["preset"]) == ("Shop of June", "shopify")
    assert SECRET not in made.content.decode()
    source = Source.objects.get()
    assert (source.public_id, source.secret) == (capture.public_id, SECRET)
    assert (Inbound.objects.count(), CapturedRequest.objects.count()) == (1, 0)
    assert client.get(f"{PATH}/{capture.pk}").data["state"] == "used"
    assert client.post(path, {"secret": SECRET}).status_code == 409
    assert client.post(f"{PATH}/{capture.pk}/suggest", {"secret": SECRET}).status_code == 409


def test_a_name_that_is_taken_is_told_and_nothing_is_lost(client, tenant, capture):
    recorded(capture)
    make_source(tenant, name="New shop")

    refused = client.post(f"{PATH}/{capture.pk}/make-source", {"secret": SECRET})

    assert refused.status_code == 400
    assert CapturedRequest.objects.count() == 1
    capture.refresh_from_db()
    assert not capture.has_source


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {}, "name"),
        ("", {"name": ""}, "name"),
        ("", {"name": "x" * 101}, "name"),
        ("", {"name": "x", "secret": "y"}, "secret"),
        ("", {"name": "x", "requests": 1}, "requests"),
        ("/suggest", {"secret": "x" * 10_001}, "secret"),
        ("/suggest", {"secrets": "x"}, "secrets"),
        ("/make-source", {}, "secret"),
        ("/make-source", {"secret": "x", "preset": "nobody"}, "preset"),
    ],
)
def test_bad_input_is_named(client, capture, path, body, field):
    at = f"{PATH}/{capture.pk}{path}" if path else PATH

    refused = client.post(at, body, format="json")

    assert refused.status_code == 400
    assert field in [one["field"] for one in refused.data["errors"]]
    assert Capture.objects.count() == 1


def test_no_more_than_ten_record_at_once(client, capture):
    Capture.objects.bulk_create([Capture(tenant=capture.tenant, name=str(n)) for n in range(9)])

    refused = client.post(PATH, {"name": "one more"})

    assert refused.status_code == 422
    assert "Ten captures" in refused.data["detail"]
    Capture.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(PATH, {"name": "one more"}).status_code == 201
    assert client.get(f"{PATH}/{capture.pk}").data["state"] == "over"


def test_scopes_and_strangers(tenant, other_tenant, capture):
    reader, other, stranger = (
        client_of(tenant, "captures:read"),
        client_of(tenant, "sources:*"),
        client_of(other_tenant),
    )
    one = f"{PATH}/{capture.pk}"

    assert reader.get(one).status_code == 200
    assert reader.post(PATH, {"name": "x"}).status_code == 403
    assert reader.post(f"{one}/suggest", {"secret": SECRET}).status_code == 403
    assert reader.delete(one).status_code == 403
    assert other.get(PATH).status_code == 403
    assert stranger.get(PATH).data["results"] == []
    for method, path in (
        ("get", one),
        ("delete", one),
        ("post", f"{one}/suggest"),
        ("post", f"{one}/make-source"),
    ):
        assert getattr(stranger, method)(path, {"secret": SECRET}).status_code == 404
    assert Capture.objects.count() == 1


def test_signed_headers_are_there_to_look_at(client, capture):
    recorded(capture)

    headers = client.get(f"{PATH}/{capture.pk}").data["recorded"][0]["headers"]

    assert set(headers) == {name.lower() for name in signed("shopify", SECRET)}
