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
from tenants.errors import RemoteRejected, Unsupported

# What is said in messengers has a receiver of its own.
KINDS: Final = tuple(kind for kind in RecordKind if kind not in (RecordKind.CONVERSATION, RecordKind.MESSAGE))


def keep(hook: Hook, found: Sequence[Record]) -> Text:
    """By the policy of the kind's synchronisation, where there is one; a record that cannot be kept is said why."""
    kind = found[0].kind
    kept = upsert_records(Owner.of(hook.integration_id), kind, found, Manner(_plan(hook, kind)))
    if kept.faults:
        raise RemoteRejected(" ".join(str(fault.text) for fault in kept.faults))
    if kept.created:
        return _("Created.")
    return _("Changed.") if kept.updated else _("It was so already.")


def remove(hook: Hook, kind: RecordKind, outside_id: str) -> Text:
    """One at a time, and so without the safety valve of runs."""
    _plan(hook, kind)
    gone = remove_records(Owner.of(hook.integration_id), kind, [outside_id])
    return _("Marked as deleted.") if gone else _("It was not here.")


def _plan(hook: Hook, kind: RecordKind) -> SyncPlan | None:
    plan = SyncPlan.objects.filter(integration_id=hook.integration_id, kind=kind).first()
    if plan is not None and not (plan.is_enabled and plan.reads):
        raise Unsupported(_("The synchronisation of these records is switched off, or only writes."))
    return plan


def register() -> None:
    register_records(KINDS, keep)
    register_removals(KINDS, remove)
