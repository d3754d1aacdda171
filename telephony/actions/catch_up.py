"""Reads an exchange's call records and stores what is in them; the fold makes calls of it, or completes known ones."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from telephony.catchup.comparing import Comparison
from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.reading import Form
from telephony.catchup.rows import Record, of_call, of_channel
from telephony.catchup.sources import reader_of
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import CatchUpCause, CatchUpReport, CdrSource, Pbx, PbxOutage, RecordsState
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import enqueue

logger = logging.getLogger(__name__)

LANE: Final = "calls.catch_up"
_READ: Final = {"cdr": of_call, "cel": of_channel}


@dataclass(slots=True)
class Found:
    """What one reading gave."""

    rows_read: int = 0
    rows_new: int = 0
    rows_refused: int = 0
    comparison: Comparison = field(default_factory=Comparison)

    def take(self, pbx: Pbx, form: Form, rows: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> None:
        """Compare these rows with what we know, then store them."""
        records: list[Record] = []
        for row in rows:
            self.rows_read += 1
            record = _READ[form](row, zone)
            if record is not None:
                records.append(record)
            elif form == "cdr":
                self.rows_refused += 1
        self.comparison.add(pbx.pk, records)
        self.rows_new += store(pbx, records)


def store(pbx: Pbx, records: Sequence[Record]) -> int:
    """As events of the source `cdr`; how many were new. One that is there already is no row and causes no folding."""
    source = Source(pbx.pk, pbx.tenant_id)
    unique = {record.event.digest: record for record in records}
    return insert([arrived(source, record.event, "") for record in unique.values()])


def catch_up(
    source_id: UUID, *, cause: str = CatchUpCause.SCHEDULE, keep: bool = False
) -> CatchUpReport | None:
    """Read one source from its cursor, or from where somebody asked for. None when it is gone or switched off.

    The report is stored when it says something new, or on demand (`keep`). Failures are in it, none is raised.
    """
    source = _source(source_id)
    if source is None:
        return None
    begun, asked = timezone.now(), source.read_from
    found, failure = Found(), None
    try:
        with tenant_scope(source.tenant_id):
            for _portion in _read(source, asked, found):
                pass
    except RecordsUnavailable as error:
        failure = error
        logger.warning("call records of %s cannot be read: %s", source.pbx_id, error)
    with tenant_scope(source.tenant_id):
        return _settle(source, begun, asked, found, failure, cause=cause, keep=keep or asked is not None)


def _source(source_id: UUID) -> CdrSource | None:
    with all_tenants():
        return (
            CdrSource.objects.select_related("pbx", "pbx__tenant", "tenant")
            .filter(pk=source_id, is_enabled=True, pbx__is_enabled=True, tenant__is_active=True)
            .first()
        )


def _read(source: CdrSource, asked: datetime | None, found: Found) -> Iterator[None]:
    """Portion by portion: the rows are stored before the cursor goes past them."""
    zone = ZoneInfo(source.zone_name)
    for portion in reader_of(source).portions(source.cursor, asked, source.created_at):
        found.take(source.pbx, portion.form, portion.rows, zone)
        source.cursor = {**source.cursor, **portion.cursor}
        CdrSource.objects.filter(pk=source.pk).update(cursor=source.cursor)
        yield


@transaction.atomic
def _settle(
    source: CdrSource,
    begun: datetime,
    asked: datetime | None,
    found: Found,
    failure: RecordsUnavailable | None,
    *,
    cause: str,
    keep: bool,
) -> CatchUpReport:
    was_failing = source.state == RecordsState.FAILED
    now = timezone.now()
    changes: dict[str, Any] = {
        "last_run_at": now,
        "state": RecordsState.FAILED if failure else RecordsState.OK,
        "reason": failure.reason if failure else "",
        "detail": failure.detail if failure else "",
    }
    if failure is None:
        changes["last_success_at"] = now
    CdrSource.objects.filter(pk=source.pk).update(**changes)
    if failure is None:
        if asked is not None:
            CdrSource.objects.filter(pk=source.pk, read_from=asked).update(read_from=None)
        close_outages(source.pbx, begun)
    report = report_of(source.pbx, found, cause=cause, since=asked)
    report.reason, report.detail = changes["reason"], changes["detail"]
    if keep or found.rows_new or was_failing != bool(failure):
        report.save()
    return report


def report_of(pbx: Pbx, found: Found, *, cause: str, since: datetime | None = None) -> CatchUpReport:
    """Not saved yet."""
    return CatchUpReport(
        tenant_id=pbx.tenant_id,
        pbx=pbx,
        cause=cause,
        since=since,
        finished_at=timezone.now(),
        rows_read=found.rows_read,
        rows_new=found.rows_new,
        rows_refused=found.rows_refused,
        missing=len(found.comparison.missing),
        differing=len(found.comparison.differing),
        unchanged=len(found.comparison.unchanged),
    )


def close_outages(pbx: Pbx, until: datetime) -> int:
    """Gaps that were over when the reading began are filled now."""
    due = PbxOutage.objects.filter(pbx=pbx, ended_at__lte=until, caught_up_at__isnull=True)
    closed: int = due.update(caught_up_at=timezone.now())
    return closed


def queue_catch_up(sources: Iterable[CdrSource], *, since: datetime | None = None) -> int:
    """Have them read soon, one reading at a time for each; with `since`, from then on. How many."""
    wanted = list(sources)
    ids = [source.pk for source in wanted]
    with transaction.atomic():
        if since is not None:
            CdrSource.objects.filter(pk__in=ids).update(read_from=since)
        enqueue(LANE, [(one.pk, one.tenant_id, str(one.pbx_id), None) for one in wanted], again=True)
    return len(wanted)


def queue_all() -> int:
    """Every source that is switched on; how many."""
    return queue_catch_up(_enabled())


def queue_outages() -> int:
    """Sources of exchanges with a gap that is over and not filled yet; how many."""
    gaps = PbxOutage.objects.filter(caught_up_at__isnull=True).values("pbx_id")
    return queue_catch_up(_enabled().filter(pbx_id__in=gaps))


def _enabled() -> QuerySet[CdrSource]:
    return CdrSource.objects.filter(is_enabled=True, pbx__is_enabled=True, tenant__is_active=True).only(
        "id", "tenant_id", "pbx_id"
    )
