"""Send to an endpoint again."""

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.events import emit
from webhooks.actions.disable_endpoint import described
from webhooks.events import ENABLED
from webhooks.models import Endpoint, EndpointState


@transaction.atomic
def enable_endpoint(endpoint: Endpoint) -> bool:
    """Whether it was disabled before. What was parked stays parked until somebody asks for it (`replay_deliveries`)."""
    changed = Endpoint.objects.filter(pk=endpoint.pk, state=EndpointState.DISABLED).update(
        state=EndpointState.ENABLED, disabled_reason="", disabled_at=None, enabled_at=timezone.now()
    )
    endpoint.refresh_from_db()
    if not changed:
        return False
    endpoint.save(update_fields=["revision"])
    audit.record("endpoint.enabled", endpoint)
    emit(endpoint.tenant_id, ENABLED, described(endpoint, "person"), key=f"{ENABLED}:{endpoint.revision}")
    return True
