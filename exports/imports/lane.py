"""The lane in which imports run: they are looked through, written and undone, one of each company at a time."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.imports.applying import apply
from exports.imports.audience import may_import
from exports.imports.checking import check
from exports.imports.fence import Stopped
from exports.imports.importer import NotImportable
from exports.imports.place import path_of
from exports.imports.refused import FileRefused
from exports.imports.undoing import undo
from exports.models import WORKING, Import, ImportState
from tenants import audit
from tenants.correlation import correlated
from tenants.events import emit
from tenants.scoping import tenant_scope
from tenants.work import Leased, Outcome, PooledLane, backoff, register

logger = logging.getLogger(__name__)

LANE: Final = "imports.run"
RETRY_SECONDS: Final = (5, 15, 60, 300)
MAX_ATTEMPTS: Final = 6

_STEPS: Final[Mapping[str, tuple[Callable[[Import, Leased], None], ImportState]]] = {
    ImportState.PENDING: (check, ImportState.READY),
    ImportState.CHECKING: (check, ImportState.READY),
    ImportState.APPLYING: (apply, ImportState.DONE),
    ImportState.UNDOING: (undo, ImportState.UNDONE),
}
"""What is done in a state, and the state that it ends in."""
_EVENTS: Final[Mapping[str, str]] = {
    ImportState.DONE: "import.completed",
    ImportState.UNDONE: "import.undone",
    ImportState.FAILED: "import.failed",
}


class RunImports(PooledLane):
    name = LANE
    queue = "exports"
    capacity = 2
    per_group = 1
    # How long an import rests after its worker was killed; a running one is extended with every batch.
    lease_seconds = 30.0

    def act(self, row: Leased) -> Outcome:
        job = (
            Import.objects.select_related("tenant", "member")
            .filter(pk=row.subject, state__in=WORKING)
            .first()
        )
        if job is None:
            return Outcome.done(row)
        with override(job.language):
            if row.attempt > MAX_ATTEMPTS:
                text = _("It failed several times. Tell the operator to look at the log.")
                return Outcome.done(row, FileRefused("gave_up", text))
            return self._attempt(job, row)

    def _attempt(self, job: Import, row: Leased) -> Outcome:
        step, end = _STEPS[job.state]
        try:
            with (
                tenant_scope(job.tenant_id),
                correlated(job.correlation_id),
                audit.acting(audit.Actor(job.actor, job.actor_kind)),
            ):
                may_import(job.member, job.dataset)
                step(job, row)
            return Outcome.done(row, end)
        except Stopped:
            return Outcome.done(row)
        except FileRefused as refusal:
            logger.warning("import %s was refused: %s %s", job.pk, refusal.code, refusal.detail)
            return Outcome.done(row, refusal)
        except NotImportable:
            return Outcome.done(row, FileRefused("outdated", _("This data cannot be imported any more.")))
        except OperationalError as error:
            delay = backoff(RETRY_SECONDS, row.attempt)
            logger.warning("import %s: the database does not answer: %s", job.pk, error)
            if delay is None:
                text = _("The database did not answer. Try again later.")
                return Outcome.done(row, FileRefused("database", text))
            return Outcome.retry(row, delay)

    def record(self, outcomes: list[Outcome]) -> None:
        subjects = [outcome.row.subject for outcome in outcomes]
        rows = {job.pk: job for job in Import.objects.filter(pk__in=subjects, state__in=WORKING)}
        for outcome in outcomes:
            job = rows.get(outcome.row.subject)
            if job is None or outcome.result is None:
                continue
            if isinstance(outcome.result, FileRefused):
                job.error_code, job.reason = outcome.result.code, str(outcome.result)
                finish(job, ImportState.FAILED)
            else:
                finish(job, outcome.result)


def kept_until() -> datetime:
    """Of what ends now: how long it can be written or undone."""
    return timezone.now() + timedelta(hours=settings.IMPORT_RETENTION_HOURS)


def finish(job: Import, state: ImportState) -> None:
    """In the transaction that ends a piece of work. The file has done its part once it was looked through."""
    now = timezone.now()
    job.state, job.finished_at, job.progress = state, now, 100
    job.expires_at = kept_until()
    job.save(update_fields=["state", "finished_at", "progress", "expires_at", "error_code", "reason"])
    path = path_of(job)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    if state in _EVENTS:
        tell(job, _EVENTS[state])


def tell(job: Import, event: str) -> None:
    """An import can fail, and be undone, after it was written: each event happens to it once."""
    data: dict[str, object] = {
        "id": job.pk,
        "dataset": job.dataset,
        "file_name": job.file_name,
        "requested_by": job.actor,
        **job.counts(),
    }
    if event == "import.failed":
        data |= {"code": job.error_code, "reason": job.reason}
    emit(job.tenant_id, event, data, key=f"{event}:{job.pk}", correlation_id=job.correlation_id)


register(RunImports())
