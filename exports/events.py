"""What exports and imports tell: a file is ready, failed, arrived somewhere, was removed, was taken in, was undone."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from exports.models.imports import COUNTS
from tenants.events import EventType, register

_TEXT = {"type": "string"}
_COMMON: dict[str, Any] = {
    "id": {"type": "string", "format": "uuid"},
    "dataset": _TEXT,
    "format": _TEXT,
    "requested_by": _TEXT,
}
_EXAMPLE = {
    "id": "0199f0a1-7c1e-7d52-9a55-2f1f7a3f3b60",
    "dataset": "calls",
    "format": "xlsx",
    "requested_by": "anna",
}
_SHIPMENT: dict[str, Any] = {
    "shipment": {"type": "string", "format": "uuid"},
    "destination": _TEXT,
    "file_name": _TEXT,
    "attempts": {"type": "integer"},
}
_SHIPMENT_EXAMPLE = {
    "shipment": "0199f0a1-9d20-7b61-8f0e-5c1d2e3f4a5b",
    "destination": "Accounting",
    "file_name": "calls-2026-01-31.xlsx",
}


def _schema(**more: Any) -> dict[str, Any]:
    properties = _COMMON | more
    return {"type": "object", "required": list(properties), "properties": properties}


register(
    EventType(
        name="export.completed",
        title=_("Export completed"),
        description=_(
            "A file is ready. Download it from the path with the credentials of this company until it expires."
        ),
        schema=_schema(
            file_name=_TEXT,
            rows={"type": "integer"},
            size={"type": "integer", "description": "bytes"},
            sha256=_TEXT,
            download={"type": "string", "format": "uri"},
            expires_at={"type": "string", "format": "date-time"},
        ),
        example={
            **_EXAMPLE,
            "file_name": "Calls 2026-01-31 09-05.xlsx",
            "rows": 1200,
            "size": 90112,
            "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            "download": "https://hub.example/export/0199f0a1-7c1e-7d52-9a55-2f1f7a3f3b60/download",
            "expires_at": "2026-02-01T06:05:00Z",
        },
    ),
    EventType(
        name="export.failed",
        title=_("Export failed"),
        description=_("A file could not be made; the reason says what to do."),
        schema=_schema(code=_TEXT, reason=_TEXT),
        example={
            **_EXAMPLE,
            "code": "too_large",
            "reason": "The file would be larger than 2.0 GB. Choose a shorter period.",
        },
    ),
    EventType(
        name="export.expired",
        title=_("Export expired"),
        description=_("A file has been removed because its time was over."),
        schema=_schema(file_name=_TEXT),
        example={**_EXAMPLE, "file_name": "Calls 2026-01-31 09-05.xlsx"},
    ),
    EventType(
        name="export.shipped",
        title=_("Export delivered"),
        description=_("A file has arrived at one of its destinations; the receipt says where it is now."),
        schema=_schema(**_SHIPMENT, receipt=_TEXT, size={"type": "integer", "description": "bytes"}),
        example={
            **_EXAMPLE,
            **_SHIPMENT_EXAMPLE,
            "attempts": 1,
            "receipt": "sftp://files.example.com/in/calls-2026-01-31.xlsx",
            "size": 90112,
        },
    ),
    EventType(
        name="export.shipment_failed",
        title=_("Export not delivered"),
        description=_(
            "A file could not be carried to one of its destinations, and it is not tried again by itself; the reason says what to do."
        ),
        schema=_schema(**_SHIPMENT, code=_TEXT, reason=_TEXT),
        example={
            **_EXAMPLE,
            **_SHIPMENT_EXAMPLE,
            "attempts": 9,
            "code": "full",
            "reason": "There is no room: the disk or the quota of the other side seems to be full.",
        },
    ),
)

_COUNTS: dict[str, Any] = {name: {"type": "integer"} for name in COUNTS}
_IMPORT_EXAMPLE = {
    "id": "0199f0a1-7c1e-7d52-9a55-2f1f7a3f3b61",
    "dataset": "contacts",
    "file_name": "Clients.xlsx",
    "requested_by": "anna",
    "new": 12,
    "changed": 3,
    "removed": 0,
    "same": 240,
    "errors": 1,
    "skipped": 0,
    "written": 15,
    "refused": 0,
    "undone": 0,
    "kept": 0,
}


def _import_schema(**more: Any) -> dict[str, Any]:
    common = {"id": _COMMON["id"], "dataset": _TEXT, "file_name": _TEXT, "requested_by": _TEXT}
    properties = {**common, **_COUNTS, **more}
    return {"type": "object", "required": list(properties), "properties": properties}


register(
    EventType(
        name="import.completed",
        title=_("Import completed"),
        description=_(
            "A file was written: new rows were added, changed ones changed, removed ones taken away. `refused` rows had changed since the preview."
        ),
        schema=_import_schema(),
        example=_IMPORT_EXAMPLE,
    ),
    EventType(
        name="import.failed",
        title=_("Import failed"),
        description=_("A file could not be read or written; the reason says what to do."),
        schema=_import_schema(code=_TEXT, reason=_TEXT),
        example={
            **_IMPORT_EXAMPLE,
            **dict.fromkeys(_COUNTS, 0),
            "code": "quotes",
            "reason": "Row 7: the quotation marks do not match, so the cells cannot be told apart.",
        },
    ),
    EventType(
        name="import.undone",
        title=_("Import undone"),
        description=_("What an import wrote was taken back; `kept` rows had been changed since."),
        schema=_import_schema(),
        example={**_IMPORT_EXAMPLE, "undone": 14, "kept": 1},
    ),
)
