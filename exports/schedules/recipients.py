"""Who is mailed a link: members of the company who may have the data, now and when the file is ready."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from exports.audience import may_have
from exports.refusals import InvalidRequest
from exports.registry import Dataset
from tenants.models import Member

MOST: Final = 50


def clean_recipients(values: Any, dataset: Dataset) -> list[str]:
    """Addresses without repeats, in their order; InvalidRequest names the one that is not a member's who may have it."""
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise InvalidRequest("recipients", _("A list of texts is expected."))
    addresses = list(dict.fromkeys(one.strip().lower() for one in values if one.strip()))
    if len(addresses) > MOST:
        raise InvalidRequest("recipients", _("At most %(most)d.") % {"most": MOST})
    known = {one.user.email.lower() for one in members_of(addresses) if may_have(one, dataset)}
    for address in addresses:
        if address not in known:
            text = _(
                "“%(address)s” belongs to no member who may have this data. Use a destination for others."
            )
            raise InvalidRequest("recipients", text % {"address": address[:100]})
    return addresses


def members_of(addresses: Iterable[str]) -> list[Member]:
    """Those of the company in scope who are active and have one of these addresses."""
    wanted = list(addresses)
    if not wanted:
        return []
    found = Member.objects.filter(is_active=True, user__is_active=True)
    return list(
        found.annotate(address=Lower("user__email")).filter(address__in=wanted).select_related("user")
    )
