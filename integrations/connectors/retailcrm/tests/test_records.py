"""RetailCRM keeps the contract of records, and what its history promises beyond it."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.capabilities import CallerLookup, Change
from integrations.connectors.retailcrm.simulator import Simulator, User
from integrations.records import Company, Contact, Order, OrderLine, OrderStatus, RecordKind
from integrations.sessions import open_session
from integrations.tests.factories import make_integration
from integrations.tests.records_bench import hours_ago, ids_of, records_of, run
from integrations.tests.written_records_contract import WrittenRecordsContract
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

PLURAL = {
    RecordKind.CONTACT: "customers",
    RecordKind.COMPANY: "customers-corporate",
    RecordKind.ORDER: "orders",
}


class TestContract(WrittenRecordsContract):
    code = "retailcrm"
    bad_credentials = {"api_key": "a-wrong-key-0123456789"}
    user_count = 30
    record_kinds = (RecordKind.CONTACT, RecordKind.COMPANY, RecordKind.ORDER)
    written_kinds = record_kinds
    creates_once = True
    keeps_place = False  # pages are numbered; what moves meanwhile is in the history, noted before
    side_requests = 5

    def make_simulator(self, user_count):
        users = [User(id=number, first_name=f"Ann{number}") for number in range(1, user_count + 1)]
        return Simulator(users=users, customers=(), limits_rate=False)

    def settings_for(self, simulator):
        return {"url": simulator.url}

    def credentials_for(self, simulator):
        return {"api_key": simulator.api_key}

    def put_records(self, simulator, kind, count, at):
        made = (
            simulator.shop.create(PLURAL[kind], dict(_ROWS[kind]), is_ours=False, at=at)
            for _number in range(count)
        )
        return [str(row["id"]) for row in made]

    def touch_record(self, simulator, kind, outside_id, at):
        simulator.shop.change(PLURAL[kind], int(outside_id), {"vip": True}, is_ours=False, at=at)

    def remove_record(self, simulator, kind, outside_id):
        simulator.shop.remove(PLURAL[kind], int(outside_id))

    def break_record(self, simulator, kind, outside_id):
        simulator.shop.shelf(PLURAL[kind]).broken.add(int(outside_id))

    def count_records(self, simulator, kind):
        return len(simulator.shop.shelf(PLURAL[kind]).rows)

    def records_path(self, kind):
        return f"/api/v5/{PLURAL[kind]}"

    def new_record(self, simulator, kind, number):
        if kind is RecordKind.CONTACT:
            return Contact(
                name=f"Orlov Ivan{number}",
                first_name=f"Ivan{number}",
                last_name="Orlov",
                phones=(f"+37529123{4500 + number}",),
                emails=("ivan@example.com",),
                responsible_id="19",
                address="Minsk, 1",
                custom={"shoe_size": 42},
            )
        if kind is RecordKind.COMPANY:
            return Company(
                name=f"Lamps {number}", responsible_id="19", address="Minsk, 1", tax_number="7707083893"
            )
        return Order(
            number=f"A-{number}",
            status=OrderStatus.CONFIRMED,
            original_status="client-confirmed",
            buyer="Ivan",
            phone="+375291234570",
            email="ivan@example.com",
            responsible_id="18",
            comment="Call before",
        )

    def change_of(self, kind):
        if kind is RecordKind.CONTACT:
            return {"emails": ("other@example.com",), "address": "Minsk, 2"}
        if kind is RecordKind.COMPANY:
            return {"name": "Lamps and Tea", "responsible_id": "18"}
        return {"status": OrderStatus.SHIPPED, "original_status": "delivering", "comment": "Sent"}

    def extra_of(self, simulator, kind):
        return {
            RecordKind.CONTACT: ("customFields.likes", "tea"),
            RecordKind.COMPANY: ("customFields.branch", "lamps"),
            RecordKind.ORDER: ("customFields.gift_note", "Hello"),
        }[kind]


_ROWS: dict[RecordKind, dict[str, Any]] = {
    RecordKind.CONTACT: {
        "firstName": "Ivan",
        "lastName": "Petrov",
        "phones": [{"number": "+375 29 123-45-70"}],
    },
    RecordKind.COMPANY: {
        "nickName": "Lamps",
        "companies": [
            {"name": "Old Lamps", "contragent": {"INN": "1"}},
            {"name": "Lamps LLC", "isMain": True, "contragent": {"INN": "7707083893"}},
        ],
    },
    RecordKind.ORDER: {
        "number": "7A",
        "status": "send-to-assembling",
        "totalSumm": 250.5,
        "currency": "BYN",
        "items": [
            {
                "id": 1,
                "offer": {"id": 9, "article": "LAMP-01", "displayName": "Lamp"},
                "quantity": 2,
                "initialPrice": 130,
                "discountTotal": 4.75,
            }
        ],
    },
}


@pytest.fixture
def simulator():
    with Simulator(codes={"150": 19, "151": 16}, limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield make_integration(tenant, simulator.url)


pytestmark = pytest.mark.django_db(transaction=True)


def test_an_order_has_exact_amounts_and_a_status_by_its_group(simulator, integration):
    simulator.shop.create("orders", dict(_ROWS[RecordKind.ORDER]), is_ours=False)
    simulator.shop.create("orders", {"status": "waiting-for-moon"}, is_ours=False)

    [first, second] = run(integration, RecordKind.ORDER)[0].records

    assert (first.status, first.original_status) == (OrderStatus.ASSEMBLING, "send-to-assembling")
    assert (first.total.amount, first.total.currency) == (Decimal("250.5"), "BYN")
    assert first.lines == (
        OrderLine(
            name="Lamp",
            quantity=Decimal(2),
            outside_id="1",
            sku="LAMP-01",
            product_id="9",
            price=Decimal("125.25"),
            total=Decimal("250.50"),
        ),
    )
    assert (second.status, second.original_status) == (OrderStatus.UNKNOWN, "waiting-for-moon")


def test_a_corporate_customer_is_a_company_and_its_orders_know_it_and_the_person(simulator, integration):
    firm = simulator.shop.create("customers-corporate", dict(_ROWS[RecordKind.COMPANY]), is_ours=False)
    buyer = {"id": firm["id"], "type": "customer_corporate"}
    simulator.shop.create("orders", {"status": "new", "customer": buyer, "contact": {"id": 7}}, is_ours=False)

    [company] = run(integration, RecordKind.COMPANY)[0].records
    [order] = run(integration, RecordKind.ORDER)[0].records

    assert (company.name, company.tax_number) == ("Lamps", "7707083893")
    assert company.url == f"{simulator.url}/customers-corporate/{firm['id']}"
    assert (order.company_ids, order.contact_ids) == ((company.outside_id,), ("7",))


def test_an_order_of_ours_is_put_to_a_corporate_customer(simulator, integration):
    firm = simulator.shop.create("customers-corporate", {"nickName": "Lamps"}, is_ours=False)
    news = Order(number="A-1", status=OrderStatus.NEW, company_ids=(str(firm["id"]),))

    with records_of(integration) as records:
        [answer] = records.write(RecordKind.ORDER, [Change(record=news, key="k")])

    assert answer.error is None
    [row] = simulator.shop.orders.rows.values()
    assert row["customer"] == {"id": firm["id"], "type": "customer_corporate"}


def test_our_own_changes_do_not_come_back(simulator, integration):
    row = simulator.shop.create("customers", {"firstName": "Ivan"}, is_ours=False)
    resume = run(integration, RecordKind.CONTACT)[-1].resume
    news = Contact(outside_id=str(row["id"]), first_name="Igor")
    with records_of(integration) as records:
        records.write(RecordKind.CONTACT, [Change(record=news, key="k", fields=frozenset({"first_name"}))])

    assert row["firstName"] == "Igor"
    assert ids_of(run(integration, RecordKind.CONTACT, resume)) == []


def test_combined_customers_are_one_deleted_and_one_read_again(simulator, integration):
    first, second = (
        simulator.shop.create("customers", {"firstName": "Ivan"}, is_ours=False) for _ in range(2)
    )
    resume = run(integration, RecordKind.CONTACT)[-1].resume
    simulator.shop.combine(first["id"], second["id"])

    [page] = run(integration, RecordKind.CONTACT, resume)

    assert (ids_of([page]), page.deleted) == ([str(second["id"])], (str(first["id"]),))


def test_a_long_history_is_read_page_by_page_and_its_end_is_found(simulator, integration):
    row = simulator.shop.create("customers", {"firstName": "Ivan"}, is_ours=False)
    for number in range(250):
        simulator.shop.change("customers", row["id"], {"firstName": f"Ivan{number}"}, is_ours=False)
    whole = run(integration, RecordKind.CONTACT)
    assert ids_of(run(integration, RecordKind.CONTACT, whole[-1].resume)) == []

    for number in range(130):
        simulator.shop.change("customers", row["id"], {"firstName": f"Igor{number}"}, is_ours=False)
    pages = run(integration, RecordKind.CONTACT, whole[-1].resume)

    assert [len(page.records) for page in pages] == [1, 1]
    assert ids_of(run(integration, RecordKind.CONTACT, pages[-1].resume)) == []


def test_what_happens_during_a_full_run_is_in_the_next_one(simulator, integration):
    for _number in range(120):
        simulator.shop.create("customers", {"firstName": "Ivan"}, is_ours=False, at=hours_ago(30))
    with records_of(integration) as records:
        first = records.read(RecordKind.CONTACT)
    late = simulator.shop.create("customers", {"firstName": "Late"}, is_ours=False)
    pages = [first, *run(integration, RecordKind.CONTACT, first.next)]

    again = run(integration, RecordKind.CONTACT, pages[-1].resume)

    assert ids_of(again) == [str(late["id"])]


def test_phones_are_added_to_theirs(simulator, integration):
    row = simulator.shop.create("customers", {"phones": [{"number": "80291234570"}]}, is_ours=False)
    news = Contact(outside_id=str(row["id"]), phones=("+375291234571",))

    with records_of(integration) as records:
        [answer] = records.write(
            RecordKind.CONTACT, [Change(record=news, key="k", fields=frozenset({"phones"}))]
        )

    assert answer.error is None
    assert [one["number"] for one in row["phones"]] == ["80291234570", "+375291234571"]


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+79001234567", ("Petrov Ivan", "7", "19", "150", True)),
        ("+375291112233", ("Kuzmina Maria", "9", "17", "", True)),
        ("+375290000000", None),
    ],
)
def test_who_is_calling(simulator, integration, phone, expected):
    with open_session(integration.pk) as session:
        found = session.require(CallerLookup).find_caller(phone)

    if expected is None:
        assert found is None
        return
    assert (
        found.name,
        found.contact_id,
        found.responsible_id,
        found.extension,
        found.is_available,
    ) == expected
    assert found.url == f"{simulator.url}/customers/{expected[1]}"


def test_a_manager_at_lunch_is_named_as_not_available(simulator, integration):
    simulator.shop.change("customers", 7, {"managerId": 16}, is_ours=False)

    with open_session(integration.pk) as session:
        found = session.require(CallerLookup).find_caller("+79001234567")

    assert (found.responsible_id, found.extension, found.is_available) == ("16", "151", False)
    assert [request.path for request in simulator.requests].count("/api/v5/telephony/manager") == 2
