"""Exports that come by themselves: what, when, for whom; and every time that one was due."""

from datetime import time
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exports.models.destination import ExportDestination
from exports.models.export import Export
from exports.models.template import ExportTemplate
from exports.refusals import InvalidRequest
from exports.schedules.timetable import Timetable, by_cron, daily, due_after, monthly, weekly
from tenants.cron import BadCron
from tenants.models.base import TenantModel

WHEN: Final = ("rhythm", "at", "weekday", "month_day", "cron", "is_enabled")


class Rhythm(models.TextChoices):
    DAILY = "daily", _("every day")
    WEEKLY = "weekly", _("every week")
    MONTHLY = "monthly", _("every month")
    CRON = "cron", _("by cron")


class Weekday(models.IntegerChoices):
    """As ISO counts them."""

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


class Rows(models.TextChoices):
    ALL = "all", _("all that its filters let through")
    NEW = "new", _("new ones since the last such export")
    DAY = "day", _("those of the day before")
    WEEK = "week", _("those of the seven days before")
    MONTH = "month", _("those of the calendar month before")


def six() -> time:
    return time(6)


class ExportSchedule(TenantModel):
    """By a template, or by a `request` as `Export.asked()` has it. It runs with the rights that its owner has at that moment.

    `next_due_at` follows from the timetable whenever that is saved; `pause_reason` says why it was paused by itself.
    `failures` counts those in a row.
    """

    name = models.CharField(_("name"), max_length=100)
    owner = models.ForeignKey(
        "tenants.Member",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("The files have what this person may export at that time."),
    )
    template = models.ForeignKey(
        ExportTemplate,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="schedules",
        verbose_name=_("template"),
    )
    request = models.JSONField(_("request"), default=dict, blank=True)
    dataset = models.CharField(_("data"), max_length=100, editable=False)
    rhythm = models.CharField(_("how often"), max_length=7, choices=Rhythm.choices, default=Rhythm.DAILY)
    at = models.TimeField(_("at"), default=six, help_text=_("In the company's time zone."))
    weekday = models.PositiveSmallIntegerField(
        _("on"),
        choices=Weekday.choices,
        default=Weekday.MONDAY,
        validators=[MinValueValidator(1), MaxValueValidator(7)],
    )
    month_day = models.PositiveSmallIntegerField(
        _("on day"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text=_("A month without this day has it at its end."),
    )
    cron = models.CharField(
        _("cron"),
        max_length=100,
        blank=True,
        help_text=_(
            "Minute, hour, day of the month, month, day of the week, in the company's time zone: 0 * * * *"
        ),
    )
    rows = models.CharField(_("rows"), max_length=5, choices=Rows.choices, default=Rows.ALL)
    recipients = models.JSONField(
        _("e-mail"),
        default=list,
        blank=True,
        help_text=_("Members who get a mail with a link to the file, by their addresses."),
    )
    destination = models.ForeignKey(
        ExportDestination,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="schedules",
        verbose_name=_("destination"),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    pause_reason = models.TextField(_("paused because"), blank=True, editable=False)
    next_due_at = models.DateTimeField(_("next run"), null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_export = models.ForeignKey(
        Export,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("last export"),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("export schedule")
        verbose_name_plural = _("export schedules")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="export_schedule_name"),
            models.CheckConstraint(
                condition=Q(month_day__range=(1, 31), weekday__range=(1, 7)), name="export_schedule_days"
            ),
        ]
        indexes = [
            models.Index(fields=["next_due_at"], name="export_schedule_due", condition=Q(is_enabled=True))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def timetable(self) -> Timetable:
        """BadCron where the cron is none."""
        if self.rhythm == Rhythm.CRON:
            return by_cron(self.cron)
        if self.rhythm == Rhythm.MONTHLY:
            return monthly(self.at, self.month_day)
        return weekly(self.at, self.weekday) if self.rhythm == Rhythm.WEEKLY else daily(self.at)

    def asked(self) -> dict[str, Any]:
        """What its exports ask for, as `Export.asked()` has it."""
        return self.template.asked() if self.template else dict(self.request)

    def clean(self) -> None:
        """ValidationError keyed by the field."""
        from exports.schedules.asking import wanted
        from exports.schedules.recipients import clean_recipients

        errors: dict[str, Any] = {}
        self.take_dataset()
        try:
            if (
                self.rhythm in Rhythm.values
                and due_after(self.timetable, timezone.now(), self.tenant.zone) is None
            ):
                errors["cron"] = _("No day is like that.")
        except BadCron as error:
            errors["cron"] = str(error)
        if self.template is None and not self.request:
            errors["template"] = _("Choose a template, or say what is asked for.")
        elif self.template is not None and self.request:
            errors["request"] = _("Give a template or a request, not both.")
        else:
            try:
                checked = wanted(self, timezone.now()).check(self.tenant.zone).to_be_kept()
                self.recipients = clean_recipients(self.recipients, checked.dataset)
            except InvalidRequest as error:
                name = error.field if error.field in ("rows", "recipients") else ""
                field = name or ("template" if self.template else f"request.{error.field}")
                errors[field] = error.message if name else str(error)
        if errors:
            raise ValidationError(errors)

    def take_dataset(self) -> None:
        """That of the template, or of the request."""
        self.dataset = str(self.asked().get("dataset", ""))[:100]

    def save(self, *args: Any, **options: Any) -> None:
        if options.get("update_fields") is None:
            self.take_dataset()
        if self._has_new_timetable():
            now = timezone.now()
            self.next_due_at = due_after(self.timetable, now, self.tenant.zone) if self.is_enabled else None
            if self.is_enabled:
                self.pause_reason, self.failures = "", 0
            if options.get("update_fields") is not None:
                options["update_fields"] = {
                    *options["update_fields"],
                    "next_due_at",
                    "pause_reason",
                    "failures",
                }
        super().save(*args, **options)

    def _has_new_timetable(self) -> bool:
        stored = type(self).objects.filter(pk=self.pk).values_list(*WHEN).first()
        return stored != tuple(getattr(self, name) for name in WHEN)


class Occurrence(models.TextChoices):
    SCHEDULE = "schedule", _("by schedule")
    HAND = "hand", _("by hand")


class ScheduleRun(TenantModel):
    """One time that it was due, or that somebody asked for. Without an export, `reason` says why there was none.

    `missed` counts the times before it that a hub which was off has passed over.
    """

    schedule = models.ForeignKey(
        ExportSchedule,
        on_delete=models.CASCADE,
        related_name="runs",
        db_index=False,
        verbose_name=_("schedule"),
    )
    due_at = models.DateTimeField(_("due"))
    occurrence = models.CharField(_("begun"), max_length=8, choices=Occurrence.choices)
    asked_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    missed = models.PositiveIntegerField(_("missed before"), default=0)
    export = models.ForeignKey(
        Export, on_delete=models.SET_NULL, null=True, related_name="schedule_runs", verbose_name=_("export")
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("scheduled export")
        verbose_name_plural = _("scheduled exports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "due_at"], name="export_schedule_once", condition=Q(occurrence="schedule")
            )
        ]
        indexes = [models.Index(fields=["schedule", "-id"], name="export_run_recent")]

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M}"
