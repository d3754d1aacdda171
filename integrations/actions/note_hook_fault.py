"""Keeps what is wrong with objects of which requests told us: one row for each, until the object comes without fault."""

from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from integrations.models import SyncFault
from integrations.receivers import Hook
from integrations.records import RecordKind
from tenants.storable import storable_text

LONGEST_TEXT = 1000


def note_hook_fault(hook: Hook, kind: RecordKind, outside_id: str, text: str) -> None:
    """What is wrong with it now; without a text nothing is, and what was noted before is over."""
    if not text:
        # Nobody tells the same message again.
        if kind is not RecordKind.MESSAGE:
            settle_hook_faults(hook.integration_id, kind, [outside_id])
        return
    found = {
        "inbound_id": hook.inbound_id,
        "text": storable_text(text)[:LONGEST_TEXT],
        "last_seen_at": timezone.now(),
    }
    SyncFault.objects.update_or_create(
        integration_id=hook.integration_id,
        kind=kind,
        outside_id=storable_text(outside_id)[:200],
        defaults=found,
        create_defaults={"tenant_id": hook.tenant_id, **found},
    )


def settle_hook_faults(integration_id: UUID, kind: RecordKind, outside_ids: Collection[str]) -> None:
    """These objects came without fault, or a run says by itself what is wrong with them."""
    if outside_ids:
        known = SyncFault.objects.filter(integration_id=integration_id, kind=kind)
        known.filter(outside_id__among=[storable_text(one)[:200] for one in outside_ids]).delete()
