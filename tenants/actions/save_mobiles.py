"""The mobile numbers of a colleague: those of the list, and no others."""

from collections.abc import Sequence
from typing import Final

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


def check_free(extension: Extension, numbers: Sequence[str]) -> None:
    """ValidationError where another colleague of the company in scope has one of them."""
    others = Mobile.objects.filter(tenant_id=extension.tenant_id, number__in=list(numbers)).exclude(
        extension_id=extension.pk
    )
    taken = others.select_related("extension").first()
    if taken is not None:
        named = {"number": taken.number, "extension": str(taken.extension)}
        raise ValidationError(_("%(number)s is the number of %(extension)s.") % named)


@transaction.atomic
def save_mobiles(extension: Extension, texts: Sequence[str]) -> bool:
    """Make these the extension's numbers; whether that changed anything. Audited. ValidationError."""
    tenant = Tenant.objects.get(pk=extension.tenant_id)
    numbers, former = checked_mobiles(texts, tenant.phone_region), mobiles_of(extension)
    if numbers == former:
        return False
    check_free(extension, numbers)
    Mobile.objects.filter(extension=extension).exclude(number__in=numbers).delete()
    new = [Mobile(tenant=tenant, extension=extension, number=one) for one in numbers if one not in former]
    try:
        with transaction.atomic():
            Mobile.objects.bulk_create(new)
    except IntegrityError:
        check_free(extension, numbers)  # by somebody else in this moment
        raise
    # Only ever switched on: a company that had some is asked once more for a batch, and no row is locked for long.
    Tenant.objects.filter(pk=tenant.pk, has_mobiles=False).update(has_mobiles=True)
    audit.record("extension.updated", extension, before={"mobiles": former}, after={"mobiles": numbers})
    getattr(extension, "_prefetched_objects_cache", {}).pop("mobiles", None)
    return True
