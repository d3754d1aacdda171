"""The events of runs: began, completed, ended before their time."""

from typing import Any

from django.utils.translation import override

from integrations import live
from integrations.models import SyncPlan, SyncRun
from integrations.records import RecordKind
from tenants.events import emit

HUB = "switchboard"


def tell_run(type_: str, run: SyncRun, plan: SyncPlan) -> None:
    """Emit one of this run's events; each happens once. A dry run is no news to anybody."""
    if run.is_dry:
        return
    system = live.get(plan.integration_id).connector
    with override("en"):
        name = str(RecordKind(plan.kind).label).lower()
    data: dict[str, Any] = {
        "id": str(run.pk),
        "name": name,
        "source": system if plan.reads else HUB,
        "target": HUB if plan.reads else system,
        "started_at": (run.started_at or run.created_at).isoformat(),
    }
    if run.finished_at is not None:
        data |= {
            "created": run.created,
            "updated": run.updated,
            "deleted": run.deleted,
            "failed": run.failed,
            "finished_at": run.finished_at.isoformat(),
            "reason": run.reason,
        }
    emit(run.tenant_id, type_, data, key=f"{type_}:{run.pk}", correlation_id=run.correlation_id)
