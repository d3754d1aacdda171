"""The routes, as a key's owner and as a stranger."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tenants.models import AuditEntry, StoredAnswer
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key
from tenants.work import drain
from webhooks.models import Delivery, Endpoint, EndpointSecret
from webhooks.signing import new_secret, signing_key
from webhooks.tests.factories import deliver, make_endpoint, make_event

NEW = {"name": "CRM feed", "url": "https://hooks.example.com/in", "events": ["endpoint.*"]}


def client_of(tenant, *scopes):
    _key, plain = make_api_key(tenant, list(scopes) or ["*"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return client


@pytest.fixture
def client(tenant):
    return client_of(tenant)


@pytest.fixture
def stranger(other_tenant):
    return client_of(other_tenant)


def test_create_shows_the_secret_once(client, tenant):
    made = client.post("/api/v1/endpoints", NEW)

    assert made.status_code == 201, made.data
    signing_key(made.data["secret"])
    assert made.data["state"] == "enabled"
    shown = client.get(f"/api/v1/endpoints/{made.data['id']}").data
    listed = client.get("/api/v1/endpoints").data["results"]
    assert "secret" not in shown
    assert [one["id"] for one in listed] == [made.data["id"]]
    assert "secret" not in listed[0]
    assert EndpointSecret.objects.get().secret == made.data["secret"]
    entry = AuditEntry.objects.get(action="endpoint.created")
    assert made.data["secret"] not in str(entry.after)


def test_an_own_secret_is_taken(client):
    secret = new_secret()

    made = client.post("/api/v1/endpoints", NEW | {"secret": secret})

    assert made.data["secret"] == secret


def test_a_repeated_create_does_not_store_the_secret_in_the_clear(client):
    first = client.post("/api/v1/endpoints", NEW, HTTP_IDEMPOTENCY_KEY="once")
    second = client.post("/api/v1/endpoints", NEW, HTTP_IDEMPOTENCY_KEY="once")

    assert first.data["secret"]
    assert second.status_code == 201
    assert second.json()["id"] == str(first.data["id"])
    assert second.json()["secret"] is None
    assert first.data["secret"] not in str(StoredAnswer.objects.get().body)
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "https://user:pw@example.com/"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": 7}, "url"),
        ({"events": []}, "events"),
        ({"events": ["no.such"]}, "events"),
        ({"events": "endpoint.*"}, "events"),
        ({"events": [["*"]]}, "events"),
        ({"headers": {"Host": "evil"}}, "headers"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "headers"),
        ({"headers": {"webhook-id": "1"}}, "headers"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 3600}, "timeout"),
        ({"secret": "hunter2"}, "secret"),
        ({"format": "morse"}, "format"),
        ({"name": ""}, "name"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(client, change, field):
    answer = client.post("/api/v1/endpoints", NEW | change)

    assert answer.status_code == 400, answer.data
    assert [error["field"].split("[")[0].split(".")[0] for error in answer.json()["errors"]] == [field]
    assert Endpoint.objects.count() == 0


def test_a_name_is_there_once(client):
    client.post("/api/v1/endpoints", NEW)

    assert client.post("/api/v1/endpoints", NEW).status_code == 400
    assert Endpoint.objects.count() == 1


def test_change_and_delete(client, tenant):
    endpoint, _secret = make_endpoint(tenant)

    changed = client.patch(f"/api/v1/endpoints/{endpoint.id}", {"events": ["endpoint.enabled"], "timeout": 9})
    refused = client.patch(f"/api/v1/endpoints/{endpoint.id}", {"url": "http://10.0.0.1/"})

    assert (changed.status_code, refused.status_code) == (200, 400)
    endpoint.refresh_from_db()
    assert (endpoint.events, endpoint.timeout) == (["endpoint.enabled"], 9)
    assert client.delete(f"/api/v1/endpoints/{endpoint.id}").status_code == 204
    assert Endpoint.objects.count() == 0
    assert EndpointSecret.objects.count() == 0


def test_rotate_test_disable_enable(client, tenant, receiver):
    endpoint, old = make_endpoint(tenant, receiver.url(), events=["endpoint.enabled"])
    base = f"/api/v1/endpoints/{endpoint.id}"

    rotated = client.post(f"{base}/rotate-secret", {"overlap_hours": 1})
    tested = client.post(f"{base}/test", {"message": "hi"})
    deliver()

    assert rotated.data["secret"] != old
    assert tested.status_code == 202
    delivery = client.get(f"/api/v1/deliveries/{tested.data['delivery']}").data
    assert (delivery["state"], delivery["trigger"], delivery["event_type"]) == (
        "done",
        "test",
        "webhook.test",
    )
    assert delivery["log"][0]["status"] == 200
    assert len(receiver.requests[0].headers["webhook-signature"].split()) == 2
    assert client.post(f"{base}/disable").data["state"] == "disabled"
    assert client.post(f"{base}/enable").data["state"] == "enabled"
    for bad in ({"overlap_hours": -1}, {"overlap_hours": 9999}, {"secret": "x"}):
        assert client.post(f"{base}/rotate-secret", bad).status_code == 400


def test_too_many_live_secrets(client, tenant):
    endpoint, _secret = make_endpoint(tenant)
    url = f"/api/v1/endpoints/{endpoint.id}/rotate-secret"

    answers = [client.post(url, {}).status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 422]
    assert client.post(url, {"overlap_hours": 0}).status_code == 200
    assert EndpointSecret.objects.count() == 1


def test_filters_and_replay(client, tenant, receiver):
    good, _secret = make_endpoint(tenant, receiver.url(), name="good")
    bad, _secret = make_endpoint(tenant, receiver.url("/status/410"), name="bad", events=["endpoint.enabled"])
    make_event(tenant, "endpoint.enabled", key="one")
    deliver()
    deliver()
    url = "/api/v1/deliveries"

    failed = client.get(url, {"state": "failed"}).data["results"]
    assert [(one["endpoint"], one["reason"], one["last_status"]) for one in failed] == [(bad.id, "gone", 410)]
    assert "410" in failed[0]["reason_text"]
    assert len(client.get(url, {"endpoint": str(good.id)}).data["results"]) == 2
    assert client.get(url, {"state": "odd"}).status_code == 400
    assert client.get(url, {"endpoint": "x"}).status_code == 400

    assert client.post(f"{url}/{failed[0]['id']}/replay").status_code == 422
    client.post(f"/api/v1/endpoints/{bad.id}/enable")
    client.patch(f"/api/v1/endpoints/{bad.id}", {"url": receiver.url("/ok?mended")})
    at_once = {"is_all": True, "mass_action": None}
    assert client.post(f"{url}/replay", {}).data == {"count": 1, "dry_run": True, **at_once}
    assert client.post(f"{url}/replay", {"dry_run": False}).data == {"count": 1, "dry_run": False, **at_once}
    assert client.post(f"{url}/{failed[0]['id']}/replay").status_code == 422
    drain("webhooks.deliver")
    again = client.get(f"{url}/{failed[0]['id']}").data
    assert (again["state"], again["trigger"], again["attempts"]) == ("done", "manual", 2)
    assert [entry["trigger"] for entry in again["log"]] == ["auto", "manual"]
    first, second = (got for got in receiver.requests if got.path in ("/status/410", "/ok?mended"))
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert client.post(f"{url}/replay", {"state": "pending"}).status_code == 400


def test_events_and_their_types(client, tenant):
    event = make_event(tenant, "endpoint.enabled")
    make_event(tenant, "endpoint.disabled")

    found = client.get("/api/v1/events", {"type": "endpoint.enabled"}).data["results"]
    types = {one["name"]: one for one in client.get("/api/v1/event-types").data}

    assert [one["id"] for one in found] == [str(event.id)]
    assert client.get(f"/api/v1/events/{event.id}").data["data"]["reason"] == "gone"
    assert types["endpoint.disabled"]["example"]["reason"] == "gone"
    assert types["endpoint.disabled"]["schema"]["type"] == "object"


def test_another_tenant_finds_nothing(stranger, tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url())
    event = make_event(tenant)
    deliver()
    delivery = Delivery.objects.get()

    for method, path in [
        ("get", f"endpoints/{endpoint.id}"),
        ("patch", f"endpoints/{endpoint.id}"),
        ("put", f"endpoints/{endpoint.id}"),
        ("delete", f"endpoints/{endpoint.id}"),
        ("post", f"endpoints/{endpoint.id}/rotate-secret"),
        ("post", f"endpoints/{endpoint.id}/test"),
        ("post", f"endpoints/{endpoint.id}/enable"),
        ("post", f"endpoints/{endpoint.id}/disable"),
        ("get", f"deliveries/{delivery.id}"),
        ("post", f"deliveries/{delivery.id}/replay"),
        ("get", f"events/{event.id}"),
    ]:
        answer = getattr(stranger, method)(f"/api/v1/{path}", NEW if method in ("put", "patch") else {})
        assert answer.status_code == 404, path
    for path in ("endpoints", "deliveries", "events"):
        assert stranger.get(f"/api/v1/{path}").data["results"] == []
    assert stranger.post("/api/v1/deliveries/replay", {"state": "done", "dry_run": False}).data["count"] == 0
    assert stranger.get("/api/v1/deliveries", {"endpoint": str(endpoint.id)}).data["results"] == []
    with all_tenants():
        assert Endpoint.objects.get().name == endpoint.name
        assert len(receiver.requests) == 1


def test_scopes(tenant):
    reader = client_of(tenant, "endpoints:read", "deliveries:read")
    endpoint, _secret = make_endpoint(tenant)

    assert reader.get("/api/v1/endpoints").status_code == 200
    assert reader.post("/api/v1/endpoints", NEW).status_code == 403
    assert reader.post(f"/api/v1/endpoints/{endpoint.id}/rotate-secret", {}).status_code == 403
    assert reader.post("/api/v1/deliveries/replay", {}).status_code == 403
    assert reader.get("/api/v1/events").status_code == 403
    assert APIClient().get("/api/v1/endpoints").status_code == 401


@pytest.mark.parametrize("path", ["endpoints", "deliveries", "events"])
def test_lists_take_the_same_queries_however_long(client, tenant, receiver, path):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/api/v1/{path}").status_code == 200
        return len(captured)

    make_endpoint(tenant, receiver.url())
    make_event(tenant)
    deliver()
    queries()
    few = queries()
    for _ in range(10):
        make_endpoint(tenant, receiver.url())
        make_event(tenant)
    deliver()

    assert queries() == few <= 3


@pytest.mark.parametrize(
    "path", ["endpoints/x", "endpoints/0192f0c1-7b7e-7c3a-9f49-330a0b42c5fd", "deliveries/7", "events/nil"]
)
def test_unknown_ids_are_not_found(client, path):
    assert client.get(f"/api/v1/{path}").status_code == 404
