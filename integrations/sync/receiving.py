"""Records that outside systems tell us of by themselves are kept like those that are read."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from integrations.actions.remove_records import remove_records
from integrations.actions.upsert_records import Manner, upsert_records
from integrations.capabilities.base import Text
from integrations.models import SyncPlan
from integrations.receivers import Hook, register_records, register_removals
from integrations.records import Record, RecordKind
from integrations.store.owner import Owner

# What is said in messengers has a receiver of its own.
KINDS: Final = tuple(kind for kind in RecordKind if kind not in (RecordKind.CONVERSATION, RecordKind.MESSAGE))


def keep(hook: Hook, found: Sequence[Record]) -> Text:
    """By the conflict policy of the kind's synchronisation, where there is one."""
    kind = found[0].kind
    plan = SyncPlan.objects.filter(integration_id=hook.integration_id, kind=kind).first()
    kept = upsert_records(Owner.of(hook.integration_id), kind, found, Manner(plan))
    said = _("Created: %(created)d, changed: %(updated)d, unchanged: %(unchanged)d.") % {
        "created": kept.created,
        "updated": kept.updated,
        "unchanged": kept.unchanged,
    }
    return " ".join([said, *(str(fault.text) for fault in kept.faults)])


def remove(hook: Hook, kind: RecordKind, outside_id: str) -> Text:
    """One at a time, and so without the safety valve of runs."""
    if remove_records(Owner.of(hook.integration_id), kind, [outside_id]):
        return _("Deleted.")
    return _("It was not known, or is deleted already.")


def register() -> None:
    register_records(KINDS, keep)
    register_removals(KINDS, remove)
