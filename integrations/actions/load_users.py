"""Loads the outside system's users; all or nothing, so a failed load leaves the former ones."""

from django.db import transaction
from django.utils import timezone

from integrations.actions.set_presence import set_presence
from integrations.capabilities import Account
from integrations.capabilities import OutsideUser as Loaded
from integrations.models import Integration, OutsideUser
from integrations.sessions import open_session

SECONDS = 60.0
FIELDS = ("name", "email", "extension", "is_active", "updated_at")


def load_users(integration: Integration) -> int:
    """How many users there are now; raises HubError, and then nothing has changed."""
    with open_session(integration.pk, seconds=SECONDS, is_probe=True) as session:
        found = {user.id: user for user in session.require(Account).list_users()}
    with transaction.atomic():
        _store(integration, found)
        states = {user.id: user.status for user in found.values() if user.status is not None}
        if states:
            set_presence(integration, states)
    return len(found)


def _store(integration: Integration, found: dict[str, Loaded]) -> None:
    now = timezone.now()
    rows = [
        OutsideUser(
            tenant_id=integration.tenant_id,
            integration=integration,
            outside_id=user.id[:100],
            name=user.name[:300],
            email=user.email[:320],
            extension=user.extension[:40],
            is_active=user.active,
            updated_at=now,
        )
        for user in found.values()
    ]
    OutsideUser.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["integration", "outside_id"],
        update_fields=FIELDS,
        batch_size=500,
    )
    # Who is gone there is kept as inactive: calls and assignments of the past still name them.
    mine = OutsideUser.objects.filter(integration=integration)
    mine.exclude(outside_id__in=[row.outside_id for row in rows]).update(is_active=False, updated_at=now)
    Integration.objects.filter(pk=integration.pk).update(users_loaded_at=now)
