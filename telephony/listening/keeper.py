"""Which exchanges this process listens to, and what it reports of them.

A row's `holder` and `leased_until` say who listens: taken by a conditional update, renewed while the process lives, free
again when it ends or has been silent for LEASE. So two machines share the exchanges, and never have the same one.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from telephony.actions.announce_exchange import announce
from telephony.checks import LISTENER
from telephony.listening.line import Line
from telephony.listening.rebuilding import as_moment
from telephony.listening.scribe import Scribe
from telephony.models import AmiAccess, ListenerState, PbxStatus
from tenants import bulk
from tenants.heartbeats import beat
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=15)
TURN_SECONDS: Final = 1.0
REPORT_SECONDS: Final = 3.0
RENEW_SECONDS: Final = 3.0
PULSE_SECONDS: Final = 10.0
HYSTERESIS_SECONDS: Final = 60.0
STOP_SECONDS: Final = 4.0
REPORTED: Final = (
    "state",
    "since",
    "seen_at",
    "reason",
    "detail",
    "covered_until",
    "last_event_at",
    "lag_p50",
    "lag_p99",
    "events_per_minute",
    "version",
    "booted",
    "clock_offset",
    "rights",
    "warnings",
    "is_down_told",
)


class Keeper:
    """`keep()` is one turn, called every second or so; everything that it does is harmless twice."""

    def __init__(self, holder: UUID | None = None) -> None:
        self.id = holder or uuid4()
        self.scribe = Scribe()
        self.scribe.start()
        self.lines: dict[UUID, Line] = {}
        self._rows: dict[UUID, PbxStatus] = {}
        self._reported_at = self._renewed_at = self._pulsed_at = float("-inf")
        self._states: dict[UUID, str] = {}

    def keep(self) -> None:
        """Raises DatabaseError while the database is away; what runs goes on."""
        with all_tenants():
            wanted = {access.pbx_id: access for access in _wanted()}
            self._renew()
            self._drop(
                [
                    pbx_id
                    for pbx_id, line in self.lines.items()
                    if pbx_id not in wanted or _is_other(wanted[pbx_id], line.access)
                ]
            )
            for access in self._claimed([one for one in wanted.values() if one.pbx_id not in self.lines]):
                self._begin(access)
            if self._is_time_to_report():
                self._report()
            if time.monotonic() - self._pulsed_at > PULSE_SECONDS:
                self._pulsed_at = time.monotonic()
                beat(LISTENER)

    def close(self) -> None:
        """Hang up everywhere, write what was heard, and let others have the exchanges at once."""
        _end(list(self.lines.values()))
        self.scribe.stop(STOP_SECONDS)
        with all_tenants():
            for pbx_id, line in self.lines.items():
                row = self._filled(line, self._rows[pbx_id])
                row.state, row.since, row.reason = ListenerState.OFF, timezone.now(), ""
            bulk.change(list(self._rows.values()), REPORTED)
            PbxStatus.objects.filter(holder=self.id).update(holder=None, leased_until=None)
        self.lines.clear()

    def _claimed(self, accesses: list[AmiAccess]) -> list[AmiAccess]:
        """Those that are ours now. What others listen to costs one query for all."""
        if not accesses:
            return []
        found = PbxStatus.objects.filter(pbx_id__in=[access.pbx_id for access in accesses])
        known = {status.pbx_id: status for status in found}
        now = timezone.now()
        return [access for access in accesses if self._claim(access, known.get(access.pbx_id), now)]

    def _claim(self, access: AmiAccess, status: PbxStatus | None, now: datetime) -> bool:
        if status is None:
            status, _is_new = PbxStatus.objects.get_or_create(
                pbx_id=access.pbx_id, defaults={"tenant_id": access.tenant_id}
            )
        if status.holder not in (None, self.id) and status.leased_until and status.leased_until > now:
            return False
        free = Q(holder=None) | Q(leased_until=None) | Q(leased_until__lt=now) | Q(holder=self.id)
        taken = PbxStatus.objects.filter(free, pbx_id=access.pbx_id)
        if not taken.update(holder=self.id, leased_until=now + LEASE):
            return False
        self._rows[access.pbx_id] = PbxStatus.objects.get(pbx_id=access.pbx_id)
        return True

    def _begin(self, access: AmiAccess) -> None:
        row = self._rows[access.pbx_id]
        line = self.lines[access.pbx_id] = Line(access, self.scribe, row.covered_until, row.booted)
        line.start()

    def _drop(self, pbx_ids: list[UUID]) -> None:
        """Their accesses are gone, or are others now; the next turn begins with those."""
        lines = [self.lines.pop(pbx_id) for pbx_id in pbx_ids]
        _end(lines)
        for line in lines:
            row = self._filled(line, self._rows.pop(line.pbx_id))
            row.state, row.since, row.reason, row.detail = ListenerState.OFF, timezone.now(), "", ""
            row.is_down_told = False  # nobody waits for an exchange that was switched off
            if PbxStatus.objects.filter(pk=row.pk, holder=self.id).update(holder=None, leased_until=None):
                bulk.change([row], REPORTED)

    def _renew(self) -> None:
        """Whoever lost a lease, because the machine slept or the database was away, stops listening."""
        if not self.lines or time.monotonic() - self._renewed_at < RENEW_SECONDS:
            return
        self._renewed_at = time.monotonic()
        PbxStatus.objects.filter(holder=self.id).update(leased_until=timezone.now() + LEASE)
        mine = set(PbxStatus.objects.filter(holder=self.id).values_list("pbx_id", flat=True))
        for pbx_id in set(self.lines) - mine:
            logger.warning("exchange %s: another process listens to it now", pbx_id)
            line = self.lines.pop(pbx_id)
            line.stop()
            self._rows.pop(pbx_id, None)

    def _is_time_to_report(self) -> bool:
        states = {pbx_id: f"{line.report.state} {line.report.reason}" for pbx_id, line in self.lines.items()}
        is_news = states != self._states
        self._states = states
        return is_news or time.monotonic() - self._reported_at > REPORT_SECONDS

    def _report(self) -> None:
        self._reported_at = time.monotonic()
        rows = [self._filled(line, self._rows[pbx_id]) for pbx_id, line in self.lines.items()]
        with transaction.atomic():
            for line, row in zip(self.lines.values(), rows, strict=True):
                _tell(line, row)
            bulk.change(rows, REPORTED)

    def _filled(self, line: Line, row: PbxStatus) -> PbxStatus:
        report, figures = line.report, line.ledger.figures
        pace = figures.pace()
        row.state, row.since, row.seen_at = report.state, report.since, timezone.now()
        row.reason, row.detail = report.reason, report.detail[:300]
        row.covered_until = line.covered_until
        if figures.last_event_at is not None:
            row.last_event_at = as_moment(figures.last_event_at)
        row.lag_p50, row.lag_p99, row.events_per_minute = pace.lag_p50, pace.lag_p99, pace.per_minute
        row.version, row.booted = report.version or row.version, report.booted or row.booted
        row.clock_offset = None if line.clock.offset is None else round(line.clock.offset, 3)
        row.rights, row.warnings = list(report.rights), list(report.warnings)
        return row


def _end(lines: list[Line]) -> None:
    """All at once: the leases of others must not run out meanwhile."""
    for line in lines:
        line.stop()
    deadline = time.monotonic() + STOP_SECONDS
    for line in lines:
        line.join(max(deadline - time.monotonic(), 0.1))


def _wanted() -> list[AmiAccess]:
    """One query a turn, whatever the number of exchanges."""
    return list(
        AmiAccess.objects.filter(
            is_enabled=True, pbx__is_enabled=True, tenant__is_active=True
        ).select_related("tenant", "pbx")
    )


def _is_other(access: AmiAccess, former: AmiAccess) -> bool:
    return (access.pk, access.updated_at, access.tenant.egress_allow) != (
        former.pk,
        former.updated_at,
        former.tenant.egress_allow,
    )


def _tell(line: Line, row: PbxStatus) -> None:
    """A minute without the exchange is news; so is its return, once it has stayed for a while."""
    if line.down_since is None:
        if row.is_down_told:
            row.is_down_told = False
            announce(line.access, row, is_connected=True, since=row.since)
    elif not row.is_down_told and time.time() - line.down_since > HYSTERESIS_SECONDS:
        row.is_down_told = True
        announce(line.access, row, is_connected=False, since=as_moment(line.down_since))
