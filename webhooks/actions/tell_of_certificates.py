"""Client certificates that end soon are told to their company as `system.alert`, once each."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from tenants.events import NewEvent, emit_many
from webhooks.models import Endpoint, EndpointState
from webhooks.proof.certificates import WARNED_BEFORE

TYPE: Final = "system.alert"


@transaction.atomic
def tell_of_certificates(now: datetime | None = None) -> int:
    """How many were told of now. The key of the event names the certificate's end: a repeat changes nothing."""
    now = now or timezone.now()
    ending = Endpoint.objects.filter(
        certificate_expires_at__lt=now + WARNED_BEFORE, state=EndpointState.ENABLED
    ).select_related("tenant")
    return len(emit_many([_event(endpoint) for endpoint in ending.order_by("pk")]))


def _event(endpoint: Endpoint) -> NewEvent:
    until = endpoint.certificate_expires_at
    assert until is not None
    with override(endpoint.tenant.language):
        text = _("The client certificate of the endpoint “%(name)s” is valid until %(until)s")
    message = text % {"name": endpoint.name, "until": until.date().isoformat()}
    data = {
        "severity": "warning",
        "code": "endpoint.certificate",
        "message": message,
        "component": "endpoint",
        "details": {"endpoint_id": str(endpoint.pk), "until": until.isoformat()},
    }
    return NewEvent(endpoint.tenant_id, TYPE, data, f"{TYPE}:certificate:{endpoint.pk}:{until.isoformat()}")
