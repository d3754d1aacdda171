"""What a schedule asks for at a given time."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from exports.incremental import moment_of
from exports.refusals import InvalidRequest
from exports.registry import UnknownDataset, get_dataset
from exports.request import ExportRequest

if TYPE_CHECKING:
    from exports.models import ExportSchedule

DAYS: Final = {"day": 1, "week": 7}


def wanted(schedule: "ExportSchedule", due: datetime) -> ExportRequest:
    """Unchecked but for what `rows` adds; InvalidRequest where that cannot be."""
    asked = ExportRequest.of(schedule.asked())
    if schedule.rows not in ("new", "month", *DAYS):
        return asked
    moment = _moment(asked)
    if schedule.rows == "new":
        if "max_records" in asked.options:
            text = _("An incremental export has all new rows: what a limit cuts off would never come.")
            raise InvalidRequest("rows", text)
        return replace(asked, options={**asked.options, "incremental": "yes"})
    period = _period(schedule.rows, due.astimezone(schedule.tenant.zone).date())
    return replace(asked, filters={**asked.filters, moment: period})


def _moment(asked: ExportRequest) -> str:
    """The filter that `rows` sets."""
    try:
        moment = moment_of(get_dataset(asked.dataset))
    except UnknownDataset:
        return ""  # whose check says so
    if moment is None:
        raise InvalidRequest("rows", _("This data has no time by which rows could be chosen."))
    if moment in asked.filters:
        text = _("The filter “%(name)s” is set already: leave it out, or choose all rows.")
        raise InvalidRequest("rows", text % {"name": moment})
    return moment


def _period(rows: str, day: date) -> Mapping[str, Any]:
    """Whole days before that one, both ends included."""
    last = day.replace(day=1) - timedelta(days=1) if rows == "month" else day - timedelta(days=1)
    days = monthrange(last.year, last.month)[1] if rows == "month" else DAYS[rows]
    return {"from": (last - timedelta(days=days - 1)).isoformat(), "to": last.isoformat()}
