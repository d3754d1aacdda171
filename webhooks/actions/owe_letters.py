"""Owe a mail to each of some addresses, in the transaction of its cause."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from tenants.mail import can_mail
from tenants.models import Tenant
from tenants.work import enqueue
from webhooks.models import Letter

LANE: Final = "webhooks.letters"
SUBJECT_LENGTH: Final = 300


def owe_letters(tenant: Tenant | int, about: UUID, addresses: Iterable[str], subject: str, text: str) -> int:
    """How many; none where the installation has no mail server."""
    if not can_mail():
        return 0
    tenant_id = tenant if isinstance(tenant, int) else tenant.pk
    letters = [
        Letter(tenant_id=tenant_id, about=about, address=one, subject=subject[:SUBJECT_LENGTH], text=text)
        for one in addresses
    ]
    Letter.objects.bulk_create(letters)
    enqueue(LANE, [(one.pk, tenant_id, one.address[:100], None) for one in letters])
    return len(letters)
