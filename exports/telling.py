"""How this room's events are told: each with what the export is."""

from exports.models import Export
from tenants.events import emit


def tell(export: Export, event: str, *, key: str = "", **data: object) -> None:
    """Emit one of this room's events; it happens to an export once, unless a key of its own tells it apart."""
    common = {
        "id": export.pk,
        "dataset": export.dataset,
        "format": export.format,
        "requested_by": export.requested_by,
    }
    emit(
        export.tenant_id,
        event,
        {**common, **data},
        key=f"{event}:{key or export.pk}",
        correlation_id=export.correlation_id,
    )
