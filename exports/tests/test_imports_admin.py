"""The admin of imports: the button of a list, the preview with its filters, writing and undoing."""

from typing import Any

import pytest
from django.test import Client

from exports.models import Export, Import
from exports.tests.imports import applied, csv_file, extensions_of, fresh, previewed, run, undo, upload
from tenants.models import Extension, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_operator, make_tenant

LIST = "/admin/tenants/extension/"
IMPORTS = "/admin/exports/import/"
FILE = "Number;Name;Room\n150;Anna;1\n151;Boris;2\nabc;<b>Dora</b>;3\n"


@pytest.fixture
def admin(tenant: Tenant, client: Client) -> Client:
    client.force_login(make_member(tenant, "admin").user)
    return client


def only() -> Import:
    with all_tenants():
        return Import.objects.get()


def test_from_the_button_to_the_undo(tenant: Tenant, admin: Client) -> None:
    make_extension(tenant, "151", "Bob")
    assert f"{LIST}import/" in admin.get(LIST).content.decode()
    assert "Columns that are taken" in admin.get(f"{LIST}import/").content.decode()

    answer = admin.post(f"{LIST}import/", {"file": csv_file(FILE), "mode": "upsert"})
    page = f"{IMPORTS}{only().pk}/change/"
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert 'data-finished="0"' in admin.get(page).content.decode()
    run(only())
    text = admin.get(page).content.decode()

    assert "Write: 1 new, 1 changed" in text
    assert "These columns of the file are not taken: Room" in text
    assert "<del>Bob</del> <ins>Boris</ins>" in text
    assert "Only digits, * and #, at most ten characters." in text
    assert "<b>Dora" not in text
    wrong = admin.get(f"{page}?action=error").content.decode()
    assert "at most ten characters" in wrong
    assert "Boris" not in wrong
    assert admin.get(f"{IMPORTS}status/?ids={only().pk}").json()["exports"][0]["label"] == (
        "ready to be written"
    )

    admin.post(f"{IMPORTS}{only().pk}/apply/")
    run(only())
    assert extensions_of(tenant) == {"150": "Anna", "151": "Boris"}
    assert "Undo this import: 2 rows" in admin.get(page).content.decode()
    admin.post(f"{IMPORTS}{only().pk}/undo/")
    run(only())
    assert extensions_of(tenant) == {"151": "Bob"}
    assert f'data-export="{only().pk}" data-finished="1"' in admin.get(IMPORTS).content.decode()


def test_rows_that_went_back_in_part_are_among_those_that_did_not(tenant: Tenant, admin: Client) -> None:
    make_extension(tenant, "151", "Bob")
    job = applied(tenant, "Number;Name;Mobile numbers\n151;Boris;+375291112233\n")
    with tenant_scope(tenant):
        Extension.objects.update(name="Robert")
    undo(job)

    page = admin.get(f"{IMPORTS}{job.pk}/change/?outcome=kept").content.decode()

    assert "not taken back <strong>1</strong>" in page
    assert "Changed since the import: Name." in page


def test_a_refused_file_is_told_at_its_field(tenant: Tenant, admin: Client) -> None:
    answer = admin.post(f"{LIST}import/", {"file": csv_file("x", "a.xlsm"), "mode": "upsert"})

    assert "Workbooks with macros are not taken" in answer.content.decode()
    assert "This field is required" in admin.post(f"{LIST}import/", {"mode": "upsert"}).content.decode()
    with all_tenants():
        assert not Import.objects.exists()


def test_further_rows_are_a_page_further_at_a_constant_cost(
    tenant: Tenant, admin: Client, django_assert_max_num_queries: Any
) -> None:
    job = previewed(tenant, "number\n" + "".join(f"{at}\n" for at in range(120)))
    page = f"{IMPORTS}{job.pk}/change/"
    admin.get(page)

    with django_assert_max_num_queries(12):
        first = admin.get(f"{page}?action=new").content.decode()
    second = admin.get(f"{page}?action=new&after=51").content.decode()

    assert "?action=new&amp;after=51#rows" in first
    assert 'title="Row of the file">52<' in second
    assert 'title="Row of the file">51<' not in second


def test_a_file_to_begin_with_has_what_can_be_imported(tenant: Tenant, admin: Client) -> None:
    make_extension(tenant, "151", "Bob")
    assert f"{LIST}import-start/" in admin.get(f"{LIST}import/").content.decode()

    answer = admin.post(f"{LIST}import-start/")

    with all_tenants():
        export = Export.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/exports/export/{export.pk}/change/")
    assert (export.dataset, export.format, export.columns) == (
        "extensions",
        "xlsx",
        ["number", "name", "mobiles"],
    )
    assert admin.get(f"{LIST}import-start/").status_code == 405


def test_a_file_that_changes_nothing_says_so_and_another_one_is_asked_for(
    tenant: Tenant, admin: Client
) -> None:
    make_extension(tenant, "151", "Bob")
    for file, text in (
        ("number,name\n151,Bob\n", "nothing to write"),
        ("number,name\n", "The file has no rows below its headings."),
        ("nonsense\n1\n", "The column Number is missing."),
    ):
        page = admin.get(f"{IMPORTS}{previewed(tenant, file).pk}/change/").content.decode()

        assert text in page
        assert f'href="{LIST}import/"' in page
        assert "ready to be written" not in page


def test_cancelling_and_deleting(tenant: Tenant, admin: Client) -> None:
    job = upload(tenant, FILE)

    admin.post(f"{IMPORTS}{job.pk}/cancel/")
    assert fresh(job).state == "cancelled"
    admin.post(f"{IMPORTS}{job.pk}/delete/", {"post": "yes"})
    with all_tenants():
        assert not Import.objects.exists()


def test_who_may_not_is_not_offered_it_and_not_let_in(tenant: Tenant, client: Client) -> None:
    job = previewed(tenant, FILE)
    client.force_login(make_member(tenant, "manager").user)
    assert f"{LIST}import/" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}import/").status_code == 403
    assert client.post(f"{LIST}import-start/").status_code == 403
    assert client.get(f"{IMPORTS}{job.pk}/change/").status_code == 302
    assert client.post(f"{IMPORTS}{job.pk}/apply/").status_code == 404

    client.force_login(make_member(make_tenant(), "owner").user)
    assert client.post(f"{IMPORTS}{job.pk}/apply/").status_code == 404
    assert fresh(job).state == "ready"


def test_an_operator_chooses_a_company_first(tenant: Tenant, client: Client) -> None:
    client.force_login(make_operator())

    assert client.get(f"{LIST}import/").status_code == 403
