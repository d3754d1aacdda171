"""The pages of duplicates and people: compared, merged, dismissed, undone, changed, and for managers only."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.actions.upsert_records import upsert_records
from integrations.duplicates import jobs
from integrations.models import (
    Company,
    Contact,
    DuplicateGroup,
    DuplicateJob,
    DuplicateRules,
    Integration,
    RecordMerge,
)
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Role
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant
from tenants.work import drain

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


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:integrations_{name}", args=args)


def furnish(client: Client, integration: Integration, count: int = 2) -> None:
    """Pairs with the same number, found by a search that the button began."""
    found = [
        replace(ANNA, outside_id=str(one), name=f"Anna {one}", phones=(f"+3752912{one // 2:05d}",), emails=(),
                position="clerk" if one % 2 else "")
        for one in range(count)
    ]  # fmt: skip
    upsert_records(Owner.of(integration.pk), RecordKind.CONTACT, found)
    client.post(page("duplicategroup_search"))
    drain(jobs.LANE)


def test_a_group_is_looked_at_and_merged_as_was_chosen(client: Client, integration: Integration) -> None:
    furnish(client, integration)
    group = DuplicateGroup.objects.get()
    anna, other = Contact.objects.order_by("pk")

    shown = client.get(page("duplicategroup_change", group.pk)).content.decode()
    assert "Anna 0" in shown
    assert f'name="choice-position" value="{other.pk}" checked' in shown
    assert "Anna 1" in client.get(page("contact_change", anna.pk)).content.decode()
    nobody = client.post(page("duplicategroup_merge", group.pk), {"survivor": str(anna.pk)})
    assert nobody.url == page("duplicategroup_change", group.pk)

    answer = client.post(
        page("duplicategroup_merge", group.pk),
        {
            "survivor": str(anna.pk),
            "record": [str(anna.pk), str(other.pk)],
            "choice-name": str(other.pk),
            "choice-position": str(anna.pk),
        },
    )

    merge = RecordMerge.objects.get()
    assert answer.url == page("recordmerge_change", merge.pk)
    anna.refresh_from_db()
    assert (anna.name, anna.position) == ("Anna 1", "")
    assert "Anna 0" in client.get(answer.url).content.decode()
    assert [row.pk for row in client.get(page("contact_changelist")).context["cl"].result_list] == [anna.pk]
    gone = client.get(page("contact_change", other.pk)).content.decode()
    assert page("contact_change", anna.pk) in gone
    assert 'name="_save"' not in gone
    assert client.get(page("recordmerge_changelist")).status_code == 200

    client.post(page("recordmerge_undo", merge.pk))
    other.refresh_from_db()
    assert other.merged_into is None
    assert client.get(page("duplicategroup_changelist")).context["cl"].result_list == []
    dismissed = client.get(page("duplicategroup_changelist"), {"dismissed": "1"})
    assert len(dismissed.context["cl"].result_list) == 1


@pytest.mark.parametrize(("across", "merged"), [("0", 1), ("1", 3)])
def test_many_are_counted_first_and_merged_in_the_background(
    client: Client, integration: Integration, across: str, merged: int
) -> None:
    furnish(client, integration, 6)
    chosen = {
        "action": "merge_chosen",
        "select_across": across,
        "_selected_action": [str(DuplicateGroup.objects.order_by("pk")[0].pk)],
    }

    asked = client.post(page("duplicategroup_changelist"), chosen)
    assert f"Groups: {merged}." in asked.content.decode() or f": {merged}." in asked.content.decode()
    assert not RecordMerge.objects.exists()
    begun = client.post(page("duplicategroup_changelist"), {**chosen, "confirmed": "1"})
    drain(jobs.LANE)

    job = DuplicateJob.objects.get(task="merge")
    assert begun.url == page("duplicatejob_change", job.pk)
    assert (job.merged, RecordMerge.objects.count()) == (merged, merged)
    assert client.get(begun.url).status_code == 200
    (told,) = client.get(page("duplicatejob_status"), {"ids": str(job.pk)}).json()["exports"]
    assert (told["percent"], told["is_finished"]) == (100, True)
    assert client.post(page("duplicatejob_cancel", job.pk)).status_code == 302


def test_groups_are_dismissed(client: Client, integration: Integration) -> None:
    furnish(client, integration, 4)
    one, other = DuplicateGroup.objects.order_by("pk")

    client.post(page("duplicategroup_dismiss", one.pk))
    chosen = {"action": "dismiss_chosen", "_selected_action": [str(other.pk)]}
    client.post(page("duplicategroup_changelist"), chosen)

    assert DuplicateGroup.objects.filter(dismissed_at__isnull=False).count() == 2
    assert AuditEntry.objects.filter(action="duplicategroup.dismissed").count() == 2


def test_a_list_of_groups_costs_the_same_however_long_it_is(client: Client, integration: Integration) -> None:
    costs = []
    for count in (4, 40):
        furnish(client, integration, count)
        client.get(page("duplicategroup_changelist"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page("duplicategroup_changelist")).status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 20


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send of an untouched form."""
    form = client.get(address).context["adminform"].form
    return {name: form[name].value() or "" for name in form.fields} | {
        name: "\n".join(form.initial.get(name) or []) for name in ("phones", "emails")
    }


def test_a_contact_is_changed_here_and_whoever_is_slower_is_told(
    client: Client, integration: Integration
) -> None:
    upsert_records(Owner.of(integration.pk), RecordKind.CONTACT, [ANNA])
    anna = Contact.objects.get()
    address = page("contact_change", anna.pk)
    sent = form_of(client, address)

    refused = client.post(address, {**sent, "phones": "call me"})
    assert "call me" in str(refused.context["adminform"].form.errors["phones"])
    saved = client.post(address, {**sent, "name": "Anne", "phones": "+375291234570\n8 029 123-45-71"})
    late = client.post(address, {**sent, "name": "Annie"})

    assert saved.status_code == 302, saved.context["adminform"].form.errors
    assert late.status_code == 200
    anna.refresh_from_db()
    assert (anna.name, anna.phones) == ("Anne", ["+375291234570", "+375291234571"])
    assert anna.custom == {"UF_1": "gold"}
    entry = AuditEntry.objects.get(action="contact.updated")
    assert (entry.before["name"], entry.after["name"]) == ("Anna Example", "Anne")


def test_a_company_is_made_here(client: Client, integration: Integration) -> None:
    assert client.get(page("company_add")).status_code == 200
    body = {
        "name": "June",
        "phones": "+375 17 200-00-00",
        "emails": "",
        "website": "",
        "tax_number": "190000000",
    }

    empty = client.post(page("company_add"), {**body, "name": "", "phones": ""})
    assert empty.status_code == 200
    made = client.post(page("company_add"), body)

    assert made.status_code == 302, made.context["adminform"].form.errors
    row = Company.objects.get()
    assert (row.name, row.phones, row.search_key) == ("June", ["+375172000000"], "june")
    assert AuditEntry.objects.filter(action="company.created").count() == 1


def test_who_may(integration: Integration, client: Client) -> None:
    furnish(client, integration)
    group, anna = DuplicateGroup.objects.get(), Contact.objects.order_by("pk")[0]
    agent, admin = signed_in(integration, Role.AGENT), signed_in(integration, Role.ADMIN)

    for address in (page("duplicategroup_changelist"), page("contact_change", anna.pk)):
        assert agent.get(address).status_code == 403
    assert agent.post(page("duplicategroup_merge", group.pk)).status_code == 404
    assert client.post(page("duplicaterules_add"), {"contacts": "never"}).status_code == 403
    answer = admin.post(
        page("duplicaterules_add"), {"contacts": "phone_email", "companies": "never", "is_nightly": "on"}
    )
    assert answer.status_code == 302
    assert DuplicateRules.objects.get().contacts == "phone_email"
    assert admin.get(page("duplicaterules_add")).status_code == 302


def test_another_companys_groups_and_merges_are_not_there(client: Client, integration: Integration) -> None:
    furnish(client, integration)
    group = DuplicateGroup.objects.get()
    stranger = signed_in(make_integration(make_tenant()), Role.OWNER)

    assert stranger.post(page("duplicategroup_merge", group.pk)).status_code == 404
    assert stranger.post(page("duplicategroup_dismiss", group.pk)).status_code == 404
    assert len(stranger.get(page("duplicategroup_changelist")).context["cl"].result_list) == 0
