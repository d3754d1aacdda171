"""Filters on bodies: what they mean, which are refused and where, and what the fan-out makes of them."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tenants.models import Event
from tenants.work import drain
from webhooks.filters import BadFilter, compile_filter
from webhooks.models import Delivery, Endpoint
from webhooks.tests.factories import make_endpoint, make_event
from webhooks.tests.test_admin import page, signed_in
from webhooks.tests.test_api import client_of

DATA = {
    "direction": "in",
    "talk_seconds": 10,
    "answered_at": None,
    "has_recording": True,
    "client": {"number": "+375291234570", "name": "Анна"},
    "rang": ["150", "151"],
    "total": {"amount": "403.00"},
    "items": [{"sku": "E27", "quantity": 2}, {"sku": "E14", "quantity": 5}],
    "odd.name": 1,
}


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ({}, True),
        ({"type": "call.ended"}, True),
        ({"type": {"prefix": "call."}}, True),
        ({"type": {"in": ["call.missed"]}}, False),
        ({"data.direction": "in"}, True),
        ({"data.direction": "IN"}, False),
        ({"data.direction": {"ne": "out"}}, True),
        ({"data.nothing": {"ne": "out"}}, True),
        ({"data.nothing": "out"}, False),
        ({"data.nothing": None}, False),
        ({"data.answered_at": None}, True),
        ({"data.answered_at": {"exists": True}}, False),
        ({"data.answered_at": {"exists": False}}, True),
        ({"data.direction": {"exists": True}}, True),
        ({"data.nothing.deeper": {"exists": False}}, True),
        ({"data.direction.deeper": {"exists": True}}, False),
        ({"data.has_recording": True}, True),
        ({"data.has_recording": 1}, False),
        ({"data.talk_seconds": True}, False),
        ({"data.talk_seconds": 10.0}, True),
        ({"data.talk_seconds": {"gte": 10, "lt": 11}}, True),
        ({"data.talk_seconds": {"gt": 10}}, False),
        ({"data.talk_seconds": "10"}, False),
        ({"data.total.amount": 403}, True),
        ({"data.total.amount": {"gt": 402.99, "lte": 403}}, True),
        ({"data.total.amount": {"in": [1, 403.0]}}, True),
        ({"data.direction": {"gt": 1}}, False),
        ({"data.direction": {"gt": "a", "lt": "j"}}, True),
        ({"data.client.number": {"prefix": "+375"}}, True),
        ({"data.talk_seconds": {"prefix": "1"}}, False),
        ({"data.client.name": {"contains": "нн"}}, True),
        ({"data.rang": {"contains": "151"}}, True),
        ({"data.rang": {"contains": 151}}, True),
        ({"data.rang": "151"}, False),
        ({"data.rang.0": "150"}, True),
        ({"data.rang.7": "150"}, False),
        ({"data.rang.999999999999": "150"}, False),
        ({"data.items.sku": "E14"}, True),
        ({"data.items.1.sku": "E27"}, False),
        ({"data.items.quantity": {"gt": 5}}, False),
        ({"not": {"data.direction": "in"}}, False),
        ({"or": [{"data.direction": "out"}, {"data.talk_seconds": 10}]}, True),
        ({"and": [{"data.direction": "in"}, {"data.talk_seconds": 11}]}, False),
        ({"data.direction": "in", "not": {"or": [{"data.rang": {"contains": "7"}}, {"type": "x"}]}}, True),
    ],
)
def test_meaning(expression, matches):
    accepts = compile_filter(expression)

    assert (accepts is None or accepts("call.ended", DATA)) is matches


def deep(levels):
    expression: dict = {"type": "a"}
    for _level in range(levels):
        expression = {"not": expression}
    return expression


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ([], ""),
        ("type", ""),
        (None, ""),
        ({"or": []}, "or"),
        ({"or": {"type": "a"}}, "or"),
        ({"or": [{"type": "a"}, {"data.total": {"gte": True}}]}, "or[1].data.total.gte"),
        ({"and": [{}]}, "and[0]"),
        ({"not": []}, "not"),
        ({"not": {"and": [{"data.x": {"in": []}}]}}, "not.and[0].data.x.in"),
        ({"direction": "in"}, "direction"),
        ({"data": 1}, "data"),
        ({"type.x": 1}, "type.x"),
        ({"data..x": 1}, "data..x"),
        ({"data.a.b.c.d.e.f.g.h.i.j": 1}, "data.a.b.c.d.e.f.g.h.i.j"),
        ({"data.x": {}}, "data.x"),
        ({"data.x": []}, "data.x.eq"),
        ({"data.x": {"regex": "(a+)+"}}, "data.x.regex"),
        ({"data.x": {"prefix": ""}}, "data.x.prefix"),
        ({"data.x": {"prefix": 7}}, "data.x.prefix"),
        ({"data.x": {"exists": "yes"}}, "data.x.exists"),
        ({"data.x": {"in": [1, [2]]}}, "data.x.in[1]"),
        ({"data.x": {"in": list(range(101))}}, "data.x.in"),
        ({"data.x": "a" * 501}, "data.x.eq"),
        ({"or": [{"type": "a"}] * 51}, "or"),
        ({f"data.x{n}": 1 for n in range(51)}, "data.x50.eq"),
        (deep(6), ".".join(["not"] * 6)),
    ],
)
def test_a_mistake_is_named_with_its_place(expression, path):
    with pytest.raises(BadFilter) as caught:
        compile_filter(expression)

    assert caught.value.path == path
    assert caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "0", "and", "or", "not", "eq", "in"]), inner, max_size=4)
    ),
    max_leaves=12,
)
VALUE = st.one_of(
    JSON,
    st.dictionaries(
        st.sampled_from(["eq", "ne", "gt", "lte", "in", "exists", "prefix", "contains"]), JSON, max_size=3
    ),
)
FILTERS = st.dictionaries(
    st.sampled_from(["type", "data.a", "data.a.b", "data.a.0.b", "or", "and", "not"]),
    st.one_of(
        VALUE, st.lists(st.dictionaries(st.sampled_from(["type", "data.b"]), VALUE, max_size=2), max_size=3)
    ),
    max_size=3,
)


@given(FILTERS, st.dictionaries(st.sampled_from("ab"), JSON, max_size=2))
def test_whatever_is_written_and_whatever_comes_nothing_breaks(expression, data):
    try:
        accepts = compile_filter(expression)
    except BadFilter:
        return

    assert accepts is None or isinstance(accepts("a.b", data), bool)
    if accepts is not None:
        opposite = compile_filter({"not": expression}) if len(str(expression)) < 100 else None
        assert opposite is None or opposite("a.b", data) is not accepts("a.b", data)


def subscribers_of(event):
    return set(Delivery.objects.filter(event=event).values_list("endpoint__name", flat=True))


def test_a_filter_decides_at_the_fan_out_and_costs_no_query(tenant):
    make_endpoint(tenant, name="all")
    make_event(tenant)
    drain("webhooks.fanout")
    with CaptureQueriesContext(connection) as without:
        make_event(tenant)
        drain("webhooks.fanout")
    make_endpoint(tenant, name="gone", filter={"data.reason": "gone"})
    make_endpoint(tenant, name="person", filter={"data.reason": "person"})
    drain("webhooks.fanout")
    make_event(tenant)
    drain("webhooks.fanout")
    with CaptureQueriesContext(connection) as with_filters:
        event = make_event(tenant)
        drain("webhooks.fanout")

    assert subscribers_of(event) == {"all", "gone"}
    assert len(with_filters) == len(without)


def test_a_changed_filter_counts_from_the_next_event_on(tenant):
    endpoint, _secret = make_endpoint(tenant, name="one", filter={"data.reason": "person"})
    first = make_event(tenant)
    drain("webhooks.fanout")
    endpoint.filter = {}
    endpoint.save()
    second = make_event(tenant)
    drain("webhooks.fanout")

    assert (subscribers_of(first), subscribers_of(second)) == (set(), {"one"})


def test_the_api_takes_and_refuses_filters(tenant):
    client = client_of(tenant)
    new = {"name": "a", "url": "https://example.com/", "events": ["*"]}

    refused = client.post("/api/v1/endpoints", new | {"filter": {"or": [{"data.x": {"gte": None}}]}})
    made = client.post("/api/v1/endpoints", new | {"filter": {"data.x": 1}})
    changed = client.patch(f"/api/v1/endpoints/{made.data['id']}", {"filter": {}})

    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"]) == (400, "filter")
    assert error["message"].startswith("or[0].data.x.gte: ")
    assert (made.data["filter"], changed.data["filter"]) == ({"data.x": 1}, {})
    assert Endpoint.objects.count() == 1


def test_trying_a_filter_reads_a_few_rows_and_sends_nothing(tenant, other_tenant):
    client = client_of(tenant)
    make_event(other_tenant, reason="gone")
    for reason in ("gone", "person", "gone"):
        make_event(tenant, reason=reason)
    make_event(tenant, "endpoint.enabled", reason="gone")
    asked = {"filter": {"data.reason": "gone"}, "events": ["endpoint.disabled"]}

    with CaptureQueriesContext(connection) as few:
        answer = client.post("/api/v1/endpoints/test-filter", asked)
    for _number in range(70):
        make_event(tenant)
    with CaptureQueriesContext(connection) as many:
        more = client.post("/api/v1/endpoints/test-filter", asked)
    only = client.post("/api/v1/endpoints/test-filter", {"filter": {}, "type": "endpoint.enabled"})
    bad = client.post("/api/v1/endpoints/test-filter", {"filter": {"x": 1}})

    assert (answer.data["tested"], answer.data["matched"]) == (3, 2)
    assert [one["matches"] for one in answer.data["events"]] == [True, False, True]
    assert (more.data["tested"], len(many) - len(few)) == (50, 0)
    assert [one["type"] for one in only.data["events"]] == ["endpoint.enabled"]
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "filter")
    assert not Delivery.objects.exists()


def test_the_page_tries_and_saves(tenant):
    client = signed_in(tenant)
    endpoint, _secret = make_endpoint(tenant, events=["endpoint.disabled"])
    for reason in ("gone", "person"):
        make_event(tenant, reason=reason)
    address = page("endpoint_filter", endpoint.pk)
    wanted = json.dumps({"data.reason": "person"})

    shown = client.get(address).content.decode()
    tried = client.post(address, {"filter": wanted, "type": "", "try": "1"}).content.decode()
    wrong = client.post(
        address, {"filter": '{"data.x": {"gte": null}}', "type": "", "save": "1"}
    ).content.decode()
    broken = client.post(address, {"filter": "{", "type": "", "save": "1"}).content.decode()
    endpoint.refresh_from_db()
    before = endpoint.filter, endpoint.revision
    saved = client.post(address, {"filter": wanted, "type": "", "save": "1"})
    endpoint.refresh_from_db()

    assert "2 of 2 would be sent" in shown
    assert "1 of 2 would be sent" in tried
    assert "data.x.gte: " in wrong
    assert "valid JSON" in broken
    assert before[0] == {}
    assert (saved.status_code, endpoint.filter) == (302, {"data.reason": "person"})
    assert endpoint.revision != before[1]


def test_strangers_do_not_try(tenant, other_tenant):
    endpoint, _secret = make_endpoint(tenant)

    assert signed_in(other_tenant).get(page("endpoint_filter", endpoint.pk)).status_code == 404
    assert not Event.objects.filter(tenant=tenant).exists()


def test_a_filter_that_cannot_be_used_stops_nobody(tenant):
    make_endpoint(tenant, name="good")
    endpoint, _secret = make_endpoint(tenant, name="odd")
    Endpoint.objects.filter(pk=endpoint.pk).update(filter={"odd": 1})
    event = make_event(tenant)

    drain("webhooks.fanout")

    assert subscribers_of(event) == {"good", "odd"}
