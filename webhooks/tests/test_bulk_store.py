"""Millions of stored deliveries: every list and the retention read their rows from an index, by the planner's own choice."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.ids import uuid7_at
from tenants.models import Event
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_tenant
from webhooks.actions import forget_old
from webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, Payload, Trigger
from webhooks.selectors import DeliveryFilter, deliveries, events, unwell_counts
from webhooks.statistics import failed_since, today
from webhooks.tests.factories import make_endpoint
from webhooks.tests.test_admin import signed_in

COMPANIES, EACH = 4, 2000
PARTIAL = ("delivery_unwell", "delivery_endpoint_unwell", "delivery_by_hand")
NOW = timezone.now()


@pytest.fixture
def crowded(db) -> list[Endpoint]:
    """Deliveries of a month in several companies, as real ones are spread: nearly all automatic and delivered."""
    endpoints = []
    with all_tenants():
        for _n in range(COMPANIES):
            endpoints += [make_endpoint(tenant)[0] for tenant in [make_tenant()] for _m in range(2)]
        for number, endpoint in enumerate(endpoints):
            fill(endpoint, EACH // 2, number)
        with connection.cursor() as cursor:
            for table in ("webhooks_delivery", "tenants_event", "webhooks_attempt", "webhooks_payload"):
                cursor.execute(f"ANALYZE {table}")
    return endpoints


def fill(endpoint: Endpoint, count: int, salt: int) -> None:
    made = [NOW - timedelta(minutes=45 * n + salt) for n in range(count)]
    ids = [uuid.UUID(int=uuid7_at(moment).int + salt * 100_000 + n) for n, moment in enumerate(made)]
    types = ["shop.seldom" if n % 300 == 299 else "call.ended" for n in range(count)]
    owner: Any = {"tenant_id": endpoint.tenant_id}
    Event.objects.bulk_create(
        Event(id=id_, type=type_, data={}, key=str(id_), occurred_at=moment, **owner)
        for id_, type_, moment in zip(ids, types, made, strict=True)
    )
    Payload.objects.bulk_create(Payload(id=id_, event_id=id_, body=b"{}", **owner) for id_ in ids)
    Delivery.objects.bulk_create(
        Delivery(
            id=id_,
            event_id=id_,
            endpoint=endpoint,
            event_type=type_,
            state=DeliveryState.FAILED if n % 50 == 49 else DeliveryState.DONE,
            trigger=Trigger.MANUAL if n % 100 == 99 else Trigger.AUTO,
            **owner,
        )
        for n, (id_, type_) in enumerate(zip(ids, types, strict=True))
    )
    Attempt.objects.bulk_create(
        Attempt(delivery_id=id_, n=1, trigger="auto", started_at=moment, **owner)
        for id_, moment in zip(ids, made, strict=True)
    )


def steps(queryset: Any) -> str:
    return str(queryset.explain())


def assert_read_from(plan: str, *indexes: str) -> None:
    """From one of these: nothing is scanned as a whole.

    SQLite uses no partial index for a value that is bound; there the company's own log is walked, from the newest on.
    """
    if connection.vendor == "sqlite" and any(name in PARTIAL for name in indexes):
        indexes = (*indexes, "delivery_recent", "delivery_endpoint_recent")
    assert any(name in plan for name in indexes), plan
    for table in ("webhooks_delivery", "tenants_event", "webhooks_attempt", "webhooks_payload"):
        assert f"Seq Scan on {table}" not in plan, plan
        assert f"SCAN {table}\n" not in f"{plan}\n", plan


def assert_sorted_by_it(plan: str) -> None:
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


LISTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "all": ({}, ("delivery_recent",)),
    "an endpoint": ({"endpoint": None}, ("delivery_endpoint_recent",)),
    "failed": ({"state": "failed"}, ("delivery_unwell",)),
    "failed of an endpoint": (
        {"state": "failed", "endpoint": None},
        ("delivery_endpoint_unwell", "delivery_unwell"),
    ),
    "a seldom type": ({"event_type": "shop.seldom"}, ("delivery_type_recent",)),
    "far back": ({"until": NOW - timedelta(days=25)}, ("delivery_recent",)),
    "lately": ({"since": NOW - timedelta(hours=3)}, ("delivery_recent",)),
}


def test_every_list_comes_from_an_index(crowded):
    endpoint = crowded[4]
    with tenant_scope(endpoint.tenant):
        for wanted, indexes in LISTS.values():
            own: dict[str, Any] = {"endpoint": endpoint.pk} if "endpoint" in wanted else {}
            plan = steps(deliveries(DeliveryFilter(**(wanted | own))).select_related(None)[:26])
            assert_read_from(plan, *indexes)
            assert_sorted_by_it(plan)
        by_hand = steps(Delivery.objects.filter(trigger=Trigger.MANUAL).order_by("-id")[:26])
        seldom = steps(events("shop.seldom")[:26])

    assert_read_from(by_hand, "delivery_by_hand")
    assert_read_from(seldom, "event_type_recent")
    assert_sorted_by_it(seldom)


def test_counts_and_the_first_page(crowded):
    endpoint = crowded[4]
    with tenant_scope(endpoint.tenant):
        plan = steps(Delivery.objects.filter(endpoint=endpoint).exclude(state=DeliveryState.DONE))
        with CaptureQueriesContext(connection) as asked:
            figures, failed = today(NOW - timedelta(days=10)), failed_since(NOW - timedelta(days=10))
        counts = unwell_counts(endpoint)

    assert_read_from(plan, "delivery_endpoint_unwell", "delivery_unwell", "delivery_endpoint_recent")
    assert len(asked) == 3
    assert (figures["done"], figures["pending"]) == (
        0,
        0,
    )  # no tallies were made here, and nothing else is counted
    assert failed == 12
    assert counts == {"failed": 20}


def test_the_admins_pages_neither_count_nor_skip(crowded):
    client = signed_in(crowded[4].tenant)
    for query in ("", "?q=shop", "?state__exact=failed", "?trigger__exact=manual"):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("admin:webhooks_delivery_changelist") + query)
        about = [one["sql"] for one in asked if 'FROM "webhooks_delivery"' in one["sql"]]
        assert page.status_code == 200
        assert not [
            sql for sql in about if "COUNT(" in sql or "OFFSET" in sql or "UPPER(" in sql or "LIKE" in sql
        ]
    assert len(page.context["cl"].result_list) == 20


def test_retention_reads_the_oldest_by_the_key(crowded, monkeypatch):
    monkeypatch.setattr(forget_old, "BATCH", 10)
    before = NOW - timedelta(days=30)
    with all_tenants():
        done = Delivery.objects.filter(state=DeliveryState.DONE)
        plans = [
            steps(forget_old._old(rows, uuid.UUID(int=0), before))
            for rows in (done, Payload.objects.all(), Delivery.objects.exclude(state=DeliveryState.PENDING))
        ]
        ids = list(done.values_list("id", flat=True)[:1000])
        by_delivery = steps(Attempt.objects.filter(delivery__in=ids[:3]))

    for plan in plans:
        assert_read_from(plan, "_pkey", "sqlite_autoindex", "USING PRIMARY KEY")
        assert_sorted_by_it(plan)
    assert_read_from(by_delivery, "attempt_number", "sqlite_autoindex")


def test_retention_looks_at_every_row_once(crowded, monkeypatch):
    """What is kept for longer is not read again with each batch."""
    monkeypatch.setattr(forget_old, "BATCH", 100)
    with all_tenants():
        old = Delivery.objects.filter(state=DeliveryState.DONE, id__lt=uuid7_at(NOW - timedelta(days=30)))
        count, all_there, failed = (
            old.count(),
            Delivery.objects.count(),
            Delivery.objects.exclude(state="done").count(),
        )
        with CaptureQueriesContext(connection) as asked:
            removed = forget_old.forget_old(NOW)

        assert removed["deliveries"] == count > 100
        assert Delivery.objects.count() == all_there - count
        assert Delivery.objects.exclude(state="done").count() == failed
        assert Attempt.objects.count() == Delivery.objects.count()
    selects = [
        one["sql"] for one in asked if one["sql"].startswith("SELECT") and "webhooks_delivery" in one["sql"]
    ]
    batches = -(-count // 100)
    # One more that finds nothing left, the same for what is kept for longer, and none a second time.
    assert len([sql for sql in selects if "webhooks_payload" not in sql]) <= batches + 3
