"""Sums up the counted days of a whole month, so that statistics of a year read twelve rows instead of hundreds of days.

A month is there while it is true: who counts one of its days takes it away in the same transaction, and has it summed up again.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay

from config.ids import uuid7
from telephony.models import CallDirection, CallMonth, CallTally, TallyOf
from telephony.models.tally import COUNTS, MONTH_COLUMNS
from telephony.months import following
from tenants import bulk
from tenants.scoping import tenant_scope
from tenants.work.dialect import dialect

TEXT: Final = "%Y-%m"


def tally_month(tenant_id: int, month: date) -> bool:
    """Whether it could be done: not before each of its days was counted."""
    with tenant_scope(tenant_id), transaction.atomic():
        _wait_for_turn(tenant_id, month)
        rows = CallTally.objects.filter(day__gte=month, day__lt=following(month)).order_by()
        if rows.filter(of=TallyOf.DAY).count() < (following(month) - month).days:
            return False
        found = CallMonth(id=uuid7(), tenant_id=tenant_id, month=month, figures=_figures(rows))
        bulk.upsert([found], ["tenant", "month"], ["figures", "created_at"])
        return True


def take_away(tenant_id: int, day: date) -> date | None:
    """The day's month is not true any more, in the transaction that counts the day; that month, if it had been summed up."""
    month = day.replace(day=1)
    _wait_for_turn(tenant_id, month)
    gone, _by_model = CallMonth.objects.filter(month=month).delete()
    return month if gone else None


def _wait_for_turn(tenant_id: int, month: date) -> None:
    """Or a day that is counted while its month is summed up would be missing from it, and nobody would know."""
    dialect().wait_for_turn(f"calls of {tenant_id} in {month:{TEXT}}")


def _figures(rows: QuerySet[CallTally]) -> dict[str, list[Sequence[Any]]]:
    sums = {name: Sum(name) for name in COUNTS}
    incoming = rows.filter(of=TallyOf.HOUR, direction=CallDirection.IN)
    week = incoming.annotate(weekday=ExtractIsoWeekDay("day")).values_list("weekday", "key")
    days = rows.filter(of=TallyOf.HOUR).values_list("day", "direction")
    return {
        "ext": list(_by(rows, TallyOf.EXTENSION).annotate(**sums).values_list(*MONTH_COLUMNS)),
        "line": list(_by(rows, TallyOf.LINE).annotate(**sums).values_list(*MONTH_COLUMNS)),
        "week": [
            (weekday, int(hour), calls, missed)
            for weekday, hour, calls, missed in week.annotate(Sum("calls"), Sum("missed"))
        ],
        "days": [
            (day.isoformat(), *counts)
            for day, *counts in days.annotate(Sum("calls"), Sum("answered"), Sum("missed"))
        ],
    }


def _by(rows: QuerySet[CallTally], of: TallyOf) -> QuerySet[CallTally, Any]:
    return rows.filter(of=of).values("key", "direction")
