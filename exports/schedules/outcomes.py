"""What becomes of a schedule when its exports end: failures are counted, too many are told, lost rights pause it."""

from typing import Final

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from exports.audience import may_have
from exports.mails.owing import owe_letters, people_of
from exports.models import Export, ExportSchedule, ExportShipment, Occasion, ScheduleRun, ShipmentState
from exports.registry import UnknownDataset, get_dataset
from tenants import alerts, audit
from tenants.events import emit

TELLS_AFTER: Final = 3


def note_done(export: Export) -> None:
    """In the transaction that says that the file is there, or has arrived where it was to go."""
    if ExportShipment.objects.filter(export=export).exclude(state=ShipmentState.DONE).exists():
        return
    _of(export).exclude(failures=0).update(failures=0)


def note_failed(export: Export, reason: str = "") -> None:
    """In the transaction that says so; with the reason why it did not arrive where the file was there."""
    for schedule in _of(export).select_related("tenant", "owner__user"):
        count_failure(schedule, reason or export.reason)


def _of(export: Export) -> QuerySet[ExportSchedule]:
    runs = ScheduleRun.objects.filter(export=export)
    return ExportSchedule.objects.filter(pk__in=runs.values("schedule"))


def count_failure(schedule: ExportSchedule, reason: str) -> None:
    """The third in a row is told to the owner, those after it are not."""
    ExportSchedule.objects.filter(pk=schedule.pk).update(failures=F("failures") + 1)
    schedule.refresh_from_db(fields=["failures"])
    if schedule.failures != TELLS_AFTER:
        return
    _alert(schedule, "failing", _("“%(name)s” has failed three times in a row: %(reason)s"), reason)
    owners = people_of(schedule.owner)
    owe_letters(schedule.tenant_id, owners, Occasion.FAILING, schedule=schedule, reason=reason)


def owner_problem(schedule: ExportSchedule) -> str:
    """Why its owner's rights do not suffice now, in the language in force; empty where they do."""
    owner = schedule.owner
    if owner is None or not owner.is_active or not owner.user.is_active:
        return _(
            "The person whom this schedule belongs to is no longer here. Choose another owner and resume it."
        )
    try:
        dataset = get_dataset(schedule.asked()["dataset"])
    except UnknownDataset:
        return ""  # the request's own check says so
    if may_have(owner, dataset):
        return ""
    text = _("%(person)s may not export “%(data)s” any more. Choose another owner and resume it.")
    return text % {"person": owner.user.get_username(), "data": dataset.title}


def pause_for(schedule: ExportSchedule, reason: str) -> None:
    """By itself, in the caller's transaction: those who look after the company, and the owner, are told why."""
    schedule.is_enabled, schedule.pause_reason, schedule.next_due_at = False, reason, None
    ExportSchedule.objects.filter(pk=schedule.pk).update(
        is_enabled=False, pause_reason=reason, next_due_at=None
    )
    audit.record("exportschedule.paused", schedule, after={"reason": reason})
    _alert(schedule, "paused", _("“%(name)s” was paused: %(reason)s"), reason)
    people = {one.user_id for one in alerts.recipients(schedule.tenant_id)} | set(people_of(schedule.owner))
    owe_letters(schedule.tenant_id, people, Occasion.PAUSED, schedule=schedule, reason=reason)


def _alert(schedule: ExportSchedule, what: str, message: str, reason: str) -> None:
    latest = (
        ScheduleRun.objects.filter(schedule=schedule).order_by("-id").values_list("pk", flat=True).first()
    )
    data = {
        "severity": "warning",
        "message": message % {"name": schedule.name, "reason": reason},
        "component": "export_schedule",
        "details": {"schedule_id": str(schedule.pk), "reason": reason},
    }
    emit(schedule.tenant_id, "system.alert", data, key=f"system.alert:schedule:{what}:{schedule.pk}:{latest}")
