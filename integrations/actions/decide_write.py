"""A person decides about a write that does not go on by itself: try it again, name the object that is there, or leave it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.actions.upsert_records import lock
from integrations.models import Link, PendingWrite
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.pending import queue_writes
from integrations.sync.writing import linked_there
from tenants import audit
from tenants.storable import storable_text


@transaction.atomic
def write_again(write: PendingWrite) -> bool:
    """What was created there meanwhile is created once more: the person has looked. False when it is settled already."""
    if not _released(write):
        return False
    audit.record("pending_write.repeated", write)
    return True


@transaction.atomic
def name_object(write: PendingWrite, outside_id: str) -> bool:
    """It is there under that id: the record is linked to it, and all of it is written there. ValidationError by field."""
    wanted = storable_text(outside_id).strip()
    if not wanted or len(wanted) > 200:
        raise ValidationError({"outside_id": _("Enter its id there, at most 200 characters.")})
    owner, kind = Owner.of(write.plan.integration_id), RecordKind(write.plan.kind)
    lock(owner)
    known = Link.objects.filter(integration_id=owner.integration_id, kind=kind)
    if known.filter(outside_id=wanted).exclude(record_id=write.record_id).exists():
        raise ValidationError(
            {"outside_id": _("This object belongs to another record: merge the two instead.")}
        )
    if not _released(write):
        return False
    if not known.filter(outside_id=wanted).exists():
        linked_there(owner, kind, write.record_id, wanted).save()
    audit.record("pending_write.named", write, after={"outside_id": wanted})
    return True


@transaction.atomic
def leave_unwritten(write: PendingWrite) -> bool:
    """It is not written; the next change of the record is."""
    found = PendingWrite.objects.filter(pk=write.pk, version=write.version, is_parked=True)
    if not found.exists():
        return False
    audit.record("pending_write.left", write)
    found.delete()
    return True


def _released(write: PendingWrite) -> bool:
    """Due at once, with its plan."""
    changed = PendingWrite.objects.filter(pk=write.pk, is_parked=True).update(
        is_parked=False, is_uncertain=False, error="", attempts=0, due_at=timezone.now()
    )
    if changed:
        queue_writes(write.plan, [write.record_id])
    return bool(changed)
