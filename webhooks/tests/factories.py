"""Endpoints and events for tests."""

import uuid
from collections.abc import Sequence
from typing import Any

from tenants.events import emit
from tenants.models import Event, Tenant
from tenants.work import drain
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.models import Endpoint

DATA = {"endpoint_id": "e", "name": "Имя", "url": "https://example.com/", "reason": "gone"}


def make_endpoint(
    tenant: Tenant, url: str = "https://hooks.example.com/in", events: Sequence[str] = ("*",), **values: Any
) -> tuple[Endpoint, str]:
    """The endpoint and its plain secret."""
    values.setdefault("name", f"endpoint {uuid.uuid4().hex[:8]}")
    endpoint = Endpoint(tenant=tenant, url=url, events=list(events), **values)
    return endpoint, create_endpoint(endpoint)


def make_event(tenant: Tenant, type: str = "endpoint.disabled", key: str = "", **data: Any) -> Event:
    event = emit(tenant, type, {**DATA, **data}, key=key or uuid.uuid4().hex)
    assert event is not None
    return event


def deliver() -> int:
    """Fan out and send everything that is due; how many deliveries were settled."""
    drain("webhooks.fanout")
    return drain("webhooks.deliver")
