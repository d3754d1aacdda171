"""What tests of imports share: files in all shapes, uploading, running, and looking at what came of it."""

import io
import zipfile
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from exports.actions import ImportRequest, apply_import, request_import, undo_import
from exports.imports.lane import LANE
from exports.models import Import, ImportRow
from tenants.models import Extension, Member, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import drain

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(text: str | bytes, name: str = "numbers.csv", type_: str = "text/csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text, type_)


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xlsx_file(content: bytes | list[list[Any]], name: str = "numbers.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, workbook(content) if isinstance(content, list) else content, XLSX)


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    """The archive with these parts changed or added."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name not in changes:
                target.writestr(name, source.read(name))
        for name, data in changes.items():
            target.writestr(name, data)
    return stream.getvalue()


def upload(
    tenant: Tenant, file: Any, dataset: str = "extensions", *, member: Member | None = None, **more: Any
) -> Import:
    if isinstance(file, str | bytes):
        file = csv_file(file)
    with tenant_scope(tenant):
        return request_import(tenant, ImportRequest(dataset, file, **more), member=member, language="en")


def previewed(tenant: Tenant, file: Any, dataset: str = "extensions", **more: Any) -> Import:
    return run(upload(tenant, file, dataset, **more))


def applied(tenant: Tenant, file: Any, dataset: str = "extensions", **more: Any) -> Import:
    return apply(previewed(tenant, file, dataset, **more))


def apply(job: Import) -> Import:
    with tenant_scope(job.tenant):
        apply_import(job)
    return run(job)


def undo(job: Import) -> Import:
    with tenant_scope(job.tenant):
        undo_import(job)
    return run(job)


def run(job: Import) -> Import:
    drain(LANE)
    return fresh(job)


def fresh(job: Import) -> Import:
    with all_tenants():
        return Import.objects.select_related("tenant").get(pk=job.pk)


def rows_of(job: Import) -> list[ImportRow]:
    with all_tenants():
        return list(ImportRow.objects.filter(job=job).order_by("number"))


def actions_of(job: Import) -> dict[int, str]:
    return {row.number: row.action for row in rows_of(job)}


def outcomes_of(job: Import) -> dict[int, str]:
    return {row.number: row.outcome for row in rows_of(job)}


def extensions_of(tenant: Tenant) -> dict[str, str]:
    with tenant_scope(tenant):
        return dict(Extension.objects.values_list("number", "name"))
