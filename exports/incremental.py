"""Only what is new: an incremental export begins where the last one that asked the same had looked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from exports.filters import RangeFilter
from exports.kinds import Kind
from exports.models import Export, State
from exports.registry import Dataset
from exports.request import CheckedRequest, InvalidRequest
from tenants.models import Tenant

# Rows of transactions that were still open then would otherwise be missed for ever; some are written twice instead.
OVERLAP = timedelta(minutes=1)
# How far back the last such export is looked for.
REMEMBERED = 200


def since_last(checked: CheckedRequest, tenant: Tenant) -> CheckedRequest:
    """The same request with its beginning, where it is incremental and not the first; InvalidRequest where nothing tells what is new."""
    if checked.options.get("incremental") != "yes":
        return checked
    moment = moment_of(checked.dataset)
    if moment is None:
        raise InvalidRequest("options.incremental", _("This data has no time by which new rows are known."))
    if moment in checked.filters:
        raise InvalidRequest(f"filters.{moment}", _("An incremental export sets this filter itself."))
    last = _last(checked, tenant, moment)
    if last is None or last.started_at is None:
        return checked
    begin = {"from": (last.started_at - OVERLAP).isoformat()}
    return replace(checked, filters={**checked.filters, moment: begin})


def moment_of(dataset: Dataset) -> str | None:
    """The first filter by a time: datasets name the one first by which their rows come."""
    found = (
        item.name for item in dataset.filters if isinstance(item, RangeFilter) and item.kind == Kind.DATETIME
    )
    return next(found, None)


def _last(checked: CheckedRequest, tenant: Tenant, moment: str) -> Export | None:
    """The latest finished one that differs at most in its beginning."""
    rows = Export.objects.filter(
        tenant=tenant,
        dataset=checked.dataset.name,
        format=checked.format.name,
        options__incremental="yes",
        state__in=(State.DONE, State.EXPIRED),
    ).order_by("-id")[:REMEMBERED]
    return next((row for row in rows if _is_same(row, checked, moment)), None)


def _is_same(export: Export, checked: CheckedRequest, moment: str) -> bool:
    return (
        export.columns == list(checked.columns)
        and export.options == dict(checked.options)
        and _without(export.filters, moment) == dict(checked.filters)
    )


def _without(filters: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in filters.items() if key != name}
