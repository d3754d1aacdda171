"""A page of objects becomes rows, links, references and events; the same page twice does nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import validate

from integrations import records
from integrations.actions.upsert_records import Manner, upsert_records
from integrations.models import (
    MODELS,
    Company,
    Contact,
    ContactPoint,
    Deal,
    Document,
    Link,
    Order,
    OrderLine,
    Payment,
    Reference,
    StockLevel,
    SyncPlan,
)
from integrations.records import DealPhase, Money, OrderStatus, RecordKind
from integrations.store.owner import Owner
from integrations.tests.factories import make_integration
from tenants.events import event_type
from tenants.models import Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db

ANNA = records.Contact(
    outside_id="51",
    name="Anna Example",
    phones=("8 (029) 123-45-70", "+375291234570"),
    emails=("Anna@Example.com",),
    company_ids=("7",),
    custom={"UF_1": "gold"},
    updated_at=datetime(2026, 6, 1, 9, tzinfo=UTC),
)
NINE = records.Order(
    outside_id="9",
    number="9999",
    status=OrderStatus.NEW,
    original_status="new-order",
    total=Money(Decimal("403.00"), "BYN"),
    contact_ids=("51",),
    lines=(records.OrderLine(name="Lamp", quantity=Decimal(2), sku="E27", price=Decimal("201.50")),),
)


@pytest.fixture
def owner() -> Iterator[Owner]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield Owner.of(integration.pk)


def events() -> Counter[str]:
    return Counter(Event.objects.values_list("type", flat=True))


def data_of(name: str) -> dict[str, Any]:
    return Event.objects.get(type=name).data


def test_a_contact_is_kept_with_its_numbers_and_what_only_this_account_has(owner: Owner) -> None:
    kept = upsert_records(owner, RecordKind.CONTACT, [ANNA])

    assert (kept.created, kept.updated, kept.unchanged, kept.failed) == (1, 0, 0, 0)
    row = Contact.objects.get()
    assert (row.name, row.phones, row.emails) == ("Anna Example", ["+375291234570"], ["anna@example.com"])
    assert row.custom == {"UF_1": "gold"}
    assert row.outside_updated_at == ANNA.updated_at
    assert set(ContactPoint.objects.values_list("type", "value", "record_id")) == {
        ("phone", "+375291234570", row.pk),
        ("email", "anna@example.com", row.pk),
    }
    link = Link.objects.get()
    assert (link.integration_id, link.kind, link.outside_id, link.record_id) == (
        owner.integration_id, "contact", "51", row.pk,
    )  # fmt: skip
    assert data_of("contact.created") == {
        "id": str(row.pk),
        "outside_id": "51",
        "source": "retailcrm",
        "name": "Anna Example",
        "phones": ["+375291234570"],
        "emails": ["anna@example.com"],
    }


def test_the_same_page_twice_changes_and_tells_nothing(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA])
    before = list(Contact.objects.values()), list(Link.objects.values()), events()

    kept = upsert_records(owner, RecordKind.CONTACT, [ANNA, ANNA])

    assert (kept.created, kept.updated, kept.unchanged) == (0, 0, 1)
    assert (list(Contact.objects.values()), list(Link.objects.values()), events()) == before


def test_a_change_names_its_fields_and_moves_the_numbers(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA])

    upsert_records(owner, RecordKind.CONTACT, [replace(ANNA, phones=("+375291234571",), position="Director")])

    assert data_of("contact.updated")["changed"] == ["phones", "position"]
    assert list(ContactPoint.objects.filter(type="phone").values_list("value", flat=True)) == [
        "+375291234571"
    ]


def test_an_order_has_lines_money_and_a_client_who_may_come_later(owner: Owner) -> None:
    upsert_records(owner, RecordKind.ORDER, [NINE])
    assert Reference.objects.get().target_id is None

    upsert_records(owner, RecordKind.CONTACT, [ANNA])

    order = Order.objects.get()
    assert (order.total, order.currency, order.original_status) == (Decimal("403.00"), "BYN", "new-order")
    line = OrderLine.objects.get()
    assert (line.order_id, line.name, line.quantity, line.price) == (
        order.pk,
        "Lamp",
        Decimal(2),
        Decimal("201.5"),
    )
    named = Reference.objects.get(name="contact_ids")
    assert (named.record_id, named.target_id) == (order.pk, Contact.objects.get().pk)
    assert data_of("order.created")["items"] == [
        {"name": "Lamp", "sku": "E27", "quantity": 2.0, "price": "201.5"}
    ]
    assert data_of("order.created")["contact_id"] == "51"


def test_what_is_known_already_is_referred_to_at_once(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA])

    upsert_records(owner, RecordKind.ORDER, [NINE])

    assert Reference.objects.get(name="contact_ids").target_id == Contact.objects.get().pk


def test_an_orders_way_is_told(owner: Owner) -> None:
    upsert_records(owner, RecordKind.ORDER, [NINE])
    shipped = replace(NINE, status=OrderStatus.SHIPPED, original_status="sent", is_paid=True)

    upsert_records(owner, RecordKind.ORDER, [shipped])
    upsert_records(
        owner, RecordKind.ORDER, [replace(shipped, status=OrderStatus.CANCELLED, cancel_reason="late")]
    )

    assert events() == {
        "order.created": 1, "order.updated": 2, "order.status_changed": 2, "order.paid": 1, "order.cancelled": 1,
    }  # fmt: skip
    assert data_of("order.cancelled")["reason"] == "late"
    first = Event.objects.filter(type="order.status_changed").order_by("id")[0].data
    assert (first["previous_status"], first["status"]) == ("new", "shipped")


def test_fewer_lines_replace_more(owner: Owner) -> None:
    two = (*NINE.lines, records.OrderLine(name="Shade", quantity=Decimal("1.5")))
    upsert_records(owner, RecordKind.ORDER, [replace(NINE, lines=two)])

    upsert_records(owner, RecordKind.ORDER, [replace(NINE, lines=two[1:])])

    assert list(OrderLine.objects.values_list("place", "name", "quantity")) == [(0, "Shade", Decimal("1.5"))]
    assert data_of("order.updated")["changed"] == ["lines"]


def test_a_deals_way_is_told(owner: Owner) -> None:
    deal = records.Deal(outside_id="7", title="Lamps", stage="1", stage_title="First")
    upsert_records(owner, RecordKind.DEAL, [deal])
    won = replace(deal, stage="142", stage_title="Won", phase=DealPhase.WON)

    upsert_records(owner, RecordKind.DEAL, [won])

    assert events() == {"deal.created": 1, "deal.updated": 1, "deal.stage_changed": 1, "deal.won": 1}
    assert data_of("deal.stage_changed")["previous_stage"] == "First"
    assert Deal.objects.get().phase == "won"


def test_stock_tells_only_of_quantities_that_moved(owner: Owner) -> None:
    level = records.StockLevel(
        outside_id="3:main", product_id="3", sku="E27", warehouse="main", quantity=Decimal(10)
    )
    upsert_records(owner, RecordKind.STOCK, [level])

    upsert_records(owner, RecordKind.STOCK, [replace(level, reserved=Decimal(1))])
    upsert_records(owner, RecordKind.STOCK, [replace(level, quantity=Decimal(8))])

    assert StockLevel.objects.get().quantity == 8
    told = data_of("product.stock_changed")
    assert (told["previous_stock"], told["stock"], told["warehouse"]) == (10.0, 8.0, "main")


EVERY = {
    RecordKind.COMPANY: records.Company(outside_id="1", name="June", tax_number="190000000"),
    RecordKind.PRODUCT: records.Product(
        outside_id="1", name="Lamp", price=Money(Decimal(5), "byn"), barcodes=("46",)
    ),
    RecordKind.INVOICE: records.Invoice(
        outside_id="1", number="77", total=Money(Decimal(5), "BYN"), order_id="9"
    ),
    RecordKind.PAYMENT: records.Payment(
        outside_id="1", total=Money(Decimal(5), "BYN"), refunded=Money(Decimal(1), "BYN")
    ),
    RecordKind.DOCUMENT: records.Document(outside_id="1", title="Manual", size=10**12),
    RecordKind.STOCK: records.StockLevel(outside_id="1", product_id="1"),
    RecordKind.CONTACT: ANNA,
    RecordKind.ORDER: NINE,
    RecordKind.DEAL: records.Deal(outside_id="1", total=Money(Decimal("1.5"))),
}


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_is_kept_and_seen_again_unchanged(owner: Owner, kind: RecordKind) -> None:
    record = EVERY[kind]
    assert upsert_records(owner, kind, [record]).created == 1
    # What only its hash knows is forgotten: now its fields have to compare equal.
    Link.objects.update(their_hash="")

    kept = upsert_records(owner, kind, [record])

    assert (kept.unchanged, kept.updated, kept.faults) == (1, 0, [])
    for told in Event.objects.all():
        validate(told.data, dict(event_type(told.type).schema))


WRONG: list[dict[str, Any]] = [
    {"outside_id": ""},
    {"outside_id": "x" * 201},
    {"outside_id": "2", "name": ["a", "list"]},
    {"outside_id": "3", "custom": {"file": object()}},
    {"outside_id": "4", "updated_at": "yesterday"},
    {"outside_id": "5", "phones": None},
    {"outside_id": "6", "custom": {"much": "x" * 300_000}},
]
HOSTILE = [replace(ANNA, **values) for values in WRONG]


def test_what_cannot_be_kept_is_a_fault_and_harms_no_neighbour(owner: Owner) -> None:
    kept = upsert_records(owner, RecordKind.CONTACT, [*HOSTILE, replace(ANNA, name="A\x00b\ud800 'x'; --")])

    assert (kept.created, kept.failed) == (1, len(HOSTILE))
    assert {one.outside_id for one in kept.faults} == {"", "x" * 200, "2", "3", "4", "5", "6"}
    assert Contact.objects.get().name == "A\ufffdb\ufffd 'x'; --"


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("1e30"), Decimal("Infinity")])
def test_an_impossible_amount_is_a_fault(owner: Owner, amount: Decimal) -> None:
    kept = upsert_records(
        owner, RecordKind.PAYMENT, [records.Payment(outside_id="1", total=Money(amount, "BYN"))]
    )

    assert kept.failed == 1
    assert "total" in str(kept.faults[0].text)
    assert not Payment.objects.exists()


def test_a_dry_look_writes_nothing_and_shows_what_differs(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA])
    before = events()
    bob = replace(ANNA, outside_id="52", name="Bob")

    kept = upsert_records(owner, RecordKind.CONTACT, [replace(ANNA, name="Anne"), bob], Manner(is_dry=True))

    assert (kept.created, kept.updated, events()) == (1, 1, before)
    assert Contact.objects.get().name == "Anna Example"
    assert kept.differences[0] == {
        "outside_id": "51",
        "is_new": False,
        "fields": {"name": ["Anna Example", "Anne"]},
    }


def contacts(count: int, name: str = "Anna") -> list[records.Contact]:
    return [
        replace(ANNA, outside_id=str(one), name=f"{name} {one}", phones=(f"+3752912{one:05d}",))
        for one in range(count)
    ]


@pytest.mark.parametrize(("name", "most"), [("Anna", 4), ("Anne", 24)])
def test_a_page_costs_the_same_however_long_it_is(owner: Owner, name: str, most: int) -> None:
    upsert_records(owner, RecordKind.CONTACT, contacts(100))
    costs = []
    for count in (10, 100):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            upsert_records(
                owner, RecordKind.CONTACT, contacts(count, f"{name}" if name == "Anna" else f"{name}{count}")
            )
        costs.append(sum(not one["sql"].startswith(("SAVEPOINT", "RELEASE")) for one in queries))

    assert costs[0] == costs[1] <= most


def test_a_new_page_of_a_hundred(owner: Owner) -> None:
    with CaptureQueriesContext(connection) as queries:
        kept = upsert_records(owner, RecordKind.CONTACT, contacts(100))

    assert kept.created == 100
    assert sum(not one["sql"].startswith(("SAVEPOINT", "RELEASE")) for one in queries) <= 18


def test_another_company_with_the_same_ids_has_its_own(owner: Owner) -> None:
    upsert_records(owner, RecordKind.CONTACT, [ANNA])
    other = make_integration(make_tenant())

    with tenant_scope(other.tenant):
        assert (
            upsert_records(Owner.of(other.pk), RecordKind.CONTACT, [replace(ANNA, name="Zoe")]).created == 1
        )

    assert Contact.objects.get().name == "Anna Example"
    assert Company.objects.count() == Document.objects.count() == SyncPlan.objects.count() == 0


@pytest.mark.parametrize(
    ("amount", "is_taken"), [(Decimal(10) ** 15 - Decimal("0.0001"), True), (Decimal(10) ** 16 - 1, False)]
)
def test_what_is_taken_can_be_read_again(owner: Owner, amount: Decimal, is_taken: bool) -> None:
    """SQLite rounds the sixteenth digit: a deal whose sum had one too many then would take its whole list along."""
    deal = records.Deal(outside_id="1", title="Everything", total=Money(amount, "BYN"))

    kept = upsert_records(owner, RecordKind.DEAL, [deal])

    assert kept.failed == (0 if is_taken else 1)
    assert len(Deal.objects.all()) == kept.created == (1 if is_taken else 0)
