"""Merging records and taking them apart again: nothing is lost, nobody comes back, everything is as it was."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from jsonschema import validate

from integrations import records
from integrations.actions.merge_records import MergeRefused, Wish, merge_records
from integrations.actions.remove_records import remove_records
from integrations.actions.unmerge_records import unmerge_records
from integrations.actions.upsert_records import upsert_records
from integrations.duplicates.values import merged_values
from integrations.models import (
    Company,
    Contact,
    ContactPoint,
    DuplicateGroup,
    Link,
    Order,
    RecordMerge,
    Reference,
)
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA, NINE
from integrations.tests.factories import make_integration
from tenants.events import event_type
from tenants.models import AuditEntry, Event
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db

SECOND = replace(
    ANNA,
    outside_id="52",
    name="A. Example",
    phones=("+375291234571",),
    emails=("anna@example.com", "a.example@example.com"),
    company_ids=("8",),
    position="Director",
    custom={"UF_2": "blue"},
)
OTHERS = replace(ANNA, outside_id="k-1", name="Anna of the shop", phones=("+375291234572",), company_ids=())


@pytest.fixture
def owner() -> Iterator[Owner]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield Owner.of(integration.pk)


@pytest.fixture
def shop(owner: Owner) -> Owner:
    from tenants.models import Tenant

    tenant = Tenant.objects.get(pk=owner.tenant_id)
    return Owner.of(make_integration(tenant, name="Shop").pk)


def keep(owner: Owner, *found: records.Record) -> None:
    kept = upsert_records(owner, found[0].kind, found)
    assert not kept.faults


def contact(owner: Owner, outside_id: str) -> Contact:
    """The record to which that id leads."""
    link = Link.objects.get(integration_id=owner.integration_id, kind="contact", outside_id=outside_id)
    return Contact.objects.get(pk=link.record_id)


def merge(survivor: Contact, *losers: Contact, **choices: Any) -> RecordMerge:
    wish = Wish(RecordKind.CONTACT, survivor.pk, tuple(one.pk for one in losers), choices)
    return merge_records(survivor.tenant_id, wish)


def state(*models: Any) -> dict[str, Any]:
    """Everything of these records but when they were touched."""
    touched = ("updated_at", "synced_at", "their_hash", "seen_run")
    found: dict[str, Any] = {}
    for model in models or (Contact, Link, Reference, ContactPoint):
        rows = [{**model_to_dict(row), "id": str(row.pk)} for row in model.objects.order_by("pk")]
        for row in rows:
            for name in touched:
                row.pop(name, None)
            if model in (Reference, ContactPoint):
                row.pop("id")
            if model is Contact:
                row["merged_into"] = Contact.objects.get(pk=row.pop("id")).merged_into
        found[model.__name__] = sorted(rows, key=str)
    return found


@pytest.fixture
def two(owner: Owner) -> tuple[Contact, Contact]:
    keep(owner, ANNA, SECOND)
    keep(owner, NINE, replace(NINE, outside_id="10", number="10", contact_ids=("52",)))
    return contact(owner, "51"), contact(owner, "52")


def test_a_merge_keeps_links_points_references_and_is_told(
    owner: Owner, two: tuple[Contact, Contact]
) -> None:
    anna, second = two

    done = merge(anna, second, position=anna.pk)

    kept, gone = Contact.objects.get(pk=anna.pk), Contact.objects.get(pk=second.pk)
    assert (kept.name, kept.position) == ("Anna Example", "")  # the empty position was chosen
    assert kept.phones == ["+375291234570", "+375291234571"]
    assert kept.emails == ["anna@example.com", "a.example@example.com"]
    assert kept.custom == {"UF_1": "gold", "UF_2": "blue"}
    assert (gone.merged_into, gone.deleted_at is None) == (anna.pk, False)
    assert {contact(owner, one).pk for one in ("51", "52")} == {anna.pk}
    assert set(ContactPoint.objects.values_list("record_id", flat=True)) == {anna.pk}
    assert ContactPoint.objects.count() == 4
    assert set(
        Reference.objects.filter(kind="order", name="contact_ids").values_list("target_id", flat=True)
    ) == {anna.pk}
    assert set(Reference.objects.filter(name="company_ids").values_list("record_id", "outside_id")) == {
        (anna.pk, "7"),
        (anna.pk, "8"),
    }
    told = Event.objects.get(type="contact.merged").data
    validate(told, dict(event_type("contact.merged").schema))
    assert (told["id"], told["merged"], told["merge_id"]) == (str(anna.pk), [str(second.pk)], str(done.pk))
    entry = AuditEntry.objects.get(action="contact.merged")
    assert entry.after["phones"] == kept.phones
    assert not Event.objects.filter(type="contact.deleted").exists()


def test_undoing_restores_exactly(owner: Owner, two: tuple[Contact, Contact]) -> None:
    before = state()
    done = merge(two[0], two[1], name=two[1].pk)
    assert state() != before

    unmerge_records(done)

    assert state() == before
    assert Event.objects.get(type="contact.unmerged").data["restored"] == [str(two[1].pk)]
    with pytest.raises(MergeRefused):
        unmerge_records(done)


def test_a_later_reading_changes_the_survivor_and_wakes_nobody(
    owner: Owner, two: tuple[Contact, Contact]
) -> None:
    anna, second = two
    merge(anna, second)

    # Both objects of one record in one page, and orders that name the one that is no more.
    changed = replace(SECOND, name="Anna Smith", phones=("+375291234573",), company_ids=("8", "9"))
    kept = upsert_records(
        owner, RecordKind.CONTACT, [replace(ANNA, position="Owner"), changed, replace(ANNA, outside_id="53")]
    )
    keep(owner, replace(NINE, outside_id="11", number="11", contact_ids=("52",)))

    assert (kept.created, kept.updated, kept.failed) == (1, 2, 0)
    now = Contact.objects.get(pk=anna.pk)
    assert (now.name, now.position) == ("Anna Smith", "Owner")
    assert now.phones == ["+375291234570", "+375291234573"]  # its own stays, the other one's moved
    assert contact(owner, "52").pk == anna.pk
    lost = Contact.objects.get(pk=second.pk)
    assert (lost.merged_into, lost.name) == (anna.pk, "A. Example")
    assert Reference.objects.get(record_id=Order.objects.get(number="11").pk).target_id == anna.pk
    assert set(
        Reference.objects.filter(record_id=anna.pk, name="company_ids").values_list("outside_id", flat=True)
    ) == {"7", "8", "9"}
    assert ContactPoint.objects.filter(record_id=second.pk).count() == 0


def test_reading_the_same_again_changes_nothing(owner: Owner, two: tuple[Contact, Contact]) -> None:
    merge(*two)
    before = state()
    Link.objects.update(their_hash="")

    for page in ([ANNA, SECOND], [SECOND], [ANNA]):
        assert upsert_records(owner, RecordKind.CONTACT, page).updated == 0

    assert state() == before


def test_undoing_after_changes_leaves_them_with_the_survivor(
    owner: Owner, two: tuple[Contact, Contact]
) -> None:
    anna, second = two
    done = merge(anna, second)
    keep(owner, replace(ANNA, position="Owner", phones=("+375291234570", "+375291234574")))
    keep(owner, replace(SECOND, name="Anna Smith"))

    unmerge_records(done)

    now = Contact.objects.get(pk=anna.pk)
    assert (now.position, now.name) == ("Owner", "Anna Smith")
    assert now.phones == ["+375291234570", "+375291234574"]
    again = Contact.objects.get(pk=second.pk)
    assert (again.name, again.phones, again.merged_into, again.deleted_at) == (
        "A. Example",
        ["+375291234571"],
        None,
        None,
    )
    # What changed there meanwhile comes with the next full reading.
    keep(owner, replace(SECOND, name="Anna Smith"))
    assert Contact.objects.get(pk=second.pk).name == "Anna Smith"
    assert Reference.objects.get(record_id=Order.objects.get(number="10").pk).target_id == second.pk


def test_records_of_several_systems_and_merges_upon_merges(
    owner: Owner, shop: Owner, two: tuple[Contact, Contact]
) -> None:
    anna, second = two
    keep(shop, OTHERS)
    third = contact(shop, "k-1")
    before = state()
    first = merge(anna, second)
    between = state()
    last = merge(third, anna)

    assert {contact(owner, "51").pk, contact(owner, "52").pk, contact(shop, "k-1").pk} == {third.pk}
    with pytest.raises(MergeRefused):
        unmerge_records(first)
    unmerge_records(last)
    assert state() == between
    unmerge_records(first)
    assert state() == before


def test_the_latest_merge_of_a_survivor_is_undone_first(owner: Owner, two: tuple[Contact, Contact]) -> None:
    keep(owner, replace(ANNA, outside_id="54"))
    first = merge(*two)
    last = merge(two[0], contact(owner, "54"))

    with pytest.raises(MergeRefused):
        unmerge_records(first)
    unmerge_records(last)
    unmerge_records(first)


def test_a_survivor_is_gone_when_all_of_its_objects_are(owner: Owner, two: tuple[Contact, Contact]) -> None:
    merge(*two)

    remove_records(owner, RecordKind.CONTACT, ["52"])
    assert Contact.objects.get(pk=two[0].pk).deleted_at is None
    remove_records(owner, RecordKind.CONTACT, ["51"])

    assert Contact.objects.get(pk=two[0].pk).deleted_at is not None
    assert Event.objects.filter(type="contact.deleted").count() == 1


def test_companies_are_merged_too(owner: Owner) -> None:
    june = records.Company(outside_id="7", name="June", tax_number="190000000", phones=("+375172000000",))
    keep(owner, june, replace(june, outside_id="8", name="June Ltd", website="https://june.example"))
    keep(owner, replace(ANNA, company_ids=("8",)))
    first, second = Company.objects.order_by("pk")

    done = merge_records(owner.tenant_id, Wish(RecordKind.COMPANY, first.pk, (second.pk,)))

    assert Company.objects.get(pk=first.pk).website == "https://june.example"
    assert Reference.objects.get(name="company_ids").target_id == first.pk
    unmerge_records(done)
    assert Reference.objects.get(name="company_ids").target_id == second.pk
    assert not Event.objects.filter(type__startswith="contact.merged").exists()


@pytest.mark.parametrize(
    ("losers", "choices", "field"),
    [
        ((), {}, "records"),
        (("self",), {}, "records"),
        (("other", "other"), {}, "records"),
        (("unknown",), {}, "records"),
        (("other",), {"colour": "other"}, "choices.colour"),
        (("other",), {"name": "unknown"}, "choices.name"),
    ],
)
def test_a_wrong_wish_names_its_field_and_changes_nothing(
    owner: Owner, two: tuple[Contact, Contact], losers: Any, choices: dict[str, str], field: str
) -> None:
    from uuid import uuid4

    known = {"self": two[0].pk, "other": two[1].pk, "unknown": uuid4()}
    before = state()
    wish = Wish(
        RecordKind.CONTACT,
        two[0].pk,
        tuple(known[one] for one in losers),
        {name: known[one] for name, one in choices.items()},
    )

    with pytest.raises(ValidationError) as told:
        merge_records(owner.tenant_id, wish)

    assert list(told.value.message_dict) == [field]
    assert state() == before


def test_what_was_merged_is_not_merged_again(owner: Owner, two: tuple[Contact, Contact]) -> None:
    keep(owner, replace(ANNA, outside_id="54"))
    merge(*two)

    with pytest.raises(MergeRefused):
        merge(contact(owner, "54"), two[1])
    with pytest.raises(MergeRefused):
        merge(two[1], contact(owner, "54"))


def test_groups_follow_merges(owner: Owner) -> None:
    keep(owner, ANNA, replace(SECOND, phones=ANNA.phones), replace(OTHERS, phones=ANNA.phones, emails=()))
    anna, second, third = (contact(owner, one) for one in ("51", "52", "k-1"))
    from integrations.duplicates.finding import refresh

    refresh(owner.tenant_id, RecordKind.CONTACT, [anna.pk])
    sizes = sorted(DuplicateGroup.objects.values_list("sameness", "size"))
    assert sizes == [("email", 2), ("phone", 3)]

    done = merge(anna, second)

    (group,) = DuplicateGroup.objects.all()
    assert set(group.members.values_list("record_id", flat=True)) == {anna.pk, third.pk}
    unmerge_records(done)
    # They were taken apart by somebody: the pair is dismissed, the three are still to be looked at.
    found = [(one.sameness, one.size, one.dismissed_at is None) for one in DuplicateGroup.objects.all()]
    assert sorted(found) == [("email", 2, False), ("phone", 3, True)]


def test_a_name_comes_from_one_person() -> None:
    from uuid import UUID

    one, other = UUID(int=1), UUID(int=2)
    values = {
        one: {"name": "Anna", "first_name": "", "last_name": "", "phones": ["+1"], "position": ""},
        other: {"name": "Eve Example", "first_name": "Eve", "last_name": "Example", "phones": ["+2"], "position": "clerk"},
    }  # fmt: skip

    assert merged_values(values, one, {})["first_name"] == ""
    assert merged_values(values, one, {})["position"] == "clerk"
    assert merged_values(values, one, {"name": other})["last_name"] == "Example"
    assert merged_values(values, one, {"phones": other})["phones"] == ["+2"]
