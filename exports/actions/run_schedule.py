"""Begin the export of a schedule: its turn, the export and a line of history in one transaction."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.actions.request import request_export
from exports.models import UNFINISHED, Export, ExportSchedule, Occurrence, ScheduleRun
from exports.refusals import InvalidRequest
from exports.schedules.asking import wanted
from exports.schedules.outcomes import count_failure, owner_problem, pause_for
from exports.schedules.timetable import due_after, last_due, missed_between
from tenants import audit
from tenants.errors import ConfigError
from tenants.scoping import all_tenants, tenant_scope


def run_schedule_now(schedule: ExportSchedule) -> ScheduleRun:
    """The export that somebody asks for by hand; the timetable goes on as before.

    ConfigError where the owner's rights do not suffice, InvalidRequest where the data has changed.
    """
    now = timezone.now()
    problem = owner_problem(schedule)
    if problem:
        raise ConfigError(problem)
    run = ScheduleRun(
        tenant=schedule.tenant,
        schedule=schedule,
        due_at=now,
        occurrence=Occurrence.HAND,
        asked_by=audit.current_actor().name[:200],
    )
    with transaction.atomic():
        run.export = _export(schedule, now)
        _keep(schedule, run)
        audit.record("exportschedule.run", schedule, after={"export": str(run.export.pk)})
    return run


def run_due_schedule(schedule_id: UUID, now: datetime | None = None) -> ScheduleRun | None:
    """The latest time that it was due, once: None when it was begun already, or is not due.

    What a time off has missed before that is not made up for. While an export of it is under way, it waits for its end.
    """
    now = now or timezone.now()
    schedule = _due(schedule_id, now)
    if schedule is None or schedule.next_due_at is None:
        return None
    zone, planned = schedule.tenant.zone, schedule.next_due_at
    # Another zone since then can put the latest one before what was planned.
    due = max(last_due(schedule.timetable, now, zone) or planned, planned)
    following = due_after(schedule.timetable, now, zone)
    with tenant_scope(schedule.tenant), override(schedule.tenant.language), transaction.atomic():
        turn = ExportSchedule.objects.filter(pk=schedule.pk, next_due_at=planned, is_enabled=True)
        if not turn.update(next_due_at=following):
            return None
        runs = ScheduleRun.objects.filter(schedule=schedule, occurrence=Occurrence.SCHEDULE)
        if runs.filter(due_at=due).exists():
            return None
        run = ScheduleRun(
            tenant=schedule.tenant,
            schedule=schedule,
            due_at=due,
            occurrence=Occurrence.SCHEDULE,
            missed=missed_between(schedule.timetable, planned, due, zone),
        )
        _begin(schedule, run)
    return run


def _due(schedule_id: UUID, now: datetime) -> ExportSchedule | None:
    with all_tenants():
        rows = ExportSchedule.objects.filter(
            pk=schedule_id, is_enabled=True, next_due_at__lte=now, tenant__is_active=True
        )
        busy = ScheduleRun.objects.filter(schedule_id=schedule_id, export__state__in=UNFINISHED)
        if busy.exists():
            return None
        return (
            rows.select_related("tenant", "owner__user", "template", "destination")
            .defer("destination__credentials")
            .first()
        )


def _begin(schedule: ExportSchedule, run: ScheduleRun) -> None:
    """Whatever keeps it from beginning is a line of history, too."""
    run.reason = owner_problem(schedule)
    if run.reason:
        _keep(schedule, run)
        pause_for(schedule, run.reason)
        return
    actor = audit.Actor(_("schedule “%(name)s”") % {"name": schedule.name})
    try:
        with transaction.atomic(), audit.acting(actor):
            run.export = _export(schedule, run.due_at)
    except InvalidRequest as error:
        run.reason = str(error)
    _keep(schedule, run)
    if run.reason:
        count_failure(schedule, run.reason)


def _export(schedule: ExportSchedule, due: datetime) -> Export:
    tenant = schedule.tenant
    language = schedule.asked().get("language") or tenant.language
    return request_export(
        tenant,
        wanted(schedule, due),
        member=schedule.owner,
        language=language,
        destinations=[schedule.destination_id] if schedule.destination is not None else [],
        recipients=schedule.recipients,
    )


def _keep(schedule: ExportSchedule, run: ScheduleRun) -> None:
    run.save(force_insert=True)
    if run.export is not None:
        ExportSchedule.objects.filter(pk=schedule.pk).update(last_export=run.export)
        schedule.last_export = run.export
