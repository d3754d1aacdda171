"""The filters "from … to …" over a list, as whoever looks writes dates, and in their company's zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter, RangeDateTimeFilter

from tenants.typed import typed_day, typed_time

# Nothing here is older, and ids that hold a time begin with it.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class MomentRange(RangeDateTimeFilter):
    """A day without a time is a whole one; a time is exact: from it on, and before the one where it ends, as in an export.

    What cannot be read is refused like every wrong filter, not left out.

    unfold's own reads English dates only, wants a time beside every date, and takes both for the server's zone.
    """

    def limits(self) -> tuple[datetime | None, datetime | None]:
        """From the first on, and before the second; None where nothing was asked."""
        return self._moment("from"), self._moment("to")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = self.limits()
        if since is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": since})
        if until is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": until})
        return queryset

    def _moment(self, side: str) -> datetime | None:
        day = str(self.used_parameters.get(f"{self.parameter_name}_{side}_0") or "").strip()
        hour = str(self.used_parameters.get(f"{self.parameter_name}_{side}_1") or "").strip()
        if not day:
            return None
        try:
            wall = _exactly(typed_day(day), hour) if hour else _edge(typed_day(day), side)
            return max(timezone.make_aware(wall).astimezone(UTC), EARLIEST)
        except (ValidationError, ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(str(error)) from error


def _exactly(day: date, hour: str) -> datetime:
    return datetime.combine(day, typed_time(hour))


def _edge(day: date, side: str) -> datetime:
    """Where the whole day begins, or where the next one does."""
    return datetime.combine(day + timedelta(days=1) if side == "to" else day, time.min)


class DayRange(RangeDateFilter):
    """The same for a column of days; unfold's own leaves out what it cannot read."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for side, comparison in (("from", "gte"), ("to", "lte")):
            text = str(self.used_parameters.get(f"{self.parameter_name}_{side}") or "").strip()
            if text:
                queryset = queryset.filter(**{f"{self.parameter_name}__{comparison}": _day(text)})
        return queryset


def _day(text: str) -> date:
    try:
        return typed_day(text)
    except (ValidationError, ValueError) as error:
        raise IncorrectLookupParameters(str(error)) from error
