"""Stores that somebody disconnected us at an outside system which says so by opening an address of ours, signed."""

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import orjson
from django.conf import settings
from django.urls import reverse

from integrations.connectors import UnknownConnector, connector_of
from integrations.connectors import get as get_connector
from integrations.hooks import FAREWELL
from integrations.models import Integration
from tenants.scoping import all_tenants
from webhooks.ingest.writer import NewInbound, insert

LONGEST: Final = 200


def farewell_url(row: Integration) -> str:
    """What is entered at the outside system as the address of the disconnection; empty where there is no such thing."""
    hooks = connector_of(row.connector).hooks
    if hooks is None or not hooks.has_farewell or row.source is None:
        return ""
    path = reverse("integration-disconnected", kwargs={"identifier": row.source.public_id})
    return f"{settings.PUBLIC_URL}{path}"


def take_farewell(identifier: str, query: Mapping[str, str], address: str) -> bool | None:
    """Whether it was proved and is stored; None when there is nobody at that address.

    It is handled like every request of that system, after the answer; what stands in the stored body is what was proved.
    """
    with all_tenants():  # the identifier alone says of which company it is
        row = (
            Integration.objects.select_related("source")
            .filter(source__public_id=identifier, source__is_enabled=True, tenant__is_active=True)
            .first()
        )
    if row is None or row.source is None:
        return None
    try:
        hooks = get_connector(row.connector).hooks
    except UnknownConnector:
        return None
    if hooks is None or not hooks.is_farewell(query, row.credentials):
        return False
    told = {
        FAREWELL: {name[:LONGEST]: value[:LONGEST] for name, value in query.items() if name != "signature"}
    }
    insert(
        [
            NewInbound(
                source_id=row.source.pk,
                tenant_id=row.tenant_id,
                # It says nothing of its time: each is one of its own.
                dedup_key=f"{FAREWELL}:{uuid4()}",
                is_former_secret=False,
                address=address[:45],
                query="",
                headers={"content-type": "application/json"},
                content_type="application/json",
                body=orjson.dumps(told),
            )
        ]
    )
    return True
