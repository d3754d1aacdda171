"""Stop sending to an endpoint; what waits for it is parked, not lost."""

import uuid

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.events import emit
from tenants.models import Work
from webhooks.actions.mail_warning import Warned, mail_warning
from webhooks.events import DISABLED
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
    _park_waiting(endpoint)
    audit.record("endpoint.disabled", endpoint, after={"reason": reason})
    emit(endpoint.tenant_id, DISABLED, described(endpoint, reason), key=f"{DISABLED}:{endpoint.revision}")
    if reason != "person":
        mail_warning(endpoint, Warned.DISABLED, reason)
    return True


def described(endpoint: Endpoint, reason: str) -> dict[str, str]:
    """The data of this room's own events, which other endpoints get."""
    shown = {"endpoint_id": str(endpoint.pk), "name": endpoint.name, "url": endpoint.shown_url}
    return {**shown, "reason": reason}


def _park_waiting(endpoint: Endpoint) -> int:
    """Park what nobody is sending at this moment: an attempt under way still gets its outcome written."""
    pending = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING).order_by("-id")
    ids: list[uuid.UUID] = list(pending.values_list("id", flat=True)[:PARKED_AT_ONCE])
    waiting = Work.objects.filter(lane="webhooks.deliver", subject__in=ids, lease=None)
    subjects = list(waiting.select_for_update(skip_locked=True).values_list("subject", flat=True))
    Work.objects.filter(lane="webhooks.deliver", subject__in=subjects).delete()
    return Delivery.objects.filter(id__in=subjects).update(
        state=DeliveryState.PARKED, reason="endpoint_disabled", next_due=None, finished_at=timezone.now()
    )
