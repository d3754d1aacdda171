"""Send to an endpoint again."""

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.events import emit
from webhooks.actions.disable_endpoint import described
from webhooks.events import ENABLED
from webhooks.flow.breaker import close
from webhooks.models import Breaker, Endpoint, EndpointFlow, EndpointState


@transaction.atomic
def enable_endpoint(endpoint: Endpoint) -> bool:
    """Whether it was disabled before. What was parked stays parked until somebody asks for it (`replay_deliveries`)."""
    changed = Endpoint.objects.filter(pk=endpoint.pk, state=EndpointState.DISABLED).update(
        state=EndpointState.ENABLED, disabled_reason="", disabled_at=None, enabled_at=timezone.now()
    )
    if changed:
        # Whoever enables it says that it is well again.
        troubled = EndpointFlow.objects.select_for_update().filter(endpoint=endpoint)
        for flow in troubled.exclude(breaker=Breaker.CLOSED):
            close(flow)
            flow.save()
    endpoint.refresh_from_db()
    if not changed:
        return False
    endpoint.save(update_fields=["revision"])
    audit.record("endpoint.enabled", endpoint)
    emit(endpoint.tenant_id, ENABLED, described(endpoint, "person"), key=f"{ENABLED}:{endpoint.revision}")
    return True
