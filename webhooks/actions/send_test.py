"""Send a test event to one endpoint, by the same way as every other event."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.events import emit
from tenants.models import Event
from webhooks.events import TEST
from webhooks.models import Endpoint, delivery_id


@transaction.atomic
def send_test(endpoint: Endpoint, message: str = "") -> tuple[Event, uuid.UUID]:
    """The event, and the id that its delivery will have within moments. Works for a disabled endpoint too."""
    data = {"endpoint_id": str(endpoint.pk), "message": message or _("It works.")}
    event = emit(endpoint.tenant_id, TEST, data, key=f"{TEST}:{uuid.uuid4()}")
    assert event is not None, "the key is fresh"
    audit.record("endpoint.tested", endpoint)
    return event, delivery_id(event.id, endpoint.id)
