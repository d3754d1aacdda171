"""The mobile numbers of a colleague: those of the list, and no others."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumberFormat

from tenants import audit
from tenants.models import Extension, Mobile, Tenant

MOST: Final = 5
LONGEST: Final = 40


def checked_mobiles(texts: Sequence[str], region: str) -> list[str]:
    """In E.164, completed by the company's region, each once and in order. ValidationError names what is none."""
    found = sorted({_e164(text, region) for text in texts})
    if len(found) > MOST:
        raise ValidationError(_("At most %(number)d numbers.") % {"number": MOST})
    return found


def _e164(text: str, region: str) -> str:
    try:
        number = phonenumbers.parse(text[:LONGEST], region)
    except NumberParseException:
        number = None
    if number is None or len(text) > LONGEST or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("“%(number)s” is no telephone number.") % {"number": text[:LONGEST]})
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mobiles_of(extension: Extension) -> list[str]:
    """In order; of an extension that is not stored there are none."""
    return [] if extension._state.adding else sorted(one.number for one in extension.mobiles.all())


class Taken(ValidationError):
    """A number that `extension` was to have is another colleague's."""

    def __init__(self, number: str, extension: Extension, owner: Extension) -> None:
        named = {"number": number, "extension": str(owner)}
        super().__init__(_("%(number)s is the number of %(extension)s.") % named)
        self.extension = extension


def check_free(wanted: Mapping[Extension, Sequence[str]]) -> None:
    """Taken where two of them want the same number, or another colleague of the company has one and keeps it."""
    wanting: dict[str, Extension] = {}
    for extension, numbers in wanted.items():
        for number in numbers:
            if (other := wanting.setdefault(number, extension)) is not extension:
                raise Taken(number, extension, other)
    tenant_ids = {one.tenant_id for one in wanted}
    there = Mobile.objects.filter(tenant_id__in=tenant_ids, number__in=list(wanting))
    taken = there.exclude(extension__in=list(wanted)).select_related("extension").first()
    if taken is not None:
        raise Taken(taken.number, wanting[taken.number], taken.extension)


def save_mobiles(extension: Extension, texts: Sequence[str]) -> bool:
    """Make these the extension's numbers; whether that changed anything. Audited. ValidationError."""
    return bool(save_mobiles_of({extension: texts}))


@transaction.atomic
def save_mobiles_of(wanted: Mapping[Extension, Sequence[str]]) -> list[Extension]:
    """The same for several extensions of one company, in a constant number of statements; those that it changed.

    A number may move from one of them to another, whichever is named first.
    """
    if not wanted:
        return []
    tenant = Tenant.objects.get(pk=next(iter(wanted)).tenant_id)
    numbers = {one: checked_mobiles(texts, tenant.phone_region) for one, texts in wanted.items()}
    there = list(Mobile.objects.filter(extension__in=list(wanted)))
    former: dict[UUID, list[str]] = {one.pk: [] for one in wanted}
    for row in there:
        former[row.extension_id].append(row.number)
    changed = [one for one in wanted if sorted(former[one.pk]) != numbers[one]]
    if changed:
        check_free(numbers)
        wanted_by = {one.pk: set(found) for one, found in numbers.items()}
        gone = [row.pk for row in there if row.number not in wanted_by[row.extension_id]]
        Mobile.objects.filter(pk__in=gone).delete()
        _add(tenant, {one: [n for n in numbers[one] if n not in former[one.pk]] for one in changed}, numbers)
        _note(changed, former, numbers)
    return changed


def _add(
    tenant: Tenant, new: Mapping[Extension, Sequence[str]], numbers: Mapping[Extension, Sequence[str]]
) -> None:
    rows = [
        Mobile(tenant=tenant, extension=one, number=number) for one, found in new.items() for number in found
    ]
    try:
        with transaction.atomic():
            Mobile.objects.bulk_create(rows)
    except IntegrityError:
        check_free(numbers)  # by somebody else in this moment
        raise
    # Only ever switched on: a company that had some is asked once more for a batch, and no row is locked for long.
    Tenant.objects.filter(pk=tenant.pk, has_mobiles=False).update(has_mobiles=True)


def _note(
    changed: Sequence[Extension], former: Mapping[UUID, list[str]], numbers: Mapping[Extension, list[str]]
) -> None:
    audit.record_many(
        "extension.updated",
        [audit.Done(one, {"mobiles": sorted(former[one.pk])}, {"mobiles": numbers[one]}) for one in changed],
    )
    for one in changed:
        getattr(one, "_prefetched_objects_cache", {}).pop("mobiles", None)
