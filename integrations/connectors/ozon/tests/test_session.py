"""What is special about Ozon: schemes, archives, warehouses, writing with its limits, rights, notifications."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.actions.save_integration import create_integration
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Change, CheckState
from integrations.connectors.ozon.simulator import Simulator, Warehouse
from integrations.connectors.ozon.simulator.state import DEFAULT_PRODUCTS, Stock, bring_back
from integrations.connectors.ozon.tests.asking import ask
from integrations.connectors.ozon.tests.test_contract import make_posting, make_product
from integrations.hooks import WebhookRegistration
from integrations.http.errors import OutcomeUnknown
from integrations.records import Money, OrderStatus, Product, RecordKind, StockLevel
from integrations.sessions import open_session
from integrations.tests.records_bench import ids_of, records_of, run
from tenants.errors import AuthFailed, RateLimited, RemoteRejected, Unsupported
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant
from webhooks.presets import Arrival, preset

pytestmark = pytest.mark.django_db(transaction=True)
MINSK = 22142605386000


@pytest.fixture
def simulator():
    with Simulator(products=(), limits_rate=False).running() as running:
        yield running


def connected(tenant, simulator, **settings):
    values = {"url": simulator.url, "client_id": simulator.client_id, **settings}
    credentials = {"api_key": simulator.api_key}
    return create_integration(tenant, "ozon", "Ozon", settings=values, credentials=credentials)


@pytest.fixture
def integration(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield connected(tenant, simulator)


def ago(**time):
    return datetime.now(UTC) - timedelta(**time)


def write(integration, kind, *changes):
    with records_of(integration) as records:
        return records.write(kind, changes)


def level(product, quantity, **values):
    values = {"product_id": str(product.id), "warehouse_id": str(MINSK), **values}
    return Change(record=StockLevel(quantity=Decimal(quantity), **values), key=f"{product.id}:{quantity}")


def test_postings_of_both_schemes_are_read_and_found_by_their_numbers(simulator, integration):
    fbs, fbo = (
        make_posting(simulator.cabinet, ago(days=3)),
        make_posting(simulator.cabinet, ago(days=2), "fbo"),
    )

    pages = run(integration, RecordKind.ORDER)

    assert ids_of(pages) == [fbs.number, fbo.number]
    for record in (record for page in pages for record in page.records):
        with records_of(integration) as records:
            assert records.fetch(RecordKind.ORDER, record.outside_id) == record
        assert record.total == Money(Decimal(3980), "RUB")
        assert record.lines[0].product_id == "1"


def test_what_is_older_than_the_history_is_left_out(simulator, integration):
    make_posting(simulator.cabinet, ago(days=400))
    recent = make_posting(simulator.cabinet, ago(days=364))

    assert ids_of(run(integration, RecordKind.ORDER)) == [recent.number]


def test_incremental_run_sees_an_old_posting_that_changed_and_fbo_of_the_last_weeks(simulator, integration):
    old = make_posting(simulator.cabinet, ago(days=300))
    make_posting(simulator.cabinet, ago(days=40), "fbo")
    recent = make_posting(simulator.cabinet, ago(days=20), "fbo")
    old.status, old.changed_at = "delivered", ago(minutes=5)

    pages = run(integration, RecordKind.ORDER, None, ago(minutes=20))

    assert ids_of(pages) == [old.number, recent.number]
    assert pages[0].records[0].status is OrderStatus.DELIVERED


def test_a_return_makes_an_old_delivered_posting_returned(simulator, integration):
    cabinet = simulator.cabinet
    whole = make_posting(cabinet, ago(days=200), status="delivered")
    partly = make_posting(cabinet, ago(days=190), status="delivered")
    by_ozon = make_posting(cabinet, ago(days=180), "fbo", status="delivered")
    refused = make_posting(cabinet, ago(days=170), status="cancelled")
    for posting, pieces in ((whole, 0), (partly, 1), (by_ozon, 0)):
        bring_back(cabinet, posting, ago(minutes=10), pieces)
    for one in bring_back(cabinet, refused, ago(minutes=10)):
        one.type = "Cancellation"

    pages = run(integration, RecordKind.ORDER, None, ago(minutes=20))

    found = {record.outside_id: record.status for page in pages for record in page.records}
    assert found == {
        whole.number: OrderStatus.RETURNED,
        partly.number: OrderStatus.DELIVERED,
        by_ozon.number: OrderStatus.RETURNED,
        refused.number: OrderStatus.CANCELLED,
    }
    with records_of(integration) as records:
        assert records.fetch(RecordKind.ORDER, whole.number).status is OrderStatus.RETURNED
    full = {one.outside_id: one.status for page in run(integration, RecordKind.ORDER) for one in page.records}
    assert full == found


def test_a_key_without_returns_still_reads_delivered_orders(simulator, integration):
    posting = make_posting(simulator.cabinet, ago(days=2), status="delivered")
    posting.changed_at = ago(minutes=5)
    simulator.key.methods = tuple(path for path in simulator.key.methods if path != "/v1/returns/list")

    pages = run(integration, RecordKind.ORDER, None, ago(minutes=20))
    integration.refresh_from_db()

    assert [record.status for page in pages for record in page.records] == [OrderStatus.DELIVERED]
    assert integration.health == "ok"


def test_a_key_without_products_still_reads_orders_and_stays_healthy(simulator, integration):
    posting = make_posting(simulator.cabinet, ago(days=1))
    simulator.key.methods = ("/v4/posting/fbs/list", "/v3/posting/fbo/list")

    [page, *_rest] = run(integration, RecordKind.ORDER)
    integration.refresh_from_db()

    assert page.records[0].outside_id == posting.number
    assert (page.records[0].lines[0].product_id, page.records[0].lines[0].sku) == ("", "LAMP")
    assert integration.health == "ok"


def test_archived_products_are_read_as_inactive(simulator, integration):
    on_sale, archived = make_product(simulator.cabinet), make_product(simulator.cabinet, is_archived=True)

    found = {
        record.outside_id: record for page in run(integration, RecordKind.PRODUCT) for record in page.records
    }

    assert {id_: record.is_active for id_, record in found.items()} == {
        str(on_sale.id): True,
        str(archived.id): False,
    }


def test_stock_is_read_by_warehouse_over_several_pages_and_as_one_sum_with_ozon(simulator, integration):
    simulator.cabinet.warehouses = tuple(Warehouse(100 + number, f"W{number}") for number in range(7))
    products = [make_product(simulator.cabinet) for _number in range(120)]
    for product in products:
        for warehouse in simulator.cabinet.warehouses:
            simulator.cabinet.stocks[product.id, warehouse.id] = Stock(9, 4)
    simulator.cabinet.fbo_stocks[products[0].id] = Stock(40, 1)

    pages = run(integration, RecordKind.STOCK)

    ids = ids_of(pages)
    assert len(ids) == len(set(ids)) == 120 * 7 + 1
    assert max(len(page.records) for page in pages) <= 400
    ozon = next(one for page in pages for one in page.records if one.warehouse_id == "fbo")
    assert (ozon.outside_id, ozon.quantity, ozon.reserved) == (f"{products[0].id}:fbo", 40, 1)
    with records_of(integration) as records:
        assert records.fetch(RecordKind.STOCK, ozon.outside_id) == ozon


def test_stock_that_is_written_counts_reserved_pieces_so_it_reads_back_the_same(simulator, integration):
    product = make_product(simulator.cabinet)
    simulator.cabinet.stocks[product.id, MINSK] = Stock(12, 3)

    [answer] = write(integration, RecordKind.STOCK, level(product, 10))

    assert (answer.error, answer.outside_id) == (None, f"{product.id}:{MINSK}")
    assert simulator.cabinet.stocks[product.id, MINSK] == Stock(10, 3)
    sent = [request.json() for request in simulator.requests if request.path == "/v2/products/stocks"]
    assert sent == [{"stocks": [{"product_id": product.id, "warehouse_id": MINSK, "stock": 7}]}]


def test_less_than_what_is_reserved_is_nothing_free(simulator, integration):
    product = make_product(simulator.cabinet)
    simulator.cabinet.stocks[product.id, MINSK] = Stock(5, 5)

    [answer] = write(integration, RecordKind.STOCK, level(product, 2))

    assert answer.error is None
    assert simulator.cabinet.stocks[product.id, MINSK] == Stock(5, 5)


def test_each_stock_level_has_an_answer_of_its_own(simulator, integration):
    good, other = make_product(simulator.cabinet), make_product(simulator.cabinet)
    missing = StockLevel(product_id="999", warehouse_id=str(MINSK), quantity=Decimal(1))
    changes = [
        level(good, 4),
        Change(record=missing, key="missing"),
        level(other, 5, warehouse_id="77"),
        level(other, "1.5"),
        level(other, 1_000_000),
        level(other, -1),
        level(other, 6, warehouse_id="fbo"),
        level(other, 7, warehouse_id=""),
        Change(record=StockLevel(outside_id="../1:2", quantity=Decimal(1)), key="odd"),
        level(good, 8),
    ]

    answers = write(integration, RecordKind.STOCK, *changes)

    assert [answer.key for answer in answers] == [change.key for change in changes]
    assert [type(answer.error) for answer in answers] == [
        type(None),
        RemoteRejected,
        RemoteRejected,
        RemoteRejected,
        RemoteRejected,
        RemoteRejected,
        Unsupported,
        RemoteRejected,
        RemoteRejected,
        type(None),
    ]
    # Of two amounts for one pair the last one is sent: Ozon would refuse the second within 30 seconds.
    assert simulator.cabinet.stocks[good.id, MINSK] == Stock(8, 0)
    assert "WAREHOUSE_NOT_FOUND" in str(answers[2].error)


def test_the_same_pair_again_within_30_seconds_is_for_later(simulator, integration):
    simulator.goods.pair_seconds = 30.0
    product = make_product(simulator.cabinet)
    assert write(integration, RecordKind.STOCK, level(product, 4))[0].error is None

    [answer] = write(integration, RecordKind.STOCK, level(product, 5))

    assert isinstance(answer.error, RateLimited)
    assert answer.error.retry_after == 30
    assert simulator.cabinet.stocks[product.id, MINSK].present == 4


def test_the_default_warehouse_is_for_levels_without_one(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        row = connected(tenant, simulator, warehouse_id=str(MINSK))
        product = make_product(simulator.cabinet)

        [answer] = write(row, RecordKind.STOCK, level(product, 4, warehouse_id=""))

    assert answer.outside_id == f"{product.id}:{MINSK}"


def test_prices_are_written_and_nothing_else_of_a_product(simulator, integration):
    product, other = make_product(simulator.cabinet), make_product(simulator.cabinet)
    news = Product(outside_id=str(product.id), name="Another", price=Money(Decimal("1500.50"), "RUB"))
    changes = [
        Change(record=news, key="price"),
        Change(
            record=Product(outside_id=str(other.id), name="Another"), key="name", fields=frozenset({"name"})
        ),
        Change(record=Product(name="New", price=Money(Decimal(1))), key="new"),
        Change(record=Product(outside_id="999", price=Money(Decimal(1))), key="missing"),
        Change(record=Product(outside_id="x", price=Money(Decimal(1))), key="odd"),
        Change(record=Product(outside_id=str(other.id)), key="extra", extra={"min_price": "900"}),
        Change(record=Product(outside_id=str(other.id)), key="unknown", extra={"colour": "red"}),
    ]

    answers = {answer.key: answer.error for answer in write(integration, RecordKind.PRODUCT, *changes)}

    assert (product.price, product.name) == (Decimal("1500.50"), "Lamp 1")
    assert other.min_price == "900"
    assert {key: type(error) for key, error in answers.items()} == {
        "price": type(None),
        "name": Unsupported,
        "new": Unsupported,
        "missing": RemoteRejected,
        "odd": RemoteRejected,
        "extra": type(None),
        "unknown": RemoteRejected,
    }


def test_another_currency_is_refused_in_their_words(simulator, integration):
    product = make_product(simulator.cabinet)
    change = Change(record=Product(outside_id=str(product.id), price=Money(Decimal(10), "BYN")), key="k")

    [answer] = write(integration, RecordKind.PRODUCT, change)

    assert "CURRENCY_INVALID" in str(answer.error)
    assert product.price == 1990


def test_a_blocked_method_is_left_alone_for_minutes(simulator, integration, monkeypatch):
    refusal = {"code": 8, "message": "Circle is open", "details": []}
    monkeypatch.setattr(simulator, "_handle", lambda request: Reply.json(refusal, 429))

    with records_of(integration, seconds=2) as records, pytest.raises(RateLimited) as raised:
        records.read(RecordKind.PRODUCT)

    assert raised.value.retry_after == 180


def test_paging_that_does_not_move_on_is_an_error_and_no_loop(simulator, integration, monkeypatch):
    stuck = {"postings": [], "has_next": True, "cursor": ""}
    monkeypatch.setattr(simulator, "_handle", lambda request: Reply.json(stuck))

    with records_of(integration) as records, pytest.raises(OutcomeUnknown):
        records.read(RecordKind.ORDER)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/v3/posting/fbs/list", "/v4/posting/fbs/list"), ("/v2/product/list", "/v3/product/list")],
)
def test_methods_that_were_switched_off_are_not_used(simulator, path, name):
    answer = ask(simulator, path, {})

    assert (answer.status_code, name in answer.json()["message"]) == (404, True)


def test_diagnosis_names_what_the_key_may_not_do(simulator, integration):
    simulator.key.methods = tuple(one for one in simulator.key.methods if "products/stocks" not in one)
    simulator.key.expires_at = datetime.now(UTC) + timedelta(days=3)

    found = diagnose(integration)

    states = {str(check.title): check.state for check in found.checks}
    assert found.works
    assert states["Write stock"] is CheckState.WARNING
    assert states["Validity of the key"] is CheckState.WARNING
    assert states["Read FBS postings"] is CheckState.PASSED
    assert "Lamps and Tea" in str(found.checks[0].text)


def test_diagnosis_fails_without_the_right_to_read_postings_or_with_a_strange_warehouse(simulator):
    simulator.key.methods = ("/v2/warehouse/list",)
    tenant = make_tenant()
    with tenant_scope(tenant):
        found = diagnose(connected(tenant, simulator, warehouse_id="77"))

    assert [str(check.title) for check in found.checks if check.state is CheckState.FAILED] == [
        "Read FBS postings",
        "Warehouse for stock that names none",
    ]
    assert f"{MINSK} (Minsk)" in str(found.checks[-1].advice)


def test_an_expired_key_is_told_in_ozons_words(simulator, integration):
    simulator.key.expires_at = datetime.now(UTC)

    found = diagnose(integration)

    assert not found.works
    assert "deactivated" in str(found.checks[0].text)


def test_another_sellers_key_reads_nothing(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        row = connected(tenant, simulator, client_id="16")
        with records_of(row) as records, pytest.raises(AuthFailed):
            records.read(RecordKind.ORDER)


def test_limits_are_kept_without_a_refusal():
    with Simulator(products=DEFAULT_PRODUCTS).running() as simulator:
        tenant = make_tenant()
        with tenant_scope(tenant):
            row = connected(tenant, simulator)
            numbers = list(simulator.cabinet.postings)[:3]
            started = time.monotonic()
            with records_of(row, seconds=30) as records:
                for number in numbers:
                    records.fetch(RecordKind.ORDER, number)
                for _times in range(30):
                    records.read(RecordKind.PRODUCT)

    assert {request.status for request in simulator.requests} <= {200, 404}
    assert time.monotonic() - started < 30


def test_subscribing_twice_is_one_subscription_and_a_paused_one_is_resumed(simulator, integration, answering):
    with open_session(integration.pk) as session:
        hooks = session.require(WebhookRegistration)
        hooks.subscribe(answering.url, "secret")
        hooks.subscribe(answering.url, "secret")
        [one] = simulator.cabinet.subscriptions.values()
        assert hooks.is_subscribed(answering.url)
        assert not hooks.is_subscribed("https://hub.example.com/other")

        one.is_enabled = False
        assert not hooks.is_subscribed(answering.url)
        hooks.subscribe(answering.url, "secret")
        assert hooks.is_subscribed(answering.url)

        hooks.unsubscribe(answering.url)
        hooks.unsubscribe(answering.url)
        assert not hooks.is_subscribed(answering.url)
    assert simulator.cabinet.subscriptions == {}


def test_a_url_that_answers_wrongly_is_not_taken(simulator, integration, answering):
    answering.body = b"{}"

    with open_session(integration.pk) as session, pytest.raises(RemoteRejected, match="WRONG_RESULT_FIELD"):
        session.require(WebhookRegistration).subscribe(answering.url, "secret")

    assert simulator.cabinet.subscriptions == {}


def test_our_replies_are_what_ozon_wants(simulator, answering):
    answering.reply = lambda body: preset("ozon").reply(Arrival({}, "", body, time.time()), "").body
    simulator.office.connect(answering.url, ("TYPE_NEW_POSTING", "TYPE_STATE_CHANGED"))
    make_product(simulator.cabinet)

    simulator.desk.order({})
    simulator.desk.move_on({"id": next(iter(simulator.cabinet.postings))})

    assert [(push.type, push.problem) for push in simulator.cabinet.pushes] == [
        ("TYPE_PING", ""),
        ("TYPE_NEW_POSTING", ""),
        ("TYPE_STATE_CHANGED", ""),
    ]
