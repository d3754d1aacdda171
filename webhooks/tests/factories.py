"""Endpoints, events and sources for tests."""

import uuid
from collections.abc import Sequence
from typing import Any

from tenants.events import emit
from tenants.models import Event, Tenant
from tenants.work import drain
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.actions.create_source import create_source
from webhooks.ingest.writer import NewInbound, insert
from webhooks.models import Endpoint, Inbound, Source
from webhooks.tests.senders import BODY, options_of, secret_of

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


def make_source(tenant: Tenant, preset: str = "standard", **values: Any) -> Source:
    values.setdefault("name", f"source {uuid.uuid4().hex[:8]}")
    values.setdefault("secret", secret_of(preset))
    values.setdefault("options", options_of(preset))
    source = Source(tenant=tenant, preset=preset, **values)
    create_source(source)
    return source


def make_inbound(source: Source, body: bytes = BODY, **values: Any) -> Inbound:
    """A stored request that waits for its processing."""
    new = NewInbound(
        source_id=source.pk,
        tenant_id=source.tenant_id,
        dedup_key=values.pop("key", uuid.uuid4().hex),
        is_former_secret=False,
        address="192.0.2.7",
        query=values.pop("query", ""),
        headers={"content-type": "application/json", **values.pop("headers", {})},
        content_type="application/json",
        body=body,
        **values,
    )
    insert([new])
    return Inbound.objects.get(id=new.id)
