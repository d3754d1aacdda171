"""The catalogue: every type that the documentation names, found by words, and what it says of itself is true."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from config.env import BASE_DIR
from tenants.events import NAME, NewEvent, emit_many, event_types
from tenants.work import drain
from webhooks.models import OwnEventType, Payload
from webhooks.schemas import data_problems
from webhooks.tests.factories import make_endpoint
from webhooks.tests.test_admin import page, signed_in
from webhooks.tests.test_api import client_of

WANTED = [
    "document.uploaded",
    "document.processed",
    "document.deleted",
    "document.shared",
    "user.registered",
    "user.login",
    "user.updated",
    "user.deleted",
    "rag.query.completed",
    "search.performed",
    "system.alert",
    "security.violation",
    "custom.event",
    "call.started",
    "call.answered",
    "call.ended",
    "call.missed",
    "contact.created",
    "contact.updated",
    "contact.deleted",
    "deal.created",
    "deal.updated",
    "deal.won",
    "deal.lost",
    "deal.deleted",
    "order.created",
    "order.updated",
    "order.paid",
    "order.cancelled",
    "order.deleted",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.stock_changed",
    "invoice.created",
    "invoice.updated",
    "invoice.paid",
    "invoice.cancelled",
    "payment.created",
    "payment.succeeded",
    "payment.failed",
    "payment.refunded",
    "message.received",
    "message.sent",
    "message.delivered",
    "message.read",
    "message.failed",
    "export.completed",
    "export.failed",
    "export.expired",
    "sync.started",
    "sync.completed",
    "sync.failed",
    "integration.failing",
    "integration.recovered",
    "audit.created",
    "audit.changed",
    "audit.deleted",
    "audit.session",
    "audit.action",
    "endpoint.failing",
    "endpoint.recovered",
    "endpoint.disabled",
    "endpoint.enabled",
    "inbound.received",
    "report.daily",
    "report.weekly",
    "webhook.test",
]


def test_every_type_is_there_with_schema_example_and_words():
    known = {one.name: one for one in event_types()}

    assert set(WANTED) - known.keys() == set()
    for one in known.values():
        with override("en"):
            assert NAME.match(one.name)
            assert str(one.title)
            assert str(one.description).endswith(".")
            assert one.version >= 1
            assert data_problems(one.schema, dict(one.example)) == [], one.name


def test_what_only_outsiders_publish_says_so():
    with override("en"):
        told = {one.name for one in event_types() if "Published by" in str(one.description)}
    external = {one.name for one in event_types() if one.is_external}

    assert told == external
    assert {name.partition(".")[0] for name in external} == {"document", "rag", "search", "custom"}
    assert all(one.is_publishable for one in event_types() if one.is_external)


def test_the_catalogue_is_searched_by_words(tenant):
    OwnEventType.objects.create(tenant=tenant, name="shop.cart.abandoned", title="Cart abandoned")
    api, admin = client_of(tenant), signed_in(tenant)

    found = [one["name"] for one in api.get("/api/v1/event-types?search=CART abandoned").json()]
    invoices = [one["name"] for one in api.get("/api/v1/event-types?search=invoice.").json()]
    shown = admin.get(page("owneventtype_catalogue") + "?q=cart").content.decode()
    nothing = admin.get(page("owneventtype_catalogue") + "?q=zzzz").content.decode()

    assert found == ["shop.cart.abandoned"]
    assert len(invoices) == 4
    assert "shop.cart.abandoned" in shown
    assert "call.ended" not in shown
    assert "No type of event has all of these words." in nothing


def test_a_batch_of_a_companys_own_type_asks_for_its_title_once(tenant):
    OwnEventType.objects.create(tenant=tenant, name="shop.cart.abandoned", title="Cart abandoned")
    make_endpoint(tenant, "https://hooks.example.com/x", ["shop.*"], format="slack")
    asked = {}
    for count in (2, 20):
        now = timezone.now()
        emit_many(
            [
                NewEvent(tenant.pk, "shop.cart.abandoned", {}, f"{count}:{n}", None, now, is_own_type=True)
                for n in range(count)
            ]
        )
        with CaptureQueriesContext(connection) as queries:
            drain("webhooks.fanout")
        asked[count] = sum("webhooks_owneventtype" in one["sql"] for one in queries)

    assert asked == {2: 1, 20: 1}
    assert Payload.objects.count() == 22
    assert all(b"Cart abandoned" in bytes(one.body) for one in Payload.objects.all())


@pytest.fixture(scope="module")
def table() -> list[list[str]]:
    text = (
        (Path(BASE_DIR) / "docs" / "webhooks.md").read_text().partition("## Beside the dedicated services")[2]
    )
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| \d.*$", text, re.M)
    ]


def test_every_feature_of_the_comparison_has_its_answer_and_its_proof(table):
    assert [int(number) for number, *_rest in table] == list(range(1, 83))
    for _number, what, here, shown in table:
        assert what
        assert here
        files = re.findall(r"`([^`]+)`", shown)
        assert all((Path(BASE_DIR) / file).is_file() for file in files), files
        # What is not there says why; what is there is shown.
        assert files or re.match(r"no: .{20,}", here), what
