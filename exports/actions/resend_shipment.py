"""Carries a finished file to its destination once more, or at once where it waits for its next attempt."""

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exports.models import ExportShipment, ShipmentState, State
from exports.shipments import LANE
from tenants import audit
from tenants.work import enqueue


def resend_shipment(shipment: ExportShipment) -> Promise | None:
    """Why it cannot be sent now; None when it is on its way. It keeps its name and so replaces what it wrote before."""
    export, destination = shipment.export, shipment.destination
    if destination is None:
        return _("The destination was removed.")
    if not destination.is_enabled:
        return _("The destination is switched off.")
    if export.state != State.DONE:
        return _("There is no file to be sent. Run the export again.")
    with transaction.atomic():
        idle = ExportShipment.objects.filter(pk=shipment.pk).exclude(state=ShipmentState.RUNNING)
        changed = idle.update(
            state=ShipmentState.WAITING,
            error_code="",
            reason="",
            attempts=0,
            next_try_at=None,
            finished_at=None,
        )
        if not changed:
            return _("It is on its way already.")
        audit.record("exportshipment.resent", shipment)
        enqueue(LANE, [(shipment.pk, shipment.tenant_id, str(destination.pk), None)], again=True)
    shipment.refresh_from_db()
    return None
