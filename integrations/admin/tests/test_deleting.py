"""Deleting and restoring on the pages of records: what it means is said first, for one and for the chosen rows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.actions import delete_records as many
from integrations.actions.upsert_records import upsert_records
from integrations.models import MODELS, Contact, Deal, Integration, Link, Order, SyncPlan
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.pending import queue_writes
from integrations.store.tests.test_upsert import ANNA, EVERY, NINE
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Event, Role
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def integration() -> Iterator[Integration]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield integration


def signed_in(integration: Integration, role: Role) -> Client:
    client = Client()
    client.force_login(make_member(integration.tenant, role).user)
    return client


@pytest.fixture
def client(integration: Integration) -> Client:
    return signed_in(integration, Role.MANAGER)


def keep(integration: Integration, kind: RecordKind, *records: Any) -> None:
    upsert_records(Owner.of(integration.pk), kind, records)


def page(kind: RecordKind, name: str, *args: Any) -> str:
    return reverse(f"admin:integrations_{MODELS[kind]._meta.model_name}_{name}", args=args)


def said(answer: Any) -> list[str]:
    return [str(one) for one in get_messages(answer.wsgi_request)]


def is_deleted(row: Any) -> bool:
    row.refresh_from_db()
    return row.deleted_at is not None


def chosen(rows: Any, action: str, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}


@pytest.mark.parametrize("kind", MODELS)
def test_one_is_deleted_after_it_was_said_what_that_means(
    client: Client, integration: Integration, kind: RecordKind
) -> None:
    keep(integration, kind, EVERY[kind])
    row = MODELS[kind].objects.get()
    is_mirror = kind in (RecordKind.STOCK, RecordKind.PAYMENT)
    if is_mirror:
        refused = client.post(page(kind, "delete", row.pk))
        assert refused.url == page(kind, "change", row.pk)
        assert "connected system" in said(refused)[0]
        Link.objects.all().delete()

    assert page(kind, "delete", row.pk) in client.get(page(kind, "change", row.pk)).content.decode()
    asked = client.get(page(kind, "delete", row.pk))
    assert not is_deleted(row)
    text = asked.context["text"]
    assert "1 record is marked as deleted here, and can be restored." in text
    assert ("No connected system has any of it." if is_mirror else f"{integration.name} (1)") in text
    done = client.post(page(kind, "delete", row.pk))

    assert done.url == page(kind, "changelist")
    assert is_deleted(row)
    assert AuditEntry.objects.filter(action=f"{kind}.deleted").count() == 1
    shown = client.get(page(kind, "change", row.pk)).content.decode()
    assert page(kind, "restore", row.pk) in shown
    assert page(kind, "delete", row.pk) not in shown
    assert client.post(page(kind, "delete", row.pk)).url == page(kind, "change", row.pk)
    assert 'data-tone="quiet">deleted<' in client.get(page(kind, "changelist")).content.decode()

    asked = client.get(page(kind, "restore", row.pk))
    assert "1 record is there again" in asked.context["text"]
    assert is_deleted(row)
    client.post(page(kind, "restore", row.pk))

    assert not is_deleted(row)
    assert AuditEntry.objects.filter(action=f"{kind}.restored").count() == 1
    again = client.post(page(kind, "restore", row.pk))
    assert "There is nothing to restore." in said(again)


def test_the_question_counts_what_hangs_on_it(client: Client, integration: Integration) -> None:
    keep(integration, RecordKind.CONTACT, ANNA)
    keep(integration, RecordKind.ORDER, NINE, replace(NINE, outside_id="10"))
    anna = Contact.objects.get()
    plan = SyncPlan.objects.create(
        tenant=integration.tenant, integration=integration, kind="contact", direction="both", is_enabled=True
    )
    queue_writes(plan, [anna.pk])

    text = client.get(page(RecordKind.CONTACT, "delete", anna.pk)).context["text"]
    assert "2 other records go on naming it." in text
    assert "1 change that waits to be written to a system is dropped." in text
    assert "when somebody calls" in text
    client.post(page(RecordKind.CONTACT, "delete", anna.pk))
    again = client.get(page(RecordKind.CONTACT, "restore", anna.pk)).context["text"]
    assert f"it is written to {integration.name}" in again


@pytest.mark.parametrize("across", ["0", "1"])
def test_chosen_rows_are_counted_deleted_and_restored(
    client: Client, integration: Integration, across: str
) -> None:
    keep(integration, RecordKind.ORDER, *(replace(NINE, outside_id=str(one)) for one in range(30)))
    Event.objects.all().delete()
    here = page(RecordKind.ORDER, "changelist")
    rows = list(Order.objects.order_by("-pk")[:3])
    expected = 30 if across == "1" else 3

    asked = client.post(here, chosen(rows, "delete_selected", select_across=across))
    assert f"{expected} records are marked as deleted here" in asked.context["text"]
    assert not Order.objects.filter(deleted_at__isnull=False).exists()
    hidden = dict(asked.context["hidden"])
    assert (hidden["confirmed"], hidden["select_across"]) == ("1", across)
    done = client.post(here, chosen(rows, "delete_selected", select_across=across, confirmed="1"))

    assert said(done) == [f"Deleted: {expected}."]
    assert Order.objects.filter(deleted_at__isnull=False).count() == expected
    assert Event.objects.filter(type="order.deleted").count() == expected
    assert AuditEntry.objects.filter(action="order.deleted").count() == expected
    nothing = client.post(here, chosen(rows, "delete_selected"))
    assert "None of the chosen rows" in said(nothing)[-1]

    asked = client.post(here, chosen(rows, "restore_chosen", select_across=across))
    assert f"{expected} records are there again" in asked.context["text"]
    client.post(here, chosen(rows, "restore_chosen", select_across=across, confirmed="1"))

    assert not Order.objects.filter(deleted_at__isnull=False).exists()
    assert Event.objects.filter(type="order.updated").count() == expected


def test_many_cost_as_many_statements_as_one(client: Client, integration: Integration) -> None:
    keep(
        integration,
        RecordKind.CONTACT,
        *(replace(ANNA, outside_id=str(one), phones=(), emails=()) for one in range(40)),
    )
    ids = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    costs = []
    for some in (ids[:1], ids[1:]):
        with CaptureQueriesContext(connection) as queries:
            assert many.delete_records(integration.tenant_id, RecordKind.CONTACT, some).done == len(some)
            assert many.restore_records(integration.tenant_id, RecordKind.CONTACT, some).done == len(some)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_too_many_at_a_time_are_refused(
    client: Client, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(
        integration,
        RecordKind.DEAL,
        *(replace(EVERY[RecordKind.DEAL], outside_id=str(one)) for one in (1, 2, 3)),
    )
    monkeypatch.setattr("integrations.admin.deleting.MOST", 2)

    answer = client.post(
        page(RecordKind.DEAL, "changelist"),
        chosen(Deal.objects.all(), "delete_selected", select_across="1", confirmed="1"),
    )

    assert "More than 2 at a time are too many" in said(answer)[0]
    assert not Deal.objects.filter(deleted_at__isnull=False).exists()


def test_what_only_mirrors_a_count_stays_and_it_is_said_why(client: Client, integration: Integration) -> None:
    level = EVERY[RecordKind.STOCK]
    keep(integration, RecordKind.STOCK, level, replace(level, outside_id="other"))
    Link.objects.filter(outside_id="other").delete()
    rows = MODELS[RecordKind.STOCK].objects.order_by("pk")
    here = page(RecordKind.STOCK, "changelist")

    asked = client.post(here, chosen(rows, "delete_selected"))
    assert "1 record is marked" in asked.context["text"]
    assert "1 stays as it is." in asked.context["text"]
    done = client.post(here, chosen(rows, "delete_selected", confirmed="1"))

    assert said(done)[0] == "Deleted: 1."
    assert said(done)[1] == "1 stays as it is."
    assert rows.filter(deleted_at__isnull=True).count() == 1
    refused = client.post(here, chosen(rows.filter(deleted_at__isnull=True), "delete_selected"))
    assert "1 stays as it is." in said(refused)
    assert rows.filter(deleted_at__isnull=True).count() == 1


@pytest.mark.parametrize("kind", MODELS)
def test_nobody_else_deletes_or_restores(integration: Integration, kind: RecordKind) -> None:
    keep(integration, kind, EVERY[kind])
    row = MODELS[kind].objects.get()
    stranger = signed_in(make_integration(make_tenant()), Role.OWNER)
    agent = signed_in(integration, Role.AGENT)

    for somebody in (stranger, agent):
        for name in ("delete", "restore"):
            for ask in (somebody.get, somebody.post):
                assert ask(page(kind, name, row.pk)).status_code in (403, 404)
    stranger.post(page(kind, "changelist"), chosen([row], "delete_selected", confirmed="1"))
    row.refresh_from_db()
    assert row.deleted_at is None
