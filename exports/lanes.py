"""The lane in which exports run: some at a time in a worker, of each company no more than its limits allow. What is ready goes on."""

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.engine import files
from exports.engine.ceiling import no_room
from exports.engine.failures import ExportFailed, Stopped
from exports.engine.job import Written, write_file
from exports.engine.place import path_of
from exports.imports import lane as _imports  # noqa: F401 the lane of imports registers itself
from exports.limits import kept_size, limits_of
from exports.links import download_url
from exports.mails.owing import owe_links
from exports.models import UNFINISHED, Export, State
from exports.schedules.outcomes import note_done, note_failed
from exports.shares import held_back
from exports.shipments import drop_shipments, queue_shipments
from exports.shipping import ShipExports
from exports.telling import tell
from tenants.models import Tenant
from tenants.work import Leased, Outcome, PooledLane, backoff, register
from tenants.work.lanes import Settle

logger = logging.getLogger(__name__)

LANE = "exports.run"
# For a database that is away for a while.
RETRY_SECONDS = (5, 15, 60, 300)
# Beyond that it is not bad luck: the export kills its worker, or a column's code is broken.
MAX_ATTEMPTS = 6

Result = Written | ExportFailed


class RunExports(PooledLane):
    name = LANE
    queue = "exports"
    capacity = 4
    # One is always left for somebody else.
    per_group = capacity - 1
    late_after = 3600.0  # a long file holds its place for long, and the next one waits for it
    # A company's limit holds for all workers together.
    counts_everywhere = True
    # Short, because it is how long an export rests after its worker was killed; a running one is extended all the time.
    lease_seconds = 30.0

    def __init__(self) -> None:
        self._in_hand: Counter[str] = Counter()
        self._lock = threading.Lock()

    def held_back(self) -> Mapping[str, int]:
        with self._lock:
            in_hand = +self._in_hand
        return held_back(LANE, self.per_group, in_hand)

    def start(self, rows: list[Leased], settle: Settle) -> None:
        with self._lock:
            self._in_hand.update(row.group for row in rows)

        def ended(outcomes: list[Outcome]) -> None:
            with self._lock:
                self._in_hand.subtract(outcome.row.group for outcome in outcomes)
            settle(outcomes)

        super().start(rows, ended)

    def act(self, row: Leased) -> Outcome:
        export = Export.objects.select_related("tenant").filter(pk=row.subject, state__in=UNFINISHED).first()
        if export is None:
            return Outcome.done(row)
        with override(export.language):
            if row.attempt > MAX_ATTEMPTS:
                return Outcome.done(
                    row,
                    ExportFailed(
                        "gave_up", _("It failed several times. Tell the operator to look at the log.")
                    ),
                )
            return self._attempt(export, row)

    def _attempt(self, export: Export, row: Leased) -> Outcome:
        Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
            state=State.RUNNING, started_at=timezone.now(), rows_done=0, rows_total=None
        )
        try:
            return Outcome.done(row, write_file(export, row))
        except Stopped:
            return Outcome.done(row)
        except ExportFailed as failure:
            logger.warning("export %s failed: %s %s", export.pk, failure.code, failure.detail)
            return Outcome.done(row, failure)
        except OperationalError as error:
            delay = backoff(RETRY_SECONDS, row.attempt)
            logger.warning("export %s: the database does not answer: %s", export.pk, error)
            if delay is None:
                return Outcome.done(
                    row, ExportFailed("database", _("The database did not answer. Try again later."))
                )
            return Outcome.retry(row, delay)

    def record(self, outcomes: list[Outcome]) -> None:
        rows = {
            export.pk: export
            for export in Export.objects.filter(
                pk__in=[outcome.row.subject for outcome in outcomes], state__in=UNFINISHED
            )
        }
        for outcome in outcomes:
            export = rows.get(outcome.row.subject)
            if export is None:
                continue
            if outcome.verdict == "retry":
                Export.objects.filter(pk=export.pk).update(state=State.PENDING)
            elif isinstance(outcome.result, Written):
                _record_written(export, outcome.result)
            elif isinstance(outcome.result, ExportFailed):
                record_failure(export, outcome.result)


def _record_written(export: Export, written: Written) -> None:
    final = path_of(export)
    # Whoever else finishes a file of this company waits until this one counts.
    Tenant.objects.select_for_update(no_key=True).get(pk=export.tenant_id)
    limits = limits_of(export.tenant_id)
    if limits.max_kept_size is not None and kept_size(export.tenant_id) + written.size > limits.max_kept_size:
        written.part.unlink(missing_ok=True)
        with override(export.language):
            record_failure(export, no_room(limits.max_kept_size))
        return
    try:
        # Inside the settling transaction and so only by the holder of the lease. Should the commit fail, the file is
        # whole but not offered, and the next attempt replaces it.
        files.publish(written.part, final)
    except OSError as error:
        with override(export.language):
            text = _("The file could not be written. Tell the operator to look at EXPORT_DIR.")
        record_failure(export, ExportFailed("disk", text, repr(error)))
        return
    now = timezone.now()
    export.state, export.finished_at, export.reason = State.DONE, now, ""
    export.rows_done = export.rows_total = written.rows
    export.size, export.sha256 = written.size, written.sha256
    export.expires_at = now + timedelta(hours=limits.retention_hours)
    export.save(update_fields=[
        "state", "finished_at", "reason", "rows_done", "rows_total", "size", "sha256", "expires_at",
    ])  # fmt: skip
    queue_shipments(export)
    tell(
        export,
        "export.completed",
        file_name=export.file_name,
        rows=export.rows_done,
        size=export.size,
        sha256=export.sha256,
        download=download_url(export),
        expires_at=export.expires_at,
    )
    owe_links(export)
    note_done(export)


def record_failure(export: Export, failure: ExportFailed) -> None:
    export.state, export.finished_at = State.FAILED, timezone.now()
    export.error_code, export.reason = failure.code, str(failure)
    export.save(update_fields=["state", "finished_at", "error_code", "reason"])
    with override(export.language):
        drop_shipments(export)
    tell(export, "export.failed", code=failure.code, reason=export.reason)
    note_failed(export)


register(RunExports())
register(ShipExports())
