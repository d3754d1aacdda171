"""What outside systems tell of their objects is kept like what a synchronisation reads."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from integrations.actions.remove_records import remove_records
from integrations.actions.upsert_records import Manner, upsert_records
from integrations.models import SyncPlan
from integrations.receivers import Hook, register_records, register_removals
from integrations.records import Record, RecordKind
from integrations.store.owner import Owner
from integrations.store.shapes import MODELS
from tenants.errors import RemoteRejected, Unsupported


def keep(hook: Hook, records: Sequence[Record]) -> str:
    """By the policy of the kind's synchronisation, where there is one; a record that cannot be kept is said why."""
    kind = records[0].kind
    kept = upsert_records(Owner.of(hook.integration_id), kind, records, Manner(plan=_plan(hook, kind)))
    if kept.faults:
        raise RemoteRejected(" ".join(str(fault.text) for fault in kept.faults))
    if kept.created:
        return _("Created.")
    return _("Changed.") if kept.updated else _("It was so already.")


def remove(hook: Hook, kind: RecordKind, outside_id: str) -> str:
    """As when a full run finds it gone."""
    _plan(hook, kind)
    gone = remove_records(Owner.of(hook.integration_id), kind, [outside_id])
    return _("Marked as deleted.") if gone else _("It was not here.")


def _plan(hook: Hook, kind: RecordKind) -> SyncPlan | None:
    plan = SyncPlan.objects.filter(integration_id=hook.integration_id, kind=kind).first()
    if plan is not None and not (plan.is_enabled and plan.reads):
        raise Unsupported(_("The synchronisation of these records is switched off, or only writes."))
    return plan


def register() -> None:
    """When the app is loaded. Conversations and messages have keepers of their own."""
    kinds = list(MODELS)
    register_records(kinds, keep)
    register_removals(kinds, remove)
