"""What tests of exports share: making rows, asking, running, reading files back."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl

from exports.actions import request_export
from exports.engine.place import path_of as stored_at
from exports.lanes import LANE
from exports.models import Export
from exports.request import ExportRequest
from tenants.models import AuditEntry, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import drain

AUDIT_LIST = "/admin/tenants/auditentry/"


def make_entries(tenant: Tenant, count: int, **values: Any) -> list[AuditEntry]:
    defaults = {"action": "thing.done", "actor": "anna", "actor_kind": "person", "address": "127.0.0.1"}
    with all_tenants():
        return AuditEntry.objects.bulk_create(
            [
                AuditEntry(**{**defaults, "tenant": tenant, "object_name": f"Вещь {at}", **values})
                for at in range(count)
            ],
            batch_size=5_000,
        )


def ask(tenant: Tenant, dataset: str = "audit", format: str = "csv", **more: Any) -> Export:
    if dataset == "audit":
        # Asking is audited, too, by the system: what tests count are the others.
        more.setdefault("filters", {"kind": ["person", "key"]})
    with tenant_scope(tenant):
        return request_export(tenant, ExportRequest(dataset, format, **more), language="en")


def run(export: Export) -> Export:
    drain(LANE)
    return fresh(export)


def fresh(export: Export) -> Export:
    with all_tenants():
        return Export.objects.select_related("tenant").get(pk=export.pk)


def only_export() -> Export:
    with all_tenants():
        return Export.objects.get()


def path_of(export: Export) -> Path:
    return stored_at(export)


def read_csv(export: Export) -> list[list[str]]:
    text = path_of(export).read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def read_xlsx(source: Path | io.BytesIO) -> list[list[Any]]:
    book = openpyxl.load_workbook(source)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
