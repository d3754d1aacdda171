"""Removes an integration with everything that hangs on it."""

from django.db import transaction

from integrations import live as configurations
from integrations.models import UNFINISHED, Integration, SyncRun
from tenants import audit
from webhooks.actions.own_source import delete_owned_source


@transaction.atomic
def delete_integration(row: Integration) -> None:
    """Its exchanges, users, assignments and its source go with it. The outside system is not told: deactivate the module first."""
    _wait_for_runs(row)
    tenant_id = row.tenant_id
    audit.record("integration.deleted", row, before=audit.snapshot(row))
    source = row.source
    row.delete()
    if source is not None:
        delete_owned_source(source)
    configurations.forget(tenant_id)


def _wait_for_runs(row: Integration) -> None:
    """Until the page that is kept at this moment is; the next one finds its run gone. In the order of a run's step: first the run,
    then the integration, and only then what hangs on it."""
    runs = SyncRun.objects.select_for_update(of=("self",))
    list(runs.filter(plan__integration=row, state__in=UNFINISHED).order_by("pk").values_list("pk"))
    list(Integration.objects.select_for_update().filter(pk=row.pk).values_list("pk"))
