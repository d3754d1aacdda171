"""What exports tell the rest: a file is ready, could not be made, or has been removed."""

from typing import Any

from django.utils.translation import gettext_lazy as _

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
)
