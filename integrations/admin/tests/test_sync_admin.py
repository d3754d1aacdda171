"""The pages of records and synchronisations: found, shown, begun, cancelled and decided."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.actions.run_sync import run_sync
from integrations.actions.upsert_records import upsert_records
from integrations.models import (
    MODELS,
    Contact,
    Integration,
    Link,
    Order,
    PendingWrite,
    RunState,
    StockLevel,
    SyncConflict,
    SyncPlan,
    SyncRun,
)
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA, EVERY, NINE
from integrations.tests.factories import make_integration
from tenants.models import Role
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def integration() -> Iterator[Integration]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield integration


@pytest.fixture
def client(integration: Integration) -> Client:
    client = Client()
    client.force_login(make_member(integration.tenant, Role.MANAGER).user)
    return client


@pytest.fixture
def plan(integration: Integration) -> SyncPlan:
    plan = SyncPlan(tenant=integration.tenant, integration=integration, kind=RecordKind.CONTACT)
    plan.save()
    return plan


def names(client: Client, **query: str) -> list[str]:
    answer = client.get(reverse("admin:integrations_contact_changelist"), query)
    assert answer.status_code == 200
    return sorted(row.name for row in answer.context["cl"].result_list)


def test_contacts_are_found_by_what_people_know(client: Client, integration: Integration) -> None:
    bob = replace(ANNA, outside_id="b-52", name="Bob", phones=("+375291234571",), emails=("bob@example.com",))
    upsert_records(Owner.of(integration.pk), RecordKind.CONTACT, [ANNA, bob])

    assert names(client) == ["Anna Example", "Bob"]
    assert names(client, q="8 029 123-45-71") == ["Bob"]
    assert names(client, q="BOB@example.com") == ["Bob"]
    assert names(client, q="anna ex") == ["Anna Example"]
    assert names(client, q="b-52") == ["Bob"]
    assert names(client, q="example") == []
    assert names(client, deleted="1") == []


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_has_a_list_and_a_page(client: Client, integration: Integration, kind: RecordKind) -> None:
    upsert_records(Owner.of(integration.pk), kind, [EVERY[kind]])
    name = MODELS[kind]._meta.model_name
    row = MODELS[kind].objects.get()

    assert client.get(reverse(f"admin:integrations_{name}_changelist")).status_code == 200
    page = client.get(reverse(f"admin:integrations_{name}_change", args=[row.pk]))

    assert page.status_code == 200
    assert integration.name in page.content.decode()


def test_an_orders_page_leads_to_its_client_and_shows_its_lines(
    client: Client, integration: Integration
) -> None:
    owner = Owner.of(integration.pk)
    upsert_records(owner, RecordKind.CONTACT, [ANNA])
    upsert_records(owner, RecordKind.ORDER, [NINE])

    page = client.get(
        reverse("admin:integrations_order_change", args=[Order.objects.get().pk])
    ).content.decode()

    assert reverse("admin:integrations_contact_change", args=[Contact.objects.get().pk]) in page
    assert "Lamp" in page
    assert "201" in page


def test_a_list_costs_the_same_however_long_it_is(client: Client, integration: Integration) -> None:
    costs = []
    for count in (2, 24):
        orders = [replace(NINE, outside_id=str(one)) for one in range(count)]
        upsert_records(Owner.of(integration.pk), RecordKind.ORDER, orders)
        client.get(reverse("admin:integrations_order_changelist"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("admin:integrations_order_changelist"))
        costs.append(len(queries))

    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("now", (False, False, False)),
        ("full", (True, False, False)),
        ("dry", (True, True, False)),
        ("accept", (True, False, True)),
    ],
)
def test_a_run_is_begun_by_a_button(
    client: Client, plan: SyncPlan, how: str, wanted: tuple[bool, ...]
) -> None:
    assert client.get(reverse("admin:integrations_syncplan_change", args=[plan.pk])).status_code == 200
    address = reverse("admin:integrations_syncplan_run", args=[plan.pk])
    assert client.get(address).status_code == 405

    begun = client.post(address, {"how": how})

    run = SyncRun.objects.get()
    assert begun["Location"] == reverse("admin:integrations_syncrun_change", args=[run.pk])
    assert (run.is_full, run.is_dry, run.allows_deletions) == wanted
    client.post(address, {"how": how})
    assert SyncRun.objects.count() == 1


def test_a_run_is_watched_and_cancelled(client: Client, plan: SyncPlan) -> None:
    run = run_sync(plan)
    SyncRun.objects.update(total=200, read=50, state=RunState.RUNNING)

    (live,) = client.get(reverse("admin:integrations_syncrun_status"), {"ids": str(run.pk)}).json()["exports"]
    assert (live["percent"], live["is_finished"], live["rows"]) == (25, False, "read: 50")
    assert client.get(reverse("admin:integrations_syncrun_change", args=[run.pk])).status_code == 200
    assert client.get(reverse("admin:integrations_syncrun_changelist")).status_code == 200

    client.post(reverse("admin:integrations_syncrun_cancel", args=[run.pk]))

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_a_conflict_is_shown_and_decided(client: Client, integration: Integration, plan: SyncPlan) -> None:
    upsert_records(Owner.of(integration.pk), RecordKind.CONTACT, [ANNA])
    link = Link.objects.get()
    conflict = SyncConflict(
        tenant=integration.tenant, plan=plan, link=link, kind="contact", record_id=link.record_id, title="Anna",
        fields={"name": {"ours": "Anna Example", "theirs": "Anne <b>"}},
    )  # fmt: skip
    conflict.save()

    page = client.get(reverse("admin:integrations_syncconflict_change", args=[conflict.pk])).content.decode()
    assert "Anne &lt;b&gt;" in page
    client.post(reverse("admin:integrations_syncconflict_resolve", args=[conflict.pk]), {"resolution": "x"})
    assert Contact.objects.get().name == "Anna Example"
    client.post(
        reverse("admin:integrations_syncconflict_resolve", args=[conflict.pk]), {"resolution": "theirs"}
    )

    assert Contact.objects.get().name == "Anne <b>"
    assert client.get(reverse("admin:integrations_syncconflict_changelist"), {"open": "1"}).status_code == 200


def test_what_both_sides_say_is_told_in_words(
    client: Client, integration: Integration, plan: SyncPlan
) -> None:
    upsert_records(Owner.of(integration.pk), RecordKind.CONTACT, [ANNA])
    link = Link.objects.get()
    numbers = ["+375291234567", "+375447654321"]
    fields = {"phones": {"ours": [], "theirs": numbers}, "comment": {"ours": None, "theirs": ""}}
    conflict = SyncConflict.objects.create(
        tenant=plan.tenant, plan=plan, link=link, kind="contact", record_id=link.record_id, fields=fields
    )

    page = client.get(reverse("admin:integrations_syncconflict_change", args=[conflict.pk])).content.decode()

    assert "<td>—</td><td>+375291234567\n+375447654321</td>" in page
    assert "<td>—</td><td>—</td>" in page
    assert "None" not in page[page.index("export-sides") : page.index("</table>")]


def test_a_run_that_may_have_missed_something_does_not_look_like_one_that_has_not(
    client: Client, plan: SyncPlan
) -> None:
    done = RunState.COMPLETED
    whole = SyncRun.objects.create(tenant=plan.tenant, plan=plan, state=done)
    partial = SyncRun.objects.create(tenant=plan.tenant, plan=plan, state=done, is_incomplete=True)

    answer = client.get(
        reverse("admin:integrations_syncrun_status"), {"ids": f"{whole.pk},{partial.pk}"}
    ).json()

    told = {one["id"]: (one["label"], one["tone"]) for one in answer["exports"]}
    assert told == {
        str(whole.pk): ("completed", "good"),
        str(partial.pk): ("completed, but incomplete", "warn"),
    }
    page = client.get(reverse("admin:integrations_syncplan_change", args=[plan.pk])).content.decode()
    assert "<strong>completed, but incomplete</strong>" in page


def test_who_may_not_look_begins_nothing(integration: Integration, plan: SyncPlan) -> None:
    for role in (Role.AGENT, Role.VIEWER):
        client = Client()
        client.force_login(make_member(integration.tenant, role).user)
        assert client.get(reverse("admin:integrations_contact_changelist")).status_code == 403
        client.post(reverse("admin:integrations_syncplan_run", args=[plan.pk]), {"how": "now"})
    stranger = Client()
    stranger.force_login(make_member(make_tenant(), Role.OWNER).user)
    assert stranger.post(reverse("admin:integrations_syncplan_run", args=[plan.pk])).status_code == 404

    assert not SyncRun.objects.exists()


def _parked(integration: Integration, kind: str, ids: Sequence[UUID]) -> list[PendingWrite]:
    plan, _made = SyncPlan.objects.get_or_create(
        tenant=integration.tenant, integration=integration, kind=kind
    )
    return [
        PendingWrite.objects.create(
            tenant=integration.tenant, plan=plan, record_id=one, is_parked=True, error="It was refused."
        )
        for one in ids
    ]


def test_pending_writes_name_their_records_at_the_same_cost_however_many() -> None:
    row = make_integration(make_tenant())
    client = Client()
    client.force_login(make_member(row.tenant, Role.MANAGER).user)
    page = reverse("admin:integrations_pendingwrite_changelist")
    costs = []
    with tenant_scope(row.tenant):
        for count in (1, 9):
            people = [Contact.objects.create(tenant=row.tenant, name=f"Anna <{n}>") for n in range(count)]
            _parked(row, "contact", [one.pk for one in people])
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                shown = client.get(page).content.decode()
            costs.append(len(queries))
        last = people[-1]
        level = StockLevel.objects.create(tenant=row.tenant, warehouse="Main", sku="A-1")
        [of_stock, of_nobody] = _parked(row, "stock", [level.pk, uuid4()])

        assert costs[0] == costs[1]
        address = reverse("admin:integrations_contact_change", args=[last.pk])
        assert f'href="{address}">Anna &lt;8&gt;</a>' in shown
        for write, wanted in (
            (of_stock, reverse("admin:integrations_stocklevel_change", args=[level.pk])),
            (of_nobody, "no longer there"),
        ):
            own = reverse("admin:integrations_pendingwrite_change", args=[write.pk])
            assert wanted in client.get(own, headers={"accept-language": "en"}).content.decode()
        everything = client.get(page).content.decode()
    assert everything.count("Anna &lt;8&gt;") == 1
