"""Stop sending to an endpoint; what waits for it is parked, not lost."""

import uuid

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.events import emit
from webhooks.actions.mail_warning import Warned, mail_warning
from webhooks.actions.take_back import take_back
from webhooks.events import DISABLED
from webhooks.flow.streams import advance_all
from webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState, EndpointTrouble

# In one transaction; further rows are parked when they come due.
PARKED_AT_ONCE = 1000


@transaction.atomic
def disable_endpoint(endpoint: Endpoint, reason: str = "person") -> bool:
    """Whether it was enabled before. `reason` is a code of `webhooks.reasons`."""
    changed = Endpoint.objects.filter(pk=endpoint.pk, state=EndpointState.ENABLED).update(
        state=EndpointState.DISABLED, disabled_reason=reason, disabled_at=timezone.now()
    )
    endpoint.refresh_from_db()
    if not changed:
        return False
    endpoint.save(update_fields=["revision"])
    EndpointTrouble.objects.filter(endpoint=endpoint).delete()
    park_waiting(endpoint)
    audit.record("endpoint.disabled", endpoint, after={"reason": reason})
    emit(endpoint.tenant_id, DISABLED, described(endpoint, reason), key=f"{DISABLED}:{endpoint.revision}")
    if reason != "person":
        mail_warning(endpoint, Warned.DISABLED, reason)
    return True


def described(endpoint: Endpoint, reason: str) -> dict[str, str]:
    """The data of this room's own events, which other endpoints get."""
    shown = {"endpoint_id": str(endpoint.pk), "name": endpoint.name, "url": endpoint.shown_url}
    return {**shown, "reason": reason}


def park_waiting(endpoint: Endpoint) -> int:
    """Park what nobody is sending at this moment: an attempt under way still gets its outcome written."""
    pending = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING).order_by("-id")
    ids: list[uuid.UUID] = list(pending.values_list("id", flat=True)[:PARKED_AT_ONCE])
    taken = take_back(ids)
    count = Delivery.objects.filter(id__in=[one.id for one in taken]).update(
        state=DeliveryState.PARKED,
        reason="endpoint_disabled",
        next_due=None,
        batch=None,
        finished_at=timezone.now(),
    )
    advance_all((one.endpoint_id, one.tenant_id, one.stream) for one in taken)
    return count
