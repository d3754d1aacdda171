"""When a company, or one of its lines, answers."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from telephony.opening import Schedule, parse_exceptions, parse_weekly
from tenants.models import TenantModel
from tenants.models.tenant import validate_timezone
from tenants.zones import Zone


class WorkingHours(TenantModel):
    """Hours of a week and days that are different. `weekly` is {"mon": "09:00-18:00", …}, as people write it.

    The one that is the default holds for every line without hours of its own.
    """

    name = models.CharField(_("name"), max_length=100)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("For calls on every line that has no hours of its own.")
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_timezone],
        help_text=_("Empty: the company's."),
    )
    weekly = models.JSONField(_("hours"), default=dict, blank=True)
    exceptions = models.TextField(
        _("holidays and special days"),
        blank=True,
        help_text=_(
            "One day a line: 2026-01-01 is closed, 01-01 is closed every year, 2026-12-31 09:00-15:00 is shorter."
        ),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="working_hours_name"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_default=True), name="working_hours_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, ValidationError] = {}
        try:
            if not isinstance(self.weekly, dict):
                raise ValidationError(_("Hours by day: mon, tue, …"))
            parse_weekly(self.weekly)
        except ValidationError as error:
            errors["weekly"] = error
        try:
            parse_exceptions(self.exceptions.splitlines())
        except ValidationError as error:
            errors["exceptions"] = error
        if errors:
            raise ValidationError(errors)

    @property
    def schedule(self) -> Schedule:
        """As the moments of calls are compared with it; needs the company."""
        return Schedule(
            parse_weekly(self.weekly),
            parse_exceptions(self.exceptions.splitlines()),
            Zone(self.timezone or self.tenant.timezone),
        )
