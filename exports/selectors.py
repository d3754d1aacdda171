"""Reads of this room that more than one surface needs."""

from collections.abc import Sequence

from django.db.models import QuerySet

from exports.models import ExportSchedule, ScheduleRun


def schedules_shown(hidden: Sequence[str]) -> QuerySet[ExportSchedule]:
    """Those whose data is not hidden, with everything that lists show of them."""
    found = ExportSchedule.objects.select_related(
        "tenant", "owner__user", "template", "last_export", "destination"
    ).defer("destination__credentials")
    return found.exclude(dataset__in=hidden)


def schedule_runs(schedule: ExportSchedule) -> QuerySet[ScheduleRun]:
    """Newest first."""
    return ScheduleRun.objects.filter(schedule=schedule).select_related("export").order_by("-id")
