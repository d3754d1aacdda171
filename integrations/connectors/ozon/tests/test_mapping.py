"""Ozon's JSON, by fixtures named `<event>__<case>.json`, and what must hold for any input."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.ozon import mapping
from integrations.connectors.ozon.hooks import OzonHooks
from integrations.connectors.ozon.statuses import STATUSES
from integrations.connectors.ozon.windows import LONGEST, windows
from integrations.hooks import Changed
from integrations.records import Money, OrderLine, OrderStatus, RecordKind
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IDS = {"205953": "223681945"}


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def parsed(data, **settings):
    body = json.dumps(data).encode()
    return OzonHooks().parse(Arrival({}, "", body), {"client_id": "15", **settings})


def test_a_posting_of_a_list():
    order = mapping.order(fixture("posting__fbs_list"), IDS, "RU")

    assert (order.outside_id, order.number) == ("05708065-0029-1", "05708065-0029-1")
    assert (order.status, order.original_status) == (OrderStatus.CONFIRMED, "awaiting_deliver")
    assert order.total == Money(Decimal("2780.00"), "RUB")
    assert order.lines == (
        OrderLine(
            name="Desk lamp",
            quantity=Decimal(2),
            outside_id="358924380",
            sku="205953",
            product_id="223681945",
            price=Decimal("1390.00"),
            total=Decimal("2780.00"),
        ),
    )
    assert order.placed_at == datetime(2026, 11, 20, 23, 30, 36, 294000, tzinfo=UTC)
    assert order.ship_by == datetime(2026, 11, 21, 21, tzinfo=UTC)
    assert (order.buyer, order.phone, order.delivery) == ("", "", "Ozon Logistics, Moscow")


def test_a_return_is_a_document_under_its_postings_number():
    found = mapping.goods_return(fixture("return__by_buyer"))

    assert (found.outside_id, found.type, found.number) == ("1000015552", "return", "05708065-0029-1")
    assert (found.title, found.text) == ("Desk lamp × 2", "Does not fit")
    assert found.original_status == "MovingToSeller"
    assert found.created_at == datetime(2026, 11, 20, 14, 5, 10, 123000, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "pieces", "ours"),
    [
        ("delivered", 2, OrderStatus.RETURNED),
        ("delivered", 1, OrderStatus.DELIVERED),
        ("delivered", 0, OrderStatus.DELIVERED),
        ("cancelled", 2, OrderStatus.CANCELLED),
    ],
)
def test_what_came_back_whole_is_returned(status, pieces, ours):
    row = {**fixture("posting__fbs_list"), "status": status}

    order = mapping.order(row, IDS, "RU", {"05708065-0029-1": Decimal(pieces)})

    assert (order.status, order.original_status) == (ours, status)


def test_one_posting_has_its_prices_as_text_and_is_the_same_order():
    assert mapping.order(fixture("posting__fbs_get"), IDS, "RU") == mapping.order(
        fixture("posting__fbs_list"), IDS, "RU"
    )


def test_a_cancelled_posting_delivered_by_the_seller():
    order = mapping.order(fixture("posting__cancelled_with_buyer"), {}, "BY")

    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELLED, "The buyer changed their mind")
    assert (order.buyer, order.phone) == ("Buyer", "+375291234570")
    assert order.address == "220000, Belarus, Minsk"
    # Two currencies in one posting have no sum.
    assert order.total is None


@pytest.mark.parametrize("status", ["arbitration", "client_arbitration", "teleported", ""])
def test_what_says_nothing_about_the_parcel_is_unknown_and_kept(status):
    order = mapping.order(fixture("posting__fbs_list") | {"status": status}, {}, "RU")

    assert (order.status, order.original_status) == (OrderStatus.UNKNOWN, status)


def test_every_status_of_the_documentation_is_translated():
    assert len(STATUSES) == 14
    assert set(STATUSES.values()) == set(OrderStatus) - {
        OrderStatus.UNKNOWN,
        OrderStatus.RETURNED,
        OrderStatus.ASSEMBLING,
    }


def test_a_product():
    product = mapping.product(fixture("product__on_sale"))

    assert (product.outside_id, product.sku, product.name) == ("223681945", "136748", "Cup, 350 ml")
    assert (product.price, product.old_price) == (Money(Decimal("1990.00"), "RUB"), None)
    assert product.url == "https://www.ozon.ru/product/358924380/"
    assert product.image_urls == ("https://cdn.example.com/1.jpg", "https://cdn.example.com/2.jpg")
    assert product.is_active


def test_a_full_run_asks_for_no_period_that_is_too_long():
    plan = windows(NOW, None, history_days=800, fbo_days=30)

    assert [one.scheme for one in plan] == ["fbs"] * 3 + ["fbo"] * 3
    assert all(timedelta(0) < one.to - one.since <= LONGEST for one in plan)
    assert [(one.since, one.to) for one in plan[:3]] == [(one.since, one.to) for one in plan[3:]]
    assert (plan[0].since, plan[2].to) == (NOW - timedelta(days=800), NOW)
    assert all(first.to == second.since for first, second in pairwise(plan[:3]))


def test_an_incremental_run_asks_fbs_for_changes_and_fbo_for_weeks():
    fbs, fbo, returns = windows(NOW, NOW - timedelta(minutes=20), history_days=800, fbo_days=30)

    assert fbs.filter()["last_changed_status_date"] == {
        "from": "2026-11-21T11:40:00Z",
        "to": "2026-11-21T12:00:00Z",
    }
    assert (fbo.since, fbo.to, fbo.filter().get("last_changed_status_date")) == (
        NOW - timedelta(days=30),
        NOW,
        None,
    )
    assert (returns.scheme, returns.changed_since) == ("returns", NOW - timedelta(minutes=20))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("push__new_posting", [(RecordKind.ORDER, "24219509-0020-1")]),
        ("push__cancelled", [(RecordKind.ORDER, "24219509-0020-2")]),
        ("push__state_changed", [(RecordKind.ORDER, "24219509-0020-3")]),
        ("push__stocks_changed", [(RecordKind.STOCK, "1:10"), (RecordKind.STOCK, "1:11")]),
        ("push__item", [(RecordKind.PRODUCT, "1")]),
        ("push__fbo_posting", [(RecordKind.ORDER, "24219509-0021-1")]),
        ("push__message", []),
        ("push__ping", []),
    ],
)
def test_notifications_name_what_is_read_again(name, expected):
    assert parsed(fixture(name)) == tuple(Changed(kind, id_) for kind, id_ in expected)


@pytest.mark.parametrize("seller", [16, "16", None, 15.0, True, "", ["15"]])
def test_another_seller_is_nobody(seller):
    with pytest.raises(NotReadable, match="seller_id"):
        parsed(fixture("push__new_posting") | {"seller_id": seller})


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b"{}", b'{"message_type": 5}', b"\xff"])
def test_what_is_no_notification_is_not_readable(body):
    with pytest.raises(NotReadable):
        OzonHooks().parse(Arrival({}, "", body), {"client_id": "15"})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    "posting_number",
    "status",
    "products",
    "customer",
    "delivery_method",
    "cancellation",
    "in_process_at",
    "shipment_date",
    "id",
    "offer_id",
]
NAMES += [
    "name",
    "price",
    "old_price",
    "primary_image",
    "barcodes",
    "product_id",
    "warehouse_id",
    "present",
    "reserved",
    "stocks",
]


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_odd_objects_are_odd_and_no_error(row):
    for translate in (lambda: mapping.order(row, {}, "RU"), lambda: mapping.product(row)):
        try:
            translate()
        except mapping.Odd:
            continue
    try:
        mapping.warehouse_level(row)
        mapping.ozon_levels(row)
    except mapping.Odd:
        return


@given(ANYTHING, st.sampled_from(["items", "posting_number", "product_id", "message_type"]))
def test_odd_notifications_are_not_readable_and_no_error(value, name):
    for event in ("push__stocks_changed", "push__item", "push__new_posting"):
        try:
            parsed(json.loads(json.dumps(fixture(event) | {name: value})))
        except NotReadable:
            continue
