"""Who is mailed when something stops working: whoever chose it, and by their role those who chose nothing.

The choice itself is made in a room above, which hands its look-up down (`choices_from`).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from tenants.access import ADMINISTRATORS
from tenants.mail import can_mail
from tenants.models import Member

Choices = Callable[[int], Mapping[UUID, bool]]


class Recipient(NamedTuple):
    user_id: int
    address: str
    language: str


_lookups: list[Choices] = []


def choices_from(lookup: Choices) -> None:
    """Of a company: what its members chose, by the member's id."""
    if lookup not in _lookups:
        _lookups.append(lookup)


def recipients(tenant_id: int) -> list[Recipient]:
    """The people with an address who are to be told; nobody where nothing can be mailed."""
    if not can_mail():
        return []
    members = Member.objects.filter(tenant_id=tenant_id, is_active=True, user__is_active=True)
    found = members.exclude(user__email="").order_by("user_id")
    chosen = {member: wants for lookup in _lookups for member, wants in lookup(tenant_id).items()}
    return [
        Recipient(user_id, address, language)
        for id_, user_id, address, language, role in found.values_list(
            "id", "user_id", "user__email", "user__language", "role"
        )
        if chosen.get(id_, role in ADMINISTRATORS)
    ]
