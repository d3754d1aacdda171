"""Summaries at set times: what a company wants to be told, and every one that was made."""

from datetime import time
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.figures import sections
from tenants.models import TenantModel
from webhooks.models.endpoint import Endpoint
from webhooks.reports.schedule import Schedule, due_after

MOST_ADDRESSES: Final = 50
MOST_ENDPOINTS: Final = 50
SCHEDULE: Final = ("rhythm", "at", "weekday", "is_enabled")


class Rhythm(models.TextChoices):
    DAILY = "daily", _("every day, of the day before")
    WEEKLY = "weekly", _("every week, of the seven days before")


class Weekday(models.IntegerChoices):
    """As ISO counts them."""

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


def nine() -> time:
    return time(9)


class Report(TenantModel):
    """One summary. It goes to the endpoints that it names, to those that subscribe to its event, and to mail addresses.

    `next_due_at` follows from the schedule whenever that is saved.
    """

    name = models.CharField(_("name"), max_length=100)
    rhythm = models.CharField(_("how often"), max_length=6, choices=Rhythm.choices, default=Rhythm.DAILY)
    at = models.TimeField(_("at"), default=nine, help_text=_("In the company's time zone."))
    weekday = models.PositiveSmallIntegerField(
        _("on"),
        choices=Weekday.choices,
        default=Weekday.MONDAY,
        validators=[MinValueValidator(1), MaxValueValidator(7)],
        help_text=_("For weekly ones."),
    )
    sections = models.JSONField(
        _("parts"), default=list, blank=True, help_text=_("None chosen means all, also those to come.")
    )
    endpoints = models.JSONField(
        _("endpoints"),
        default=list,
        blank=True,
        help_text=_("Beside those that subscribe to report.daily or report.weekly."),
    )
    addresses = models.JSONField(_("e-mail"), default=list, blank=True, help_text=_("Addresses, at most 50."))
    skips_quiet = models.BooleanField(
        _("not when nothing happened"),
        default=False,
        help_text=_("A day or week without a single event is passed over."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    next_due_at = models.DateTimeField(_("next one"), null=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="report_name")]
        indexes = [models.Index(fields=["next_due_at"], name="report_due", condition=Q(is_enabled=True))]

    def __str__(self) -> str:
        return self.name

    @property
    def event_type(self) -> str:
        return f"report.{self.rhythm}"

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.at, self.weekday if self.rhythm == Rhythm.WEEKLY else None)

    def clean(self) -> None:
        errors: dict[str, ValidationError] = {}
        for name, check in (
            ("sections", _clean_sections),
            ("endpoints", _clean_endpoints),
            ("addresses", _clean_addresses),
        ):
            try:
                setattr(self, name, check(getattr(self, name)))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **options: Any) -> None:
        if self._has_new_schedule():
            now = timezone.now()
            self.next_due_at = due_after(self.schedule, now, self.tenant.zone) if self.is_enabled else None
            if options.get("update_fields") is not None:
                options["update_fields"] = {*options["update_fields"], "next_due_at"}
        super().save(*args, **options)

    def _has_new_schedule(self) -> bool:
        stored = type(self).objects.filter(pk=self.pk).values_list(*SCHEDULE).first()
        return stored != tuple(getattr(self, name) for name in SCHEDULE)


def _texts(values: Any) -> list[str]:
    """Without repeats, in their order."""
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise ValidationError(_("A list of texts is expected."))
    return list(dict.fromkeys(one.strip() for one in values if one.strip()))


def _clean_sections(values: Any) -> list[str]:
    wanted, known = _texts(values), {one.name for one in sections()}
    for name in wanted:
        if name not in known:
            raise ValidationError(
                _("“%(name)s” is no part of a report; known are %(known)s."),
                params={"name": name[:50], "known": ", ".join(sorted(known))},
            )
    return wanted


def _clean_endpoints(values: Any) -> list[str]:
    """Ids of the company's endpoints."""
    wanted = _texts(values)
    if len(wanted) > MOST_ENDPOINTS:
        raise ValidationError(_("At most %(most)d."), params={"most": MOST_ENDPOINTS})
    known = {str(id_) for id_ in Endpoint.objects.values_list("id", flat=True)} if wanted else set()
    for id_ in wanted:
        if id_ not in known:
            raise ValidationError(_("There is no endpoint “%(id)s”."), params={"id": id_[:50]})
    return wanted


def _clean_addresses(values: Any) -> list[str]:
    wanted = _texts(values)
    if len(wanted) > MOST_ADDRESSES:
        raise ValidationError(_("At most %(most)d."), params={"most": MOST_ADDRESSES})
    for address in wanted:
        try:
            validate_email(address)
        except ValidationError as error:
            raise ValidationError(
                _("“%(address)s” is no e-mail address."), params={"address": address[:100]}
            ) from error
    return wanted


class Occurrence(models.TextChoices):
    """Why a report was made."""

    SCHEDULE = "schedule", _("by schedule")
    HAND = "hand", _("by hand")


class ReportRun(TenantModel):
    """One report of one period. `event` is None where nothing happened and the report passes such periods over."""

    report = models.ForeignKey(
        Report, on_delete=models.CASCADE, related_name="runs", db_index=False, verbose_name=_("report")
    )
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    occurrence = models.CharField(_("made"), max_length=8, choices=Occurrence.choices)
    asked_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    event = models.UUIDField(_("event"), null=True)
    summary = models.CharField(_("summary"), max_length=500, blank=True)
    mails = models.PositiveSmallIntegerField(_("mails"), default=0)

    class Meta:
        verbose_name = _("sent report")
        verbose_name_plural = _("sent reports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "since", "until"], name="report_once", condition=Q(occurrence="schedule")
            )
        ]
        indexes = [models.Index(fields=["report", "-id"], name="report_run_recent")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.since:%Y-%m-%d}"
