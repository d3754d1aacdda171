"""What becomes of shipments while their export goes its way; all of it in the export's own transactions."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from exports.destinations.failures import REASONS
from exports.destinations.names import file_name
from exports.formats import FORMATS
from exports.formats.packing import extension
from exports.models import ON_THE_WAY, Export, ExportDestination, ExportShipment, ShipmentState
from exports.request import InvalidRequest
from tenants.models import Tenant
from tenants.work import cancel, enqueue

LANE: Final = "exports.ship"
FIELD: Final = "destinations"
MOST: Final = 10


def wanted_destinations(tenant: Tenant, ids: Sequence[UUID | str]) -> list[ExportDestination]:
    """The company's own, enabled; InvalidRequest otherwise. Within a transaction, for the time of which they stay."""
    wanted = list(dict.fromkeys(_id(one) for one in ids))
    if not wanted:
        return []
    if len(wanted) > MOST:
        raise InvalidRequest(FIELD, _("At most %(most)d.") % {"most": MOST})
    # Locked, so that none is removed before the export is written.
    rows = ExportDestination.objects.select_for_update().filter(tenant=tenant, pk__in=wanted)
    found = {row.pk: row for row in rows}
    for one in wanted:
        if one not in found:
            raise _no_destination(one)
        if not found[one].is_enabled:
            text = _("The destination “%(name)s” is switched off.")
            raise InvalidRequest(FIELD, text % {"name": found[one].name})
    return [found[one] for one in wanted]


def _id(text: UUID | str) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise _no_destination(text) from error


def _no_destination(id_: UUID | str) -> InvalidRequest:
    return InvalidRequest(FIELD, _("There is no destination “%(id)s”.") % {"id": str(id_)[:50]})


def plan_shipments(export: Export, destinations: Sequence[ExportDestination]) -> None:
    """One for each, waiting for the file."""
    ending = extension(FORMATS[export.format], export.options, is_encrypted=export.is_encrypted)
    ExportShipment.objects.bulk_create(
        ExportShipment(
            tenant_id=export.tenant_id,
            export=export,
            destination=row,
            destination_name=row.name,
            file_name=file_name(row.file_name, export, ending),
        )
        for row in destinations
    )


def queue_shipments(export: Export) -> None:
    """The file is there: whatever waits for it is due."""
    waiting = ExportShipment.objects.filter(export=export, state=ShipmentState.WAITING)
    enqueue(
        LANE,
        [(row.pk, row.tenant_id, str(row.destination_id), None) for row in waiting],
    )


def drop_shipments(export: Export) -> None:
    """There will be no file: nothing is on its way any more."""
    unfinished = ExportShipment.objects.filter(export=export, state__in=ON_THE_WAY)
    cancel(LANE, list(unfinished.values_list("pk", flat=True)))
    unfinished.update(
        state=ShipmentState.CANCELLED,
        error_code="no_file",
        reason=str(REASONS["no_file"].text),
        next_try_at=None,
        finished_at=timezone.now(),
    )


def destinations_of(export: Export) -> list[UUID]:
    """Where it went, or was to go: what a re-run goes to again. Removed ones are gone."""
    rows = ExportShipment.objects.filter(export=export, destination__isnull=False).order_by("id")
    return list(rows.values_list("destination_id", flat=True))
