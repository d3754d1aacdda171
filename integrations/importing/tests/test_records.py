"""Contacts, client companies and products from files: found, written by the rules of one, and taken back."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.actions import apply_import, request_export, undo_import
from exports.engine.place import path_of
from exports.imports.lane import LANE
from exports.lanes import LANE as EXPORTS
from exports.models import Export
from exports.request import ExportRequest
from exports.tests.imports import (
    actions_of,
    applied,
    fresh,
    outcomes_of,
    previewed,
    rows_of,
    undo,
    upload,
    xlsx_file,
)
from integrations.actions.edit_record import change_record, create_record
from integrations.models import Company, Contact, ContactPoint, Link, PendingWrite, Product
from integrations.records import RecordKind
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Event, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import drain

PEOPLE = "name;phones;emails;position\nАнна;8 (029) 123-45-67;Anna@Example.com;Boss\nBoris;+375291234568;;\n"


def contact(tenant: Tenant, **values: Any) -> Any:
    with tenant_scope(tenant):
        return create_record(tenant, RecordKind.CONTACT, values)


def only(tenant: Tenant, model: Any, **wanted: Any) -> Any:
    with tenant_scope(tenant):
        return model.objects.get(**wanted)


def events(tenant: Tenant, prefix: str) -> list[str]:
    with tenant_scope(tenant):
        return list(
            Event.objects.filter(type__startswith=prefix).order_by("id").values_list("type", flat=True)
        )


def test_contacts_are_normalised_told_audited_and_found_by_their_numbers(tenant: Tenant) -> None:
    job = applied(tenant, PEOPLE, "contacts")

    anna = only(tenant, Contact, name="Анна")
    assert (anna.phones, anna.emails, anna.position) == (["+375291234567"], ["anna@example.com"], "Boss")
    assert job.written == 2
    assert events(tenant, "contact.") == ["contact.created"] * 2
    with tenant_scope(tenant):
        assert set(ContactPoint.objects.values_list("value", flat=True)) == {
            "+375291234567", "+375291234568", "anna@example.com",
        }  # fmt: skip
        assert AuditEntry.objects.filter(action="contact.created").count() == 2
    again = previewed(tenant, PEOPLE, "contacts")
    assert actions_of(again) == {2: "same", 3: "same"}


def test_who_is_meant_is_told_by_id_number_address_or_name(tenant: Tenant) -> None:
    by_id = contact(tenant, name="One", phones=["+375291234561"])
    contact(tenant, name="Two", phones=["+375291234562"])
    contact(tenant, name="Three", emails=["three@example.com"])
    contact(tenant, name="Four")
    contact(tenant, name="Twin", phones=["+375291234569"])
    contact(tenant, name="Twin B", phones=["+375291234569"])
    rows: list[list[Any]] = [
        ["id", "name", "phones", "emails", "comment"],
        [str(by_id.pk), "One", "+375291234561", None, "a"],
        [None, "Two", "80291234562", None, "b"],
        [None, "Three", None, "THREE@example.com", "c"],
        [None, "Four", None, None, "d"],
        [None, "Twin", "+375291234569", None, "e"],
        [None, "Nobody", "+375291234569", None, "f"],
        ["01920000-0000-7000-8000-000000000001", "Nobody", None, None, "g"],
        ["nonsense", "Nobody", None, None, "h"],
        [None, None, None, None, "i"],
        [None, "Five", "12", "five", "j"],
    ]

    job = previewed(tenant, xlsx_file(rows), "contacts")

    assert list(actions_of(job).values()) == ["changed"] * 5 + ["error"] * 5
    assert [row.part("errors") for row in rows_of(job)[5:]] == [
        {"phones": "2 have “+375291234569”: say by the id which of them is meant."},
        {"id": "There is none with this id."},
        {"id": "There is none with this id."},
        {"name": "A name, a phone or an e-mail is needed."},
        {"phones": "“12” is no telephone number.", "emails": "“five” is no e-mail address."},
    ]


def test_undo_takes_back_what_was_added_and_changed(tenant: Tenant) -> None:
    contact(tenant, name="Boris", phones=["+375291234568"], position="Clerk")
    job = applied(tenant, PEOPLE, "contacts")
    with all_tenants():
        assert Contact.objects.get(name="Boris").position == ""

    undone = undo(job)

    assert (undone.undone, undone.kept) == (2, 0)
    assert only(tenant, Contact, name="Boris").position == "Clerk"
    assert only(tenant, Contact, name="Анна").deleted_at is not None
    assert events(tenant, "contact.")[-2:] == ["contact.updated", "contact.deleted"]
    assert actions_of(previewed(tenant, PEOPLE, "contacts")) == {2: "new", 3: "changed"}


def test_undo_leaves_what_was_changed_or_is_known_to_a_system_since(tenant: Tenant) -> None:
    job = applied(tenant, "name,phones,comment\nAnna,+375291234567,a\nBoris,+375291234568,b\n", "contacts")
    with tenant_scope(tenant):
        anna, boris = Contact.objects.get(name="Anna"), Contact.objects.get(name="Boris")
        change_record(tenant, RecordKind.CONTACT, anna.pk, {"comment": "other"})
        Link.objects.create(
            tenant=tenant,
            integration=make_integration(tenant),
            kind="contact",
            outside_id="5",
            record_id=boris.pk,
        )

    undone = undo(job)

    assert outcomes_of(undone) == {2: "kept", 3: "kept"}
    assert [row.content["reason"] for row in rows_of(undone)] == [
        "Changed since the import: Comment.",
        "A connected system has it by now.",
    ]
    with tenant_scope(tenant):
        assert not Contact.objects.exclude(deleted_at=None).exists()


def test_undo_leaves_what_somebody_filled_where_the_file_said_nothing(tenant: Tenant) -> None:
    people = applied(tenant, "name,phones\nAnna,+375291234567\nBoris,+375291234568\n", "contacts")
    goods = applied(tenant, "name,price\nTea,5\nCup,7\n", "products")
    with tenant_scope(tenant):
        anna = Contact.objects.get(name="Anna")
        change_record(tenant, RecordKind.CONTACT, anna.pk, {"comment": "calls on Mondays"})
        Product.objects.filter(name="Tea").update(is_active=False)

    assert outcomes_of(undo(people)) == {2: "kept", 3: "undone"}
    assert outcomes_of(undone := undo(goods)) == {2: "kept", 3: "undone"}
    assert rows_of(undone)[0].content["reason"] == "Changed since the import: On sale."
    assert only(tenant, Contact, name="Anna").deleted_at is None


def test_one_field_changed_since_keeps_the_others_going_back(tenant: Tenant) -> None:
    row = contact(tenant, name="Anna", phones=["+375291234567"], comment="old", position="old")
    job = applied(tenant, "name,phones,comment,position\nAnna,+375291234567,new,new\n", "contacts")
    with tenant_scope(tenant):
        change_record(tenant, RecordKind.CONTACT, row.pk, {"comment": "newest"})

    undone = undo(job)

    assert (undone.undone, undone.kept, outcomes_of(undone)) == (0, 1, {2: "partly"})
    found = only(tenant, Contact, pk=row.pk)
    assert (found.comment, found.position) == ("newest", "old")


def test_products_and_companies(tenant: Tenant) -> None:
    goods = "Name;Article number;Price;Currency;On sale\nTea;T-1;12,50;BYN;yes\nCup;C-1;1 000;BYN;\n"

    job = applied(tenant, goods, "products")
    tea = only(tenant, Product, sku="T-1")
    assert (job.reason, tea.name, tea.price, tea.currency, tea.is_active) == (
        "",
        "Tea",
        Decimal("12.5"),
        "BYN",
        True,
    )
    assert events(tenant, "product.") == ["product.created"] * 2
    assert actions_of(previewed(tenant, goods, "products")) == {2: "same", 3: "same"}
    assert applied(tenant, goods.replace("12,50", "13"), "products").changed == 1
    assert only(tenant, Product, sku="T-1").price == 13
    with tenant_scope(tenant):
        assert not PendingWrite.objects.exists()

    applied(tenant, "name,tax_number,phones\nFirm,190000000,+375171234567\n", "companies")
    assert actions_of(previewed(tenant, "name,tax_number\nOther,190000000\n", "companies")) == {2: "changed"}
    assert only(tenant, Company, tax_number="190000000").phones == ["+375171234567"]


def test_no_query_a_row(tenant: Tenant) -> None:
    def queries(start: int, count: int) -> list[int]:
        rows = "".join(
            f"Person {at},+37529{at:07d},p{at}@example.com\n" for at in range(start, start + count)
        )
        job = upload(tenant, "name,phones,emails\n" + rows, "contacts")
        found = []
        for step in (None, apply_import, undo_import):
            if step is not None:
                with tenant_scope(tenant):
                    step(fresh(job))
            with CaptureQueriesContext(connection) as seen:
                drain(LANE)
            found.append(len(seen))
        return found

    assert queries(1_000_000, 2) == queries(2_000_000, 150)


def exported(tenant: Tenant, dataset: str, format: str, options: dict[str, str], columns: list[str]) -> bytes:
    with tenant_scope(tenant):
        asked = request_export(
            tenant, ExportRequest(dataset, format, columns, options=options), language="ru"
        )
    drain(EXPORTS)
    with all_tenants():
        return path_of(Export.objects.get(pk=asked.pk)).read_bytes()


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
WRITINGS = [
    ("csv", {"delimiter": "semicolon"}),
    ("csv", {"delimiter": "tab", "encoding": "utf-8"}),
    ("xlsx", {}),
]


@pytest.mark.parametrize(("format", "options"), WRITINGS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=TEXT, comment=TEXT, address=TEXT, more=st.lists(TEXT.filter(str.strip), max_size=2))
def test_what_was_exported_is_the_same_when_it_comes_back(
    tenant: Tenant,
    format: str,
    options: dict[str, str],
    name: str,
    comment: str,
    address: str,
    more: list[str],
) -> None:
    with all_tenants():
        Contact.objects.all().delete()
        Contact.objects.create(
            tenant=tenant, name=name, comment=comment, address=address, phones=["+375291234567", *more]
        )
    columns = ["id", "name", "phones", "emails", "address", "comment"]

    content = exported(tenant, "contacts", format, options, columns)
    type_ = "text/csv" if format == "csv" else ""
    job = previewed(tenant, SimpleUploadedFile(f"a.{format}", content, type_), "contacts")

    assert (job.reason, list(actions_of(job).values())) == ("", ["same"]), [
        row.content for row in rows_of(job)
    ]


@pytest.mark.parametrize(("format", "options"), WRITINGS)
def test_a_price_list_comes_back_the_same(tenant: Tenant, format: str, options: dict[str, str]) -> None:
    with tenant_scope(tenant):
        Product.objects.create(
            tenant=tenant,
            name="=Tea",
            sku="'+1",
            price=Decimal("12.5"),
            currency="BYN",
            barcodes=["1", "=2"],
            is_active=False,
        )
    columns = ["name", "sku", "barcodes", "price", "old_price", "currency", "category", "is_active"]

    content = exported(tenant, "products", format, options, columns)
    job = previewed(tenant, SimpleUploadedFile(f"a.{format}", content, ""), "products")

    assert (job.reason, actions_of(job)) == ("", {2: "same"}), [row.content for row in rows_of(job)]
