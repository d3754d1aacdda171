"""The limits that hold for a company: its own, and the installation's where it has none."""

from dataclasses import dataclass, fields

from django.conf import settings

from exports.models import LIMITS, ExportLimits


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows, bytes, exports and hours. None: there is no such limit."""

    max_rows: int | None
    max_file_size: int
    concurrent: int
    max_unfinished: int
    retention_hours: int
    max_kept_size: int | None
    own: tuple[str, ...] = ()
    """Which of them are the company's own."""


def installation_limits() -> Limits:
    """Of companies without their own."""
    return Limits(
        max_rows=settings.EXPORT_MAX_ROWS or None,
        max_file_size=settings.EXPORT_MAX_FILE_SIZE,
        concurrent=settings.EXPORT_CONCURRENT,
        max_unfinished=settings.EXPORT_MAX_UNFINISHED,
        retention_hours=settings.EXPORT_RETENTION_HOURS,
        max_kept_size=settings.EXPORT_MAX_KEPT_SIZE or None,
    )


def limits_of(tenant_id: int) -> Limits:
    """One query; needs a scope in which the company is."""
    row = ExportLimits.objects.filter(tenant_id=tenant_id).values(*LIMITS).first() or {}
    own = {name: value for name, value in row.items() if value is not None}
    common = installation_limits()
    shared = {field.name: getattr(common, field.name) for field in fields(common)}
    return Limits(**{**shared, **own, "own": tuple(own)})
