"""/api/v1/sources and /api/v1/inbound as a key's owner and as a stranger."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tenants.models import AuditEntry, Event, StoredAnswer
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key
from tenants.work import drain
from webhooks.models import Inbound, Source, SourceTally
from webhooks.tests.factories import make_inbound, make_source
from webhooks.tests.senders import BODY

NEW = {"name": "Shop", "preset": "shopify", "secret": "the signing secret"}


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


def test_a_source_with_the_senders_secret(client, tenant):
    made = client.post("/api/v1/sources", NEW)

    source = Source.objects.get()
    assert made.status_code == 201, made.data
    assert made.data["url"] == f"http://testserver/webhook/shopify/{source.public_id}"
    assert (made.data["made_secret"], made.data["enabled"], made.data["tolerance"]) == (None, True, 300)
    assert (source.tenant_id, source.secret) == (tenant.pk, NEW["secret"])
    for answer in (made, client.get(f"/api/v1/sources/{source.pk}"), client.get("/api/v1/sources")):
        assert NEW["secret"] not in answer.content.decode()
    assert NEW["secret"] not in str(AuditEntry.objects.get(action="source.created").after)


def test_a_secret_that_is_made_here_is_shown_once(client):
    made = client.post("/api/v1/sources", {"name": "Ours", "preset": "standard"})

    secret = Source.objects.get().secret
    assert made.data["made_secret"] == secret
    assert secret not in client.get(f"/api/v1/sources/{made.data['id']}").content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"preset": "none"}, "preset"),
        ({"preset": ["shopify"]}, "preset"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"secret": "…"}, "secret"),
        ({"secret": ["x"]}, "secret"),
        ({"tolerance": 5}, "tolerance"),
        ({"tolerance": "long"}, "tolerance"),
        ({"options": {"header": "X"}}, "options"),
        ({"options": "x"}, "options"),
        ({"preset": "hmac"}, "options"),
        ({"preset": "hmac", "options": {"header": {"a": 1}}}, "options"),
        ({"enabled": "perhaps"}, "enabled"),
    ],
)
def test_mistakes_name_their_field_and_nothing_is_stored(client, change, field):
    answer = client.post("/api/v1/sources", NEW | change)

    assert answer.status_code == 400, answer.data
    assert field in answer.content.decode()
    assert not Source.objects.exists()


def test_only_the_sender_can_make_some_secrets(client):
    answer = client.post("/api/v1/sources", {"name": "Shop", "preset": "shopify"})

    assert (answer.status_code, "Copy the secret" in answer.content.decode()) == (400, True)


def test_names_are_unique_in_a_company(client, stranger):
    client.post("/api/v1/sources", NEW)

    assert client.post("/api/v1/sources", NEW).status_code == 400
    assert stranger.post("/api/v1/sources", NEW).status_code == 201


def test_change_and_delete(client):
    source_id = client.post("/api/v1/sources", NEW).data["id"]

    changed = client.patch(
        f"/api/v1/sources/{source_id}",
        {"enabled": False, "tolerance": 60},
    )
    refused = [
        client.patch(f"/api/v1/sources/{source_id}", change)
        for change in ({"preset": "github"}, {"secret": "another secret"})
    ]

    source = Source.objects.get()
    assert changed.status_code == 200
    assert [answer.status_code for answer in refused] == [400, 400]
    assert (source.is_enabled, source.tolerance, source.preset, source.secret) == (
        False,
        60,
        "shopify",
        NEW["secret"],
    )
    bad = client.patch(f"/api/v1/sources/{source_id}", {"options": {"colour": "red"}})
    assert bad.status_code == 400
    assert client.delete(f"/api/v1/sources/{source_id}").status_code == 204
    assert not Source.objects.exists()


def test_rotating_the_secret(client):
    source_id = client.post("/api/v1/sources", NEW).data["id"]
    url = f"/api/v1/sources/{source_id}/rotate-secret"

    given = client.post(url, {"secret": "a fresh secret"})

    source = Source.objects.get()
    assert (given.status_code, given.data["made_secret"]) == (200, None)
    assert (source.secret, source.previous_secret) == ("a fresh secret", NEW["secret"])
    assert source.has_former_secret()
    assert client.post(url, {"secret": "…"}).status_code == 400
    assert client.post(url, {}).status_code == 400
    assert client.post(url, {"secret": "one more secret", "overlap_hours": 0}).status_code == 200
    source.refresh_from_db()
    assert (source.secret, source.previous_secret, source.previous_until) == ("one more secret", None, None)
    assert AuditEntry.objects.filter(action="source.secret_changed").count() == 2


def test_inbound_requests_are_listed_filtered_and_shown(client, tenant):
    first, second = make_source(tenant, "shopify"), make_source(tenant)
    row = make_inbound(first, headers={"x-shopify-topic": "orders/create"})
    make_inbound(second, b"<xml/>")
    drain("webhooks.inbound")
    SourceTally.objects.create(tenant=tenant, source=first, rejected=3, duplicates=2)

    def ids(query):
        return [one["source"] for one in client.get(f"/api/v1/inbound?{query}").data["results"]]

    assert ids("") == [second.pk, first.pk]
    assert ids(f"source={first.pk}") == [first.pk]
    assert ids("state=failed") == [second.pk]
    assert ids("event=orders/create") == [first.pk]
    assert ids("since=2999-01-01T00:00:00Z") == []
    assert ids("until=2999-01-01T00:00:00Z") == [second.pk, first.pk]
    for bad in ("source=x", "state=lost", "since=yesterday"):
        assert client.get(f"/api/v1/inbound?{bad}").status_code == 400
    shown = client.get(f"/api/v1/inbound/{row.pk}").data
    assert (shown["body"], shown["size"], shown["event"], shown["state"]) == (
        BODY.decode(),
        len(BODY),
        "orders/create",
        "processed",
    )
    assert shown["headers"]["x-shopify-topic"] == "orders/create"
    failed = client.get("/api/v1/inbound?state=failed").data["results"][0]
    assert "neither JSON nor a form" in failed["reason_text"]
    source = client.get(f"/api/v1/sources/{first.pk}").data
    assert (source["rejected"], source["duplicates"]) == (3, 2)
    assert source["last_received"] is not None


def test_a_repeated_create_does_not_keep_the_secret_that_was_made(client):
    wanted = {"name": "Own", "preset": "standard"}
    first = client.post("/api/v1/sources", wanted, HTTP_IDEMPOTENCY_KEY="once")
    second = client.post("/api/v1/sources", wanted, HTTP_IDEMPOTENCY_KEY="once")

    assert first.data["made_secret"]
    assert (second.json()["id"], second.json()["made_secret"]) == (str(first.data["id"]), None)
    assert first.data["made_secret"] not in str(StoredAnswer.objects.get().body)


def test_replay_one_and_many(client, tenant):
    source = make_source(tenant)
    rows = [make_inbound(source) for _ in range(3)]
    bad = make_inbound(source, b"<xml/>")
    assert client.post(f"/api/v1/inbound/{rows[0].pk}/replay").status_code == 422
    drain("webhooks.inbound")

    again = client.post(f"/api/v1/inbound/{rows[0].pk}/replay")
    dry = client.post("/api/v1/inbound/replay", {"state": "processed"})
    assert (again.status_code, again.data["state"], again.data["replays"]) == (202, "received", 1)
    assert dry.data == {"count": 2, "dry_run": True, "replay": None}
    done = client.post("/api/v1/inbound/replay", {"state": "processed", "dry_run": False})
    assert (done.status_code, done.data) == (200, {"count": 2, "dry_run": False, "replay": None})
    assert client.post("/api/v1/inbound/replay", {"dry_run": False}).data["count"] == 1
    assert client.post("/api/v1/inbound/replay", {"state": "received"}).status_code == 400
    drain("webhooks.inbound")
    bad.refresh_from_db()
    assert (bad.state, bad.replays, Event.objects.filter(type="inbound.received").count()) == ("failed", 1, 6)


def test_many_are_processed_again_in_the_background(client, stranger, tenant, monkeypatch):
    monkeypatch.setattr("webhooks.actions.replay_range.AT_ONCE", 2)
    monkeypatch.setattr("webhooks.actions.replay_range.BATCH", 2)
    source = make_source(tenant)
    for _ in range(5):
        make_inbound(source)
    drain("webhooks.inbound")
    wanted = {"state": "processed", "source": str(source.pk), "dry_run": False}

    begun = client.post("/api/v1/inbound/replay", wanted)

    assert (begun.status_code, begun.data["count"], begun.data["dry_run"]) == (202, 5, False)
    assert set(Inbound.objects.values_list("state", "replays")) == {("processed", 0)}
    path = f"/api/v1/inbound-replays/{begun.data['replay']}"
    shown = client.get(path).data
    assert (shown["state"], shown["total"], shown["done"], shown["percent"]) == ("running", 5, 0, 0)
    assert stranger.get(path).status_code == stranger.post(f"{path}/cancel").status_code == 404
    drain("webhooks.replay")
    drain("webhooks.inbound")
    shown = client.get(path).data
    assert (shown["state"], shown["done"], shown["percent"]) == ("done", 5, 100)
    assert set(Inbound.objects.values_list("state", "replays")) == {("processed", 1)}
    assert client.post(f"{path}/cancel").status_code == 409

    second = client.post("/api/v1/inbound/replay", wanted).data["replay"]
    cancelled = client.post(f"/api/v1/inbound-replays/{second}/cancel")
    assert (cancelled.status_code, cancelled.data["state"]) == (200, "cancelled")
    drain("webhooks.replay")
    assert set(Inbound.objects.values_list("state", "replays")) == {("processed", 1)}
    assert [one["id"] for one in client.get("/api/v1/inbound-replays").data["results"]] == [
        second,
        begun.data["replay"],
    ]
    reader = client_of(tenant, "inbound:read")
    assert reader.get(path).status_code == 200
    assert reader.post(f"{path}/cancel").status_code == 403


def test_scopes(tenant):
    source = make_source(tenant)
    row = make_inbound(source)
    reader, other = client_of(tenant, "sources:read", "inbound:read"), client_of(tenant, "endpoints:*")

    assert reader.get("/api/v1/sources").status_code == 200
    assert reader.get("/api/v1/inbound").status_code == 200
    assert reader.post("/api/v1/sources", NEW).status_code == 403
    assert reader.patch(f"/api/v1/sources/{source.pk}", {"name": "x"}).status_code == 403
    assert reader.post(f"/api/v1/inbound/{row.pk}/replay").status_code == 403
    assert other.get("/api/v1/sources").status_code == 403
    assert other.get("/api/v1/inbound").status_code == 403


def test_another_company_finds_nothing(tenant, stranger):
    source = make_source(tenant)
    row = make_inbound(source)
    drain("webhooks.inbound")

    assert stranger.get("/api/v1/sources").data["results"] == []
    assert stranger.get("/api/v1/inbound").data["results"] == []
    assert stranger.get(f"/api/v1/inbound?source={source.pk}").data["results"] == []
    for method, url in (
        ("get", f"sources/{source.pk}"),
        ("patch", f"sources/{source.pk}"),
        ("delete", f"sources/{source.pk}"),
        ("post", f"sources/{source.pk}/rotate-secret"),
        ("get", f"inbound/{row.pk}"),
        ("post", f"inbound/{row.pk}/replay"),
    ):
        assert getattr(stranger, method)(f"/api/v1/{url}", {}).status_code == 404
    assert (
        stranger.post("/api/v1/inbound/replay", {"state": "processed", "dry_run": False}).data["count"] == 0
    )
    with all_tenants():
        assert (Source.objects.count(), Inbound.objects.get().replays) == (1, 0)


def test_odd_identifiers_are_not_found(client):
    for odd in ("x", "00000000-0000-0000-0000-000000000000", str(uuid.uuid4())):
        assert client.get(f"/api/v1/sources/{odd}").status_code == 404
        assert client.get(f"/api/v1/inbound/{odd}").status_code == 404


@pytest.mark.parametrize("path", ["sources", "inbound"])
def test_lists_take_the_same_queries_however_long(client, tenant, path):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/api/v1/{path}").status_code == 200
        return len(captured)

    make_inbound(make_source(tenant))
    queries()
    few = queries()
    for _ in range(5):
        make_inbound(make_source(tenant))

    assert queries() == few
