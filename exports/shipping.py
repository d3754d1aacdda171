"""The lane in which finished files are carried to their destinations."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone
from django.utils.translation import override

from exports.destinations import NotSent, OutgoingFile, Receipt, open_destination
from exports.destinations.base import Interrupted
from exports.engine.place import path_of
from exports.formats import FORMATS
from exports.formats.packing import content_type
from exports.links import mailed_url
from exports.models import ON_THE_WAY, Export, ExportDestination, ExportShipment, ShipmentState, State
from exports.registry import UnknownDataset, get_dataset
from exports.schedules.outcomes import note_done, note_failed
from exports.shipments import LANE
from exports.telling import tell
from tenants.work import Leased, Outcome, PooledLane, backoff

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = (30, 120, 600, 1800, 3600, 7200, 10800, 10800)
# Beyond that it kills its worker, again and again.
MAX_ATTEMPTS: Final = len(RETRY_SECONDS) + 4
LOOK_SECONDS: Final = 5.0
"""How often a long upload looks whether it is still wanted."""


@dataclass(frozen=True, slots=True)
class Shipped:
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Failed:
    """In the words of the export's language; `retry_in` is None when that was the last attempt."""

    code: str
    reason: str
    reached: frozenset[str]
    retry_in: float | None = None


class ShipExports(PooledLane):
    """Subject: the shipment; group: its destination."""

    name = LANE
    queue = "exports"
    capacity = 4
    per_group = 1
    # Kept while the worker lives; so long a shipment rests after it was killed.
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        shipment = _found(row)
        if shipment is None:
            return Outcome.done(row)
        ExportShipment.objects.filter(pk=shipment.pk, state__in=ON_THE_WAY).update(
            state=ShipmentState.RUNNING, started_at=timezone.now(), attempts=F("attempts") + 1
        )
        with override(shipment.export.language):
            try:
                return Outcome.done(row, Shipped(_send(shipment, row)))
            except Interrupted:
                return Outcome.done(row)
            except NotSent as error:
                logger.warning("shipment %s: %s %s", shipment.pk, error.code, error.detail)
                return _failed(row, error)

    def record(self, outcomes: list[Outcome]) -> None:
        """In one transaction with the queue: state, the destination's health, and the event."""
        found = {
            shipment.pk: shipment
            for shipment in ExportShipment.objects.filter(
                pk__in=[outcome.row.subject for outcome in outcomes], state__in=ON_THE_WAY
            ).select_related("export")
        }
        for outcome in outcomes:
            shipment = found.get(outcome.row.subject)
            if shipment is not None and isinstance(outcome.result, Shipped):
                _record_shipped(shipment, outcome.result.receipt, outcome.row)
            elif shipment is not None and isinstance(outcome.result, Failed):
                _record_failed(shipment, outcome.result, outcome.row)


def _found(row: Leased) -> ExportShipment | None:
    rows = ExportShipment.objects.select_related("export__tenant", "destination__tenant")
    return rows.filter(pk=row.subject, state__in=ON_THE_WAY).first()


def _send(shipment: ExportShipment, row: Leased) -> Receipt:
    export, destination = shipment.export, shipment.destination
    if row.attempt > MAX_ATTEMPTS:
        raise NotSent("gave_up")
    if destination is None:
        raise NotSent("removed")
    if not destination.is_enabled:
        raise NotSent("disabled")
    if export.state != State.DONE:
        raise NotSent("file_gone")
    return open_destination(destination).send(_outgoing(shipment, export, row), shipment.file_name)


def _outgoing(shipment: ExportShipment, export: Export, row: Leased) -> OutgoingFile:
    return OutgoingFile(
        id=shipment.pk,
        path=path_of(export),
        size=export.size,
        sha256=export.sha256,
        content_type=content_type(FORMATS[export.format], export.options, is_encrypted=export.is_encrypted),
        title=_title(export),
        link=mailed_url(export),
        expires_at=export.expires_at,
        reached=frozenset(shipment.reached),
        is_wanted=_Wanted(row),
    )


def _title(export: Export) -> str:
    try:
        return str(get_dataset(export.dataset).title)
    except UnknownDataset:
        return export.dataset


class _Wanted:
    """Asks the database now and then whether the shipment is still ours."""

    def __init__(self, row: Leased) -> None:
        self._row, self._asked_at, self._answer = row, time.monotonic(), True

    def __call__(self) -> bool:
        if self._answer and time.monotonic() - self._asked_at > LOOK_SECONDS:
            self._asked_at, self._answer = time.monotonic(), self._row.extend()
        return self._answer


def _failed(row: Leased, error: NotSent) -> Outcome:
    delay = None if error.is_final else backoff(RETRY_SECONDS, row.attempt)
    if delay is None:
        return Outcome.done(row, Failed(error.code, str(error), error.reached))
    delay = max(delay, error.retry_after or 0.0)
    return Outcome.retry(row, delay, Failed(error.code, str(error), error.reached, delay))


def _record_shipped(shipment: ExportShipment, receipt: Receipt, row: Leased) -> None:
    now = timezone.now()
    shipment.state, shipment.finished_at, shipment.next_try_at = ShipmentState.DONE, now, None
    shipment.receipt, shipment.size = receipt.place, receipt.size
    shipment.error_code = shipment.reason = ""
    shipment.reached = []
    _save(shipment)
    ExportDestination.objects.filter(pk=shipment.destination_id).update(last_success_at=now)
    note_done(shipment.export)
    _tell(shipment, "export.shipped", row, receipt=receipt.place, size=receipt.size)


def _record_failed(shipment: ExportShipment, failed: Failed, row: Leased) -> None:
    now = timezone.now()
    shipment.error_code, shipment.reason = failed.code, failed.reason
    shipment.reached = sorted({*shipment.reached, *failed.reached})
    if failed.retry_in is None:
        shipment.state, shipment.finished_at, shipment.next_try_at = ShipmentState.FAILED, now, None
    else:
        shipment.state, shipment.next_try_at = (
            ShipmentState.WAITING,
            now + timedelta(seconds=failed.retry_in),
        )
    _save(shipment)
    ExportDestination.objects.filter(pk=shipment.destination_id).update(
        last_failure_at=now, last_failure_reason=failed.reason
    )
    if failed.retry_in is None:
        with override(shipment.export.language):
            note_failed(shipment.export, f"{shipment.destination_name}: {failed.reason}")
        _tell(shipment, "export.shipment_failed", row, code=failed.code, reason=failed.reason)


def _save(shipment: ExportShipment) -> None:
    shipment.save(update_fields=[
        "state", "finished_at", "next_try_at", "receipt", "size", "error_code", "reason", "reached",
    ])  # fmt: skip


def _tell(shipment: ExportShipment, event: str, row: Leased, **data: object) -> None:
    """A shipment that is sent again is told again, so its attempt's lease tells them apart."""
    tell(
        shipment.export,
        event,
        key=f"{shipment.pk}:{row.lease}",
        shipment=shipment.pk,
        destination=shipment.destination_name,
        file_name=shipment.file_name,
        attempts=shipment.attempts,
        **data,
    )
