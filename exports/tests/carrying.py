"""What tests of destinations share: making one, carrying what is due, a file as it is handed to a kind."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from exports.actions import request_export
from exports.actions.save_destination import create_destination
from exports.destinations import OutgoingFile
from exports.models import Export, ExportDestination, ExportShipment
from exports.request import ExportRequest
from exports.shipments import LANE
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import drain
from tests.outside.webdav import WebDavServer


def make_destination(tenant: Tenant, server: WebDavServer, **values: Any) -> ExportDestination:
    """WebDAV, as a rule: it needs nothing but a folder."""
    settings = {"url": server.url, "login": "basic", "username": server.username}
    named: dict[str, Any] = {
        "name": "Cloud",
        "kind": "webdav",
        "settings": settings | values.pop("settings", {}),
        "credentials": {"password": server.password},
        "file_name": "audit-{date}",
    }
    with tenant_scope(tenant):
        return create_destination(tenant, **(named | values))


def ask_for(tenant: Tenant, *destinations: ExportDestination, **more: Any) -> Export:
    asked = ExportRequest("audit", "csv", filters={"kind": ["person", "key"]}, **more)
    with tenant_scope(tenant):
        return request_export(tenant, asked, language="en", destinations=[row.pk for row in destinations])


def carry(after: timedelta = timedelta(0)) -> int:
    """What is due by then; how many were settled."""
    return drain(LANE, timezone.now() + after)


def shipment_of(export: Export) -> ExportShipment:
    with all_tenants():
        return ExportShipment.objects.select_related("export__tenant", "destination__tenant").get(
            export=export
        )


def outgoing(
    folder: Path, content: bytes = b"a;b\n1;2\n", id_: UUID | None = None, **more: Any
) -> OutgoingFile:
    path = folder / "outgoing.csv"
    path.write_bytes(content)
    named: dict[str, Any] = {
        "id": id_ or uuid7(),
        "path": path,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "content_type": "text/csv; charset=utf-8",
        "title": "Calls",
        "link": "https://hub.example/export/1/download?token=t",
        "expires_at": datetime(2026, 1, 31, 9, 5, tzinfo=timezone.get_default_timezone()),
    }
    return OutgoingFile(**(named | more))
