"""Send a test event to one endpoint, by the same way as every other event."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.events import emit
from tenants.models import Event
from webhooks import limits
from webhooks.bodies import body_of
from webhooks.catalogue import catalogue
from webhooks.events import TEST
from webhooks.formats import Company, Rendered, form_of
from webhooks.models import Endpoint, delivery_id


@dataclass(frozen=True, slots=True)
class Sample:
    """Another event that a test shows in place of itself."""

    type: str
    data: Mapping[str, Any]


def sample_of(type_: str, data: Mapping[str, Any] | None = None) -> Sample:
    """With the type's own example when no data is given; they need not fit its schema. ValidationError names the field."""
    entry = next((one for one in catalogue() if one.name == type_), None)
    if entry is None:
        raise ValidationError({"type": [_("There is no such event type.")]})
    chosen = entry.example if data is None else data
    if len(orjson.dumps(chosen)) > limits.LARGEST_DATA:
        raise ValidationError({"data": [_("The data of one event may have 256 KB.")]})
    return Sample(entry.name, chosen)


@transaction.atomic
def send_test(endpoint: Endpoint, message: str = "", sample: Sample | None = None) -> tuple[Event, uuid.UUID]:
    """The event, and the id that its delivery will have within moments. Works for a disabled endpoint too."""
    data = _data(endpoint, message, sample)
    event = emit(endpoint.tenant_id, TEST, data, key=f"{TEST}:{uuid.uuid4()}")
    assert event is not None, "the key is fresh"
    audit.record("endpoint.tested", endpoint, after={"type": sample.type} if sample else {})
    return event, delivery_id(event.id, endpoint.id)


def preview(endpoint: Endpoint, sample: Sample | None = None) -> Rendered:
    """What a test would send now; nothing is stored. RenderFailed says why there is nothing to send."""
    event = Event(
        tenant_id=endpoint.tenant_id, type=TEST, data=_data(endpoint, "", sample), occurred_at=timezone.now()
    )
    tenant = endpoint.tenant
    form = form_of(endpoint.format, endpoint.template, endpoint.options)
    return body_of(event, form, Company(tenant.name, tenant.language, tenant.zone))


def _data(endpoint: Endpoint, message: str, sample: Sample | None) -> dict[str, Any]:
    data: dict[str, Any] = {"endpoint_id": str(endpoint.pk), "message": message or _("It works.")}
    return data | {"sample": {"type": sample.type, "data": dict(sample.data)}} if sample else data
