"""The shared rows of endpoints, locked: always in the same order, and after everything else that a transaction locks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from tenants import bulk
from webhooks.models import Endpoint, EndpointFlow

_WRITTEN: Final = (
    *("last_seq", "next_slot", "shares"),
    *("breaker", "reason", "opened_at", "probe_at", "openings", "width", "passed"),
)


def locked(endpoint_ids: Collection[UUID]) -> tuple[dict[UUID, EndpointFlow], datetime]:
    """Their rows, made where they are not there yet, and the database's time. For use inside a transaction."""
    found = _locked(endpoint_ids)
    missing = set(endpoint_ids) - set(found)
    if missing:
        owners = Endpoint.objects.filter(id__in=missing).order_by("id").values_list("id", "tenant_id")
        EndpointFlow.objects.bulk_create(
            [EndpointFlow(endpoint_id=id_, tenant_id=tenant_id) for id_, tenant_id in owners],
            ignore_conflicts=True,
        )
        found = _locked(endpoint_ids)
    moment = next((flow.moment for flow in found.values()), None)  # type: ignore[attr-defined]
    return found, moment or timezone.now()


def _locked(endpoint_ids: Collection[UUID]) -> dict[UUID, EndpointFlow]:
    rows = EndpointFlow.objects.select_for_update().filter(endpoint_id__in=endpoint_ids)
    return {row.endpoint_id: row for row in rows.annotate(moment=Now()).order_by("endpoint_id")}


def write(flows: Sequence[EndpointFlow]) -> None:
    bulk.change(flows, _WRITTEN)
