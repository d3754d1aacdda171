"""Whose number is which, from a file."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.actions import apply_import
from exports.imports.lane import LANE
from exports.tests.imports import actions_of, applied, apply, fresh, previewed, rows_of, undo, upload
from integrations.actions.assign_extension import assign_extension
from integrations.models import ExtensionAssignment, Integration
from integrations.selectors import assignments_in_force
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension
from tenants.work import drain

FILE = "integration,outside_user_id,extension\nMain CRM,19,150\nMain CRM,18,151\n"


@pytest.fixture
def crm(tenant: Tenant) -> Integration:
    for number in ("150", "151", "152"):
        make_extension(tenant, number)
    return make_integration(tenant)


def in_force(tenant: Tenant, crm: Integration) -> dict[str, str]:
    with tenant_scope(tenant):
        return assignments_in_force(crm)


def test_numbers_are_given_changed_and_taken_back(tenant: Tenant, crm: Integration) -> None:
    with tenant_scope(tenant):
        assign_extension(crm, "18", "152")
        before = Integration.objects.get(pk=crm.pk).directory_wanted

    job = applied(tenant, FILE, "extension_mappings")

    assert (job.new, job.changed, in_force(tenant, crm)) == (1, 1, {"19": "150", "18": "151"})
    assert actions_of(previewed(tenant, FILE, "extension_mappings")) == {2: "same", 3: "same"}
    with tenant_scope(tenant):
        assert Integration.objects.get(pk=crm.pk).directory_wanted > before
        assert AuditEntry.objects.filter(action="integration.extension_assigned").count() == 3
    assert (undo(job).undone, in_force(tenant, crm)) == (2, {"18": "152"})


def test_what_is_not_there_or_not_free_is_named(tenant: Tenant, crm: Integration) -> None:
    with tenant_scope(tenant):
        assign_extension(crm, "7", "152")
    rows = [
        "Other,19,150",
        "Main CRM,19,999",
        "Main CRM,,150",
        "Main CRM,,",
        "Other,19,",
        "Main CRM,20,152",
        "Main CRM,1,151",
        "Main CRM,2,151",
    ]

    job = previewed(tenant, "integration,outside_user_id,extension\n" + "\n".join(rows), "extension_mappings")

    assert [row.part("errors") for row in rows_of(job)] == [
        {"integration": "There is no integration of this name."},
        {"extension": "There is no extension 999."},
        {"outside_user_id": "It is empty."},
        {"outside_user_id": "It is empty."},
        {"integration": "There is no integration of this name."},
        {"extension": "It belongs to the user 7 there: take it away first."},
        {"extension": "The file gives it to two users."},
        {"extension": "The file gives it to two users."},
    ]


def test_a_number_that_was_given_away_meanwhile_is_left(tenant: Tenant, crm: Integration) -> None:
    job = previewed(tenant, FILE, "extension_mappings")
    with tenant_scope(tenant):
        assign_extension(crm, "7", "150")
        apply_import(job)
    drain(LANE)

    assert (fresh(job).written, fresh(job).refused) == (1, 1)
    assert in_force(tenant, crm) == {"7": "150", "18": "151"}


AWAY = "integration,outside_user_id,extension\nMain CRM,19,\nMain CRM,18,151\nMain CRM,99,\n"


def test_an_empty_extension_takes_the_number_away_until_it_is_undone(
    tenant: Tenant, crm: Integration
) -> None:
    applied(tenant, FILE, "extension_mappings")

    job = previewed(tenant, AWAY, "extension_mappings")

    assert actions_of(job) == {2: "removed", 3: "same", 4: "same"}
    assert (job.removed, job.same, job.to_write) == (1, 2, 1)
    first = rows_of(job)[0]
    assert (first.content["title"], first.part("values")) == ("Main CRM: 19", {"extension": None})
    assert first.part("before") == {"integration": "Main CRM", "outside_user_id": "19", "extension": "150"}
    job = apply(job)
    assert (job.written, in_force(tenant, crm)) == (1, {"18": "151"})
    with tenant_scope(tenant):
        assert AuditEntry.objects.filter(action="integration.extension_assigned").count() == 2
    assert (undo(job).undone, in_force(tenant, crm)) == (1, {"19": "150", "18": "151"})


def test_a_removal_is_left_out_where_only_new_ones_are_wanted(tenant: Tenant, crm: Integration) -> None:
    applied(tenant, FILE, "extension_mappings")

    assert actions_of(previewed(tenant, AWAY, "extension_mappings", mode="create")) == {
        2: "skipped",
        3: "skipped",
        4: "same",
    }
    assert actions_of(previewed(tenant, AWAY, "extension_mappings", mode="update")) == {
        2: "removed",
        3: "same",
        4: "skipped",
    }


def test_a_number_that_changed_since_the_preview_is_not_taken_away(tenant: Tenant, crm: Integration) -> None:
    applied(tenant, FILE, "extension_mappings")
    job = previewed(tenant, AWAY, "extension_mappings")
    with tenant_scope(tenant):
        assign_extension(crm, "19", "152")

    job = apply(job)

    assert (job.written, job.refused, in_force(tenant, crm)) == (0, 1, {"19": "152", "18": "151"})
    assert rows_of(job)[0].content["reason"] == "Changed meanwhile: Extension."


@pytest.mark.parametrize(
    ("user", "number", "reason"),
    [
        ("7", "150", "It belongs to the user 7 there: take it away first."),
        ("19", "152", "Changed since the import: Extension."),
    ],
)
def test_what_has_a_new_owner_is_not_given_back(
    tenant: Tenant, crm: Integration, user: str, number: str, reason: str
) -> None:
    applied(tenant, FILE, "extension_mappings")
    job = applied(tenant, AWAY, "extension_mappings")
    with tenant_scope(tenant):
        assign_extension(crm, user, number)

    job = undo(job)

    assert (job.undone, job.kept) == (0, 1)
    assert rows_of(job)[0].content["reason"] == reason
    assert in_force(tenant, crm) == {"18": "151", user: number}


def test_a_removal_that_somebody_undid_is_nothing_to_undo(tenant: Tenant, crm: Integration) -> None:
    applied(tenant, FILE, "extension_mappings")
    job = applied(tenant, AWAY, "extension_mappings")
    with tenant_scope(tenant):
        assign_extension(crm, "19", "150")

    assert (undo(job).kept, in_force(tenant, crm)) == (0, {"19": "150", "18": "151"})


def test_no_query_a_row(tenant: Tenant, crm: Integration) -> None:
    def queries(start: int, count: int) -> list[int]:
        for at in range(start, start + count):
            make_extension(tenant, str(at))
        rows = "".join(f"Main CRM,u{at},{at}\n" for at in range(start, start + count))
        job = upload(tenant, "integration,outside_user_id,extension\n" + rows, "extension_mappings")
        found = []
        for step in (None, apply_import):
            if step is not None:
                with tenant_scope(tenant):
                    step(fresh(job))
            with CaptureQueriesContext(connection) as seen:
                drain(LANE)
            found.append(len(seen))
        return found

    assert queries(1000, 2) == queries(2000, 60)
    with tenant_scope(tenant):
        assert ExtensionAssignment.objects.filter(valid_to__isnull=True).count() == 62
