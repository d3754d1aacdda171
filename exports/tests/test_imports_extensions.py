"""Extensions from a file with the mobile numbers of who has them: completed, of one colleague each, moved, taken back."""

import pytest

from exports.tests.imports import (
    actions_of,
    applied,
    apply,
    outcomes_of,
    previewed,
    rows_of,
    undo,
)
from tenants.actions.save_mobiles import save_mobiles
from tenants.models import AuditEntry, Extension, Mobile, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_tenant

ANNAS, BORIS, CLARAS = "+375291112233", "+375297654321", "+375333456789"


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant(phone_region="BY")


def have(extension: Extension, *numbers: str) -> Extension:
    with tenant_scope(extension.tenant_id):
        save_mobiles(extension, numbers)
    return extension


def owners() -> dict[str, str]:
    with all_tenants():
        return dict(Mobile.objects.values_list("number", "extension__number"))


def test_numbers_are_completed_and_those_that_are_there_are_no_change(tenant: Tenant) -> None:
    have(make_extension(tenant, "151", "Boris"), BORIS)
    file = "Number;Name;Mobile numbers\n150;Anna;80291112233, 8 (033) 345-67-89\n151;Boris;8 029 765-43-21\n"

    job = applied(tenant, file)

    assert outcomes_of(job) == {2: "written", 3: ""}
    assert actions_of(job) == {2: "new", 3: "same"}
    assert owners() == {ANNAS: "150", CLARAS: "150", BORIS: "151"}
    with all_tenants():
        audited = AuditEntry.objects.filter(action="extension.updated", after={"mobiles": [ANNAS, CLARAS]})
        assert audited.count() == 1


def test_a_file_without_the_column_leaves_them_and_an_empty_cell_takes_them_away(tenant: Tenant) -> None:
    have(make_extension(tenant, "150", "Anna"), ANNAS)

    assert outcomes_of(applied(tenant, "Number;Name\n150;Anne\n")) == {2: "written"}
    assert owners() == {ANNAS: "150"}
    assert outcomes_of(applied(tenant, "Number;Mobile numbers\n150;\n")) == {2: "written"}
    assert owners() == {}


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ("150;nobody\n", 2, "is no telephone number"),
        ("151;80291112233\n", 2, "is the number of 150"),
        ("152;80333456789\n153;80333456789\n", 3, "is the number of 152"),
        ("150;" + ",".join(f"8029111220{n}" for n in range(6)) + "\n", 2, "At most 5"),
    ],
)
def test_the_preview_names_what_is_wrong(tenant: Tenant, rows: str, line: int, reason: str) -> None:
    have(make_extension(tenant, "150", "Anna"), ANNAS)

    job = previewed(tenant, f"Number;Mobile numbers\n{rows}")

    [wrong] = [row for row in rows_of(job) if row.action == "error"]
    assert wrong.number == line
    assert reason in str(wrong.content["errors"]["mobiles"])
    assert owners() == {ANNAS: "150"}


def test_a_number_moves_between_rows_of_one_file_and_back(tenant: Tenant) -> None:
    have(make_extension(tenant, "150", "Anna"), ANNAS)
    have(make_extension(tenant, "151", "Boris"), BORIS)

    job = applied(tenant, "Number;Mobile numbers\n150;80297654321\n151;80291112233\n")

    assert owners() == {BORIS: "150", ANNAS: "151"}
    undo(job)
    assert owners() == {ANNAS: "150", BORIS: "151"}


def test_a_number_that_somebody_took_since_the_preview_refuses_its_row_alone(tenant: Tenant) -> None:
    job = previewed(tenant, "Number;Mobile numbers\n150;80291112233\n151;80297654321\n")
    have(make_extension(tenant, "160", "Somebody"), ANNAS)

    apply(job)

    assert outcomes_of(job) == {2: "refused", 3: "written"}
    assert owners() == {ANNAS: "160", BORIS: "151"}
