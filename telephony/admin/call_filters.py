"""The filters of the list of calls, and the ranges of days that are one click away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import DropdownFilter, RangeNumericFilter, TextFilter

from telephony.models import Call, CallTally, TallyOf
from telephony.selectors.narrowing import NARROWINGS, Narrowing

LINES_SEEN = timedelta(days=92)
MOST_LINES = 200


class _Narrows:
    """A filter of the list that does what the narrowing of its name says."""

    narrowing: ClassVar[Narrowing]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        value = str(self.value() or "").strip()  # type: ignore[attr-defined]  # of Django's filter
        if not value:
            return queryset
        try:
            return queryset.filter(self.narrowing.q(value))
        except ValueError as error:
            raise IncorrectLookupParameters(value) from error


class MissedFilter(_Narrows, DropdownFilter):
    narrowing = NARROWINGS["missed"]
    title, parameter_name = narrowing.title, narrowing.name

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list((self.narrowing.choices or {}).items())


class RecordedFilter(MissedFilter):
    narrowing = NARROWINGS["recorded"]
    title, parameter_name = narrowing.title, narrowing.name


class CrmFilter(MissedFilter):
    narrowing = NARROWINGS["crm"]
    title, parameter_name = narrowing.title, narrowing.name


class ExtensionFilter(_Narrows, TextFilter):
    """Calls in which it had a part, whoever took them in the end."""

    narrowing = NARROWINGS["extension"]
    title, parameter_name = narrowing.title, narrowing.name


class LineFilter(MissedFilter):
    """The lines that calls came by of late."""

    narrowing = NARROWINGS["line"]
    title, parameter_name = narrowing.title, narrowing.name

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        since = timezone.localdate() - LINES_SEEN
        seen = CallTally.objects.filter(of=TallyOf.LINE, day__gte=since).exclude(key="")
        lines = list(seen.order_by("key").values_list("key", flat=True).distinct()[:MOST_LINES])
        asked = request.GET.get(self.parameter_name, "")
        return [(line, line) for line in dict.fromkeys([*lines, *([asked] if asked else [])])]


class SecondsFilter(RangeNumericFilter):
    """Of calls that are over: while they last nobody knows."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not any(value not in (None, "") for value in self.used_parameters.values()):
            return queryset
        found: QuerySet[Any] | None = super().queryset(request, queryset)
        if found is None:
            raise IncorrectLookupParameters(self.parameter_name)
        return found.filter(finished_at__isnull=False)


@dataclass(frozen=True, slots=True)
class Preset:
    """A range of days, as a link that keeps the other filters."""

    title: str
    address: str
    is_chosen: bool


def presets(request: HttpRequest) -> Sequence[Preset]:
    """Today, yesterday, this week, this month, everything; days are the company's."""
    today = timezone.localdate()
    ranges: list[tuple[str, date | None, date | None]] = [
        (_("Today"), today, None),
        (_("Yesterday"), today - timedelta(days=1), today),
        (_("This week"), today - timedelta(days=today.weekday()), None),
        (_("This month"), today.replace(day=1), None),
        (_("All time"), None, None),
    ]
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if value and not name.startswith("started_at") and name not in ("older", "newer", "e")
    ]
    asked = {name: request.GET.get(name, "") for name in ("started_at_from_0", "started_at_to_0")}
    found = []
    for title, since, until in ranges:
        own = _limits(since, until)
        is_chosen = all(asked[name] == own.get(name, "") for name in asked)
        found.append(Preset(title, f"?{urlencode([*own.items(), *kept])}", is_chosen))
    return found


def _limits(since: date | None, until: date | None) -> dict[str, str]:
    """From midnight on, and up to another: the list's own parameters, which exports read, too."""
    found: dict[str, str] = {}
    for side, day in (("from", since), ("to", until)):
        if day is not None:
            found |= {f"started_at_{side}_0": day.isoformat(), f"started_at_{side}_1": "00:00"}
    return found
