"""What can be done with an import after it was looked through: write it, take it back, stop it, remove it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exports.imports.audience import may_import
from exports.imports.lane import LANE, kept_until
from exports.imports.place import path_of
from exports.models import STOPPED, WORKING, Import, ImportState
from tenants import audit
from tenants.errors import ConfigError
from tenants.models import Member
from tenants.work import cancel, enqueue


class NotNow(ConfigError):
    """The import is in a state in which that cannot be done."""


def apply_import(job: Import, *, member: Member | None = None) -> Import:
    """Write what was previewed, in the background. NotNow, FileRefused."""
    if not job.is_kept:
        raise NotNow(_("The preview is not kept any more. Upload the file again."))
    if not job.can_apply:
        if job.state == ImportState.READY:
            raise NotNow(_("There is nothing to write."))
        text = _("Only an import that is ready can be written. This one is: %(state)s.")
        raise NotNow(text % {"state": job.get_state_display()})
    _start(job, member, (ImportState.READY,), ImportState.APPLYING, "import.applied")
    return job


def undo_import(job: Import, *, member: Member | None = None) -> Import:
    """Take back what it wrote, in the background. NotNow, FileRefused."""
    if not job.is_kept:
        raise NotNow(_("What it wrote is not kept any more, so it cannot be taken back."))
    if job.state not in STOPPED:
        text = _("Only an import that has ended can be undone. This one is: %(state)s.")
        raise NotNow(text % {"state": job.get_state_display()})
    if not job.can_undo:
        raise NotNow(_("It has written nothing that could be taken back."))
    _start(job, member, STOPPED, ImportState.UNDOING, "import.undone")
    return job


@transaction.atomic
def _start(
    job: Import, member: Member | None, states: tuple[ImportState, ...], to: ImportState, action: str
) -> None:
    """The rows that it is about are worked through from the first one, in the name of whoever asks now."""
    may_import(member, job.dataset)
    actor = audit.current_actor()
    now = timezone.now()
    changed = Import.objects.filter(pk=job.pk, state__in=states, expires_at__gt=now).update(
        state=to,
        last_row=0,
        member=member,
        actor=actor.name[:200],
        actor_kind=actor.kind,
        started_at=now,
        finished_at=None,
        error_code="",
        reason="",
    )
    if not changed:
        raise NotNow(_("It is not in that state any more: look at it again."))
    audit.record(action, job, after=job.counts())
    enqueue(LANE, [(job.pk, job.tenant_id, str(job.tenant_id), None)])
    job.refresh_from_db()


def cancel_import(job: Import) -> bool:
    """Whether there was something to stop. What was written until then stays, and can be taken back."""
    with transaction.atomic():
        # The queue's row first, as whoever works on the import locks them.
        cancel(LANE, [job.pk])
        stopping = (*WORKING, ImportState.READY)
        changed = Import.objects.filter(pk=job.pk, state__in=stopping).update(
            state=ImportState.CANCELLED, finished_at=timezone.now(), expires_at=kept_until()
        )
        if changed:
            audit.record("import.cancelled", job)
            path = path_of(job)
            transaction.on_commit(lambda: path.unlink(missing_ok=True))
    job.refresh_from_db()
    return bool(changed)


def delete_import(job: Import) -> None:
    """Its rows, its work and its file go; what it wrote stays."""
    with transaction.atomic():
        cancel(LANE, [job.pk])
        audit.record(
            "import.deleted", job, before={"dataset": job.dataset, "file_name": job.file_name, **job.counts()}
        )
        path = path_of(job)
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
        job.delete()
