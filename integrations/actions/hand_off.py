"""Bring somebody from another system to the pages of its integration, with nothing valid left in an address.

A connector that answers a "go to account" link calls `issue_handoff` and redirects to what it returns. Who the person
is must be proved by then: by the system's own secret (for RetailCRM the client id that it posts), never by a number
that can be guessed.
"""

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.models import Handoff, Integration
from tenants import audit
from tenants.access import MANAGERS
from tenants.errors import ConfigError
from tenants.models import Member
from tenants.models.api_key import digest
from tenants.scoping import all_tenants, tenant_scope

LASTS: Final = timedelta(seconds=60)


@transaction.atomic
def issue_handoff(integration: Integration, member: Member) -> str:
    """An address that works once, within a minute; ConfigError where the member may not see the integration."""
    if member.tenant_id != integration.tenant_id or not may_come(member):
        raise ConfigError(_("This person may not see the integration."))
    ticket = secrets.token_urlsafe(32)
    row = Handoff.objects.create(
        tenant_id=integration.tenant_id,
        integration=integration,
        member=member,
        digest=digest(ticket),
        expires_at=timezone.now() + LASTS,
    )
    audit.record("handoff.issued", integration, after={"member": str(member), "ticket": str(row.pk)})
    return settings.PUBLIC_URL.rstrip("/") + reverse("handoff", args=[ticket])


@transaction.atomic
def revoke_handoffs(integration: Integration) -> int:
    """No ticket of that integration that was not used yet opens anything; how many that were."""
    now = timezone.now()
    unused = Handoff.objects.filter(
        integration=integration, used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
    )
    count = unused.update(revoked_at=now)
    if count:
        audit.record("handoff.revoked", integration, after={"tickets": count})
    return count


@transaction.atomic
def take_handoff(ticket: str) -> Handoff | None:
    """The ticket, used up now, with its integration and member; None, and on record, where it opens nothing."""
    with all_tenants():  # the ticket alone says of which company it is
        row = (
            Handoff.objects.select_related("integration", "member__user", "member__tenant")
            .filter(digest=digest(ticket))
            .first()
        )
    if row is None:
        return None
    now = timezone.now()
    with tenant_scope(row.tenant_id):
        usable = Handoff.objects.filter(
            pk=row.pk, used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
        )
        if not may_come(row.member) or not usable.update(used_at=now):
            audit.record("handoff.refused", row.integration, after=_told(row, _reason(row)))
            return None
        audit.record("handoff.used", row.integration, after=_told(row))
    return row


def may_come(member: Member) -> bool:
    """Whoever sees integrations; the operator's staff come in by their own door only."""
    is_live = member.is_active and member.user.is_active and member.tenant.is_active
    return is_live and not member.user.is_superuser and member.role in MANAGERS


def _reason(row: Handoff) -> str:
    if row.used_at is not None:
        return "used before"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at <= timezone.now() else "the member may not"


def _told(row: Handoff, reason: str = "") -> dict[str, str]:
    told = {"member": str(row.member), "ticket": str(row.pk)}
    return {**told, "reason": reason} if reason else told
