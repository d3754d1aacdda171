"""Make a report of a period and hand it out: one event, a mail to each address, and a line of history, in one transaction."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.events import emit
from tenants.figures import Period
from tenants.models import Tenant
from webhooks.actions.owe_letters import owe_letters
from webhooks.models import Occurrence, Report, ReportRun
from webhooks.reports.composing import Composed, as_data, compose
from webhooks.reports.letters import letter
from webhooks.reports.schedule import due_after, last_due, period_before


def preview_report(report: Report, now: datetime | None = None) -> Composed:
    """What it would say if it were due now; nothing is stored."""
    return compose(report, _period(report, now or timezone.now()))


def send_report_now(report: Report) -> ReportRun:
    """The last whole day or week, however often a person asks; the schedule goes on as before."""
    composed = preview_report(report)
    with transaction.atomic():
        run = _write(report, composed, Occurrence.HAND, key=f"report:{report.pk}:{uuid4()}")
        audit.record("report.sent", report, after={"since": run.since, "until": run.until})
    return run


def send_due_report(report_id: UUID, now: datetime | None = None) -> ReportRun | None:
    """The report of the latest period that is over, once: None when it was made already, or is not due.

    What a time off has missed before that is not made up for: nobody wants a week's daily reports at once.
    """
    now = now or timezone.now()
    report = Report.objects.select_related("tenant").filter(pk=report_id, is_enabled=True).first()
    if report is None or report.next_due_at is None or report.next_due_at > now:
        return None
    period = _period(report, now)
    next_due = due_after(report.schedule, now, report.tenant.zone)
    if _is_made(report, period):
        # The company's clock or the schedule was changed meanwhile.
        Report.objects.filter(pk=report.pk).update(next_due_at=next_due)
        return None
    composed = compose(report, period)
    with transaction.atomic():
        claimed = Report.objects.filter(pk=report.pk, next_due_at=report.next_due_at, is_enabled=True)
        if not claimed.update(next_due_at=next_due):
            return None
        key = f"report:{report.pk}:{period.since.isoformat()}:{period.until.isoformat()}"
        return _write(report, composed, Occurrence.SCHEDULE, key=key)


def _period(report: Report, now: datetime) -> Period:
    zone = report.tenant.zone
    return period_before(report.schedule, last_due(report.schedule, now, zone), zone)


def _is_made(report: Report, period: Period) -> bool:
    made = ReportRun.objects.filter(report=report, occurrence=Occurrence.SCHEDULE)
    return made.filter(since=period.since, until=period.until).exists()


def _write(report: Report, composed: Composed, occurrence: Occurrence, key: str) -> ReportRun:
    tenant: Tenant = report.tenant
    run = ReportRun(
        tenant=tenant,
        report=report,
        since=composed.period.since,
        until=composed.period.until,
        occurrence=occurrence,
        summary=composed.summary,
        asked_by=audit.current_actor().name[:200] if occurrence == Occurrence.HAND else "",
    )
    if not (composed.is_quiet and report.skips_quiet and occurrence == Occurrence.SCHEDULE):
        event = emit(tenant, report.event_type, as_data(report, composed), key=key)
        assert event is not None, "the run's own key is unique, too"
        text = letter(composed, tenant)
        run.event = event.pk
        run.mails = owe_letters(tenant, run.pk, report.addresses, text.subject, text.body)
    run.save(force_insert=True)
    return run
