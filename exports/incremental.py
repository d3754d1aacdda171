"""Only what is new: an incremental export begins where the last one that asked the same had looked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from exports.filters import RangeFilter
from exports.kinds import Kind
from exports.models import Export, ExportShipment, ShipmentState, State
from exports.registry import Dataset
from exports.request import CheckedRequest, InvalidRequest
from tenants.models import Tenant

# Rows of transactions that were still open then would otherwise be missed for ever; some are written twice instead.
OVERLAP = timedelta(minutes=1)
# How far back the last such export is looked for.
REMEMBERED = 200


def since_last(
    checked: CheckedRequest, tenant: Tenant, destinations: Collection[UUID] = ()
) -> CheckedRequest:
    """The same request with its beginning, where it is incremental and not the first; InvalidRequest where nothing tells what is new."""
    if checked.options.get("incremental") != "yes":
        return checked
    moment = moment_of(checked.dataset)
    if moment is None:
        raise InvalidRequest("options.incremental", _("This data has no time by which new rows are known."))
    if moment in checked.filters:
        raise InvalidRequest(f"filters.{moment}", _("An incremental export sets this filter itself."))
    if "max_records" in checked.options:
        text = _("An incremental export has all new rows: what a limit cuts off would never come.")
        raise InvalidRequest("options.max_records", text)
    reached = _reached(_asked_before(checked, tenant, moment, set(destinations)), moment)
    if reached is None:
        return checked
    begin = {"from": (reached - OVERLAP).isoformat()}
    return replace(checked, filters={**checked.filters, moment: begin})


def moment_of(dataset: Dataset) -> str | None:
    """The first filter by a time: datasets name the one first by which their rows come."""
    found = (
        item.name for item in dataset.filters if isinstance(item, RangeFilter) and item.kind == Kind.DATETIME
    )
    return next(found, None)


def _asked_before(
    checked: CheckedRequest, tenant: Tenant, moment: str, destinations: set[UUID]
) -> list[Export]:
    """Finished ones that differ at most in their beginning, and went to the same places: the oldest first."""
    # Those whose destination was removed count for nothing.
    placed = ExportShipment.objects.filter(destination__isnull=False)
    rows = (
        Export.objects.filter(
            tenant=tenant,
            dataset=checked.dataset.name,
            format=checked.format.name,
            options__incremental="yes",
            state__in=(State.DONE, State.EXPIRED),
            started_at__isnull=False,
        )
        .order_by("-id")
        .prefetch_related(Prefetch("shipments", placed))[:REMEMBERED]
    )
    same = [
        row for row in rows
        if _is_same(row, checked, moment) and {one.destination_id for one in row.shipments.all()} == destinations
    ]  # fmt: skip
    return same[::-1]


def _reached(exports: Sequence[Export], moment: str) -> datetime | None:
    """Up to when everything has arrived, each export beginning where those before it ended; None for nothing.

    What did not arrive at a destination leaves a gap, which the next export has once more.
    """
    reached: datetime | None = None
    is_whole = True
    for row in exports:
        begin = row.filters.get(moment, {}).get("from")
        if not _has_arrived(row):
            is_whole = False
        elif reached is None:
            # Those before the first one may be forgotten by now.
            reached = row.started_at if begin is None or is_whole else None
        elif begin is None or datetime.fromisoformat(begin) <= reached:
            reached = row.started_at
    return reached


def _has_arrived(export: Export) -> bool:
    """What is still on its way counts: it is tried for hours."""
    lost = (ShipmentState.FAILED, ShipmentState.CANCELLED)
    return all(one.state not in lost for one in export.shipments.all())


def _is_same(export: Export, checked: CheckedRequest, moment: str) -> bool:
    return (
        export.columns == list(checked.columns)
        and export.options == dict(checked.options)
        and _without(export.filters, moment) == dict(checked.filters)
    )


def _without(filters: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in filters.items() if key != name}
