"""Events that outside systems publish, and the types that a company declares for them."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.models import Event, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key
from webhooks.limits import LARGEST_DATA
from webhooks.models import Delivery, OwnEventType, Payload
from webhooks.tests.factories import deliver, make_endpoint
from webhooks.tests.test_api import client_of

ORDER = {"type": "order.created", "data": {"id": "o-9", "total": {"amount": "403.00", "currency": "BYN"}}}
PATHS = ["/api/v1/events", "/webhooks/trigger-event"]
SCHEMA = {
    "type": "object",
    "required": ["cart"],
    "properties": {
        "cart": {"type": "object", "required": ["total"], "properties": {"total": {"minimum": 1}}}
    },
}


@pytest.fixture
def client(tenant):
    return client_of(tenant)


def declare(tenant, name="shop.cart.abandoned", **values):
    values = {"title": "Cart abandoned", "schema": SCHEMA, **values}
    row = OwnEventType(tenant=tenant, name=name, **values)
    row.full_clean()
    row.save()
    return row


def fields(answer):
    return [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", PATHS)
def test_a_published_event_reaches_its_subscribers(client, tenant, receiver, path):
    make_endpoint(tenant, receiver.url(), ["order.*"])

    answer = client.post(path, ORDER | {"occurred_at": "2026-11-21T09:40:29.121Z"})
    deliver()

    assert answer.status_code == 201, answer.data
    (told,) = answer.data["events"]
    event = Event.objects.get()
    assert (told["id"], told["type"], told["new"]) == (str(event.id), "order.created", True)
    assert event.occurred_at == datetime(2026, 11, 21, 9, 40, 29, 121000, UTC)
    (request,) = receiver.requests
    assert json.loads(request.body) == ORDER | {"timestamp": "2026-11-21T09:40:29.121Z"}
    assert request.headers["webhook-id"] == str(event.id)


def test_a_key_and_a_repeated_request_publish_once(client, tenant):
    first = client.post(PATHS[0], ORDER | {"key": "o-9:created"})
    again = client.post(PATHS[0], ORDER | {"key": "o-9:created"})
    keyed = [client.post(PATHS[0], ORDER, HTTP_IDEMPOTENCY_KEY="once") for _time in range(2)]

    assert again.data["events"] == [{**first.data["events"][0], "new": False}]
    assert keyed[1].json() == keyed[0].json()
    assert keyed[1]["Idempotency-Replayed"] == "true"
    assert Event.objects.count() == 2


def test_keys_of_outside_systems_are_their_own(client, tenant, other_tenant):
    stranger = client_of(other_tenant)

    for one in (client, stranger):
        assert one.post(PATHS[0], ORDER | {"key": "same"}).data["events"][0]["new"]

    assert sorted(Event.objects.values_list("tenant_id", "key")) == sorted(
        (one.pk, "api:same") for one in (tenant, other_tenant)
    )


def test_a_batch_in_its_order_with_repeats(client):
    client.post(PATHS[0], ORDER | {"key": "2"})

    answer = client.post(PATHS[0], {"events": [ORDER | {"key": key} for key in "1213"]})

    told = answer.data["events"]
    assert [one["new"] for one in told] == [True, False, False, True]
    assert told[0]["id"] == told[2]["id"]
    assert Event.objects.count() == 3


def test_a_batch_costs_as_many_queries_as_one(client, tenant):
    client.post(PATHS[0], ORDER)
    with CaptureQueriesContext(connection) as one:
        client.post(PATHS[0], {"events": [ORDER]})
    with CaptureQueriesContext(connection) as many:
        client.post(PATHS[0], {"events": [ORDER] * 100})

    assert len(many) == len(one)
    assert Event.objects.count() == 102


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"type": "order.created", "data": {}}, ["data.id"]),
        ({"type": "order.created", "data": {"id": ""}}, ["data.id"]),
        ({"type": "order.created", "data": {"id": "1", "items": [{"name": "a"}, {}]}}, ["data.items[1].name"]),
        ({"type": "order.created", "data": {"id": "1", "total": {"amount": 4, "currency": "BYN"}}}, ["data.total.amount"]),
        ({"type": "invoice.paid", "data": {"id": "1", "paid_at": "yesterday"}}, ["data.total", "data.paid_at"]),
        ({"type": "no.such", "data": {}}, ["type"]),
        ({"type": "call.ended", "data": {}}, ["type"]),
        ({"type": "webhook.test", "data": {}}, ["type"]),
        ({"type": "custom.event", "data": {"name": "x" * LARGEST_DATA}}, ["data"]),
        ({"type": "custom.event", "data": []}, ["data"]),
        ({"type": "custom.event"}, ["data"]),
        ({"type": "custom.event", "data": {"name": "a"}, "id": "1"}, ["id"]),
        ({"type": "custom.event", "data": {"name": "a"}, "key": "k" * 181}, ["key"]),
        ({"type": "custom.event", "data": {"name": "a"}, "occurred_at": "now"}, ["occurred_at"]),
    ],
)  # fmt: skip
def test_what_cannot_be_published_names_its_field_and_nothing_happens(client, bad, expected):
    alone = client.post(PATHS[0], bad)
    among = client.post(PATHS[0], {"events": [ORDER, ORDER, ORDER, bad]})

    assert (alone.status_code, among.status_code) == (400, 400)
    assert sorted(fields(alone)) == sorted(expected)
    assert sorted(fields(among)) == sorted(f"events[3].{name}" for name in expected)
    assert not Event.objects.exists()
    assert not Work.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": []}, "events"),
        ({"events": [ORDER] * 101}, "events"),
        ({"events": ORDER}, "events"),
        ({"events": [ORDER], "type": "order.created"}, "type"),
        ([], "non_field_errors"),
    ],
)
def test_what_is_no_batch(client, body, field):
    answer = client.post(PATHS[0], body)

    assert answer.status_code == 400
    assert fields(answer) == [field]
    assert not Event.objects.exists()


def test_publishing_asks_for_its_scope(tenant):
    reader = client_of(tenant, "events:read")

    assert [reader.post(path, ORDER).status_code for path in PATHS] == [403, 403]
    assert reader.get("/api/v1/event-types").status_code == 200
    assert not Event.objects.exists()


def test_an_own_type_is_declared_published_and_delivered(client, tenant, receiver):
    made = client.post(
        "/api/v1/own-event-types",
        {"name": "shop.cart.abandoned", "title": "Cart abandoned", "schema": SCHEMA},
    )
    endpoint = client.post(
        "/api/v1/endpoints",
        {"name": "carts", "url": receiver.url(), "events": ["shop.*", "shop.cart.abandoned"]},
    )
    refused = client.post(PATHS[0], {"type": "shop.cart.abandoned", "data": {"cart": {"total": 0}}})
    taken = client.post(PATHS[0], {"type": "shop.cart.abandoned", "data": {"cart": {"total": 5}}})
    deliver()

    assert (made.status_code, endpoint.status_code, taken.status_code) == (201, 201, 201)
    assert fields(refused) == ["data.cart.total"]
    assert [json.loads(one.body)["type"] for one in receiver.requests] == ["shop.cart.abandoned"]
    assert Delivery.objects.get().state == "done"
    assert Payload.objects.count() == 1


def test_a_type_is_its_own_companys(client, tenant, other_tenant):
    declare(tenant)
    stranger = client_of(other_tenant)

    with all_tenants():
        refused = stranger.post(PATHS[0], {"type": "shop.cart.abandoned", "data": {"cart": {"total": 5}}})
    subscribed = stranger.post(
        "/api/v1/endpoints", {"name": "a", "url": "https://example.com/", "events": ["shop.cart.abandoned"]}
    )

    assert fields(refused) == ["type"]
    assert fields(subscribed) == ["events"]
    listed = [one["name"] for one in stranger.get("/api/v1/event-types").data]
    assert "shop.cart.abandoned" not in listed
    assert "shop.cart.abandoned" in [one["name"] for one in client.get("/api/v1/event-types").data]
    assert not Event.objects.exists()


def test_the_catalogue_tells_version_and_deprecation(client, tenant):
    row = declare(tenant, deprecation="Use shop.cart.left.")
    client.patch(f"/api/v1/own-event-types/{row.pk}", {"title": "Left"})
    unchanged = OwnEventType.objects.get().version
    client.patch(f"/api/v1/own-event-types/{row.pk}", {"schema": {"type": "object"}})

    found = {one["name"]: one for one in client.get("/api/v1/event-types").data}

    assert unchanged == 1
    own, order = found["shop.cart.abandoned"], found["order.created"]
    assert (own["version"], own["own"], own["publishable"], own["deprecated"]) == (2, True, True, True)
    assert own["deprecation"] == "Use shop.cart.left."
    assert (order["version"], order["own"], order["publishable"], order["deprecated"]) == (
        1,
        False,
        True,
        False,
    )
    assert not found["call.ended"]["publishable"]
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Shop.Cart"}, "name"),
        ({"name": "cart"}, "name"),
        ({"name": "order.mine"}, "name"),
        ({"name": "order.created"}, "name"),
        ({"name": "custom.event"}, "name"),
        ({"title": ""}, "title"),
        ({"schema": {"type": "array"}}, "schema"),
        ({"schema": {"type": "objekt"}}, "schema"),
        ({"schema": {"$ref": "http://10.0.0.1/"}}, "schema"),
        ({"schema": {"properties": {"a": {"pattern": "(a+)+$"}}}}, "schema"),
        ({"schema": {"patternProperties": {"(a+)+$": {}}}}, "schema"),
        ({"schema": {"properties": {"a": 7}}}, "schema"),
        ({"schema": {"description": "x" * 40_000}}, "schema"),
        ({"schema": {"properties": {f"a{n}": {} for n in range(400)}}}, "schema"),
        ({"schema": {"required": ["a"]}, "example": {"b": 1}}, "example"),
        ({"version": 9}, "version"),
    ],
)  # fmt: skip
def test_a_type_that_cannot_be_declared(client, change, field):
    answer = client.post("/api/v1/own-event-types", {"name": "shop.cart", "title": "Cart"} | change)

    assert answer.status_code == 400, answer.data
    assert fields(answer) == [field]
    assert not OwnEventType.objects.exists()


def test_a_name_is_there_once_and_for_ever(client, tenant):
    row = declare(tenant)

    twice = client.post("/api/v1/own-event-types", {"name": row.name, "title": "Other"})
    renamed = client.patch(f"/api/v1/own-event-types/{row.pk}", {"name": "shop.other"})

    assert (twice.status_code, renamed.status_code) == (400, 400)
    assert fields(twice) == fields(renamed) == ["name"]
    assert OwnEventType.objects.get().name == "shop.cart.abandoned"


def test_a_deep_schema_is_refused_before_it_is_walked(client):
    schema: dict = {}
    for _level in range(14):
        schema = {"not": schema}

    assert fields(
        client.post("/api/v1/own-event-types", {"name": "shop.cart", "title": "a", "schema": schema})
    ) == ["schema"]


def test_only_writers_declare(tenant):
    _key, plain = make_api_key(tenant, ["own-event-types:read"])

    answer = client_of(tenant, "own-event-types:read").post(
        "/api/v1/own-event-types", {"name": "shop.cart", "title": "Cart"}
    )

    assert plain
    assert answer.status_code == 403
