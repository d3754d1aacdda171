"""What is brought into line with an outside system: one kind of records of one integration."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from integrations.models.records.links import KINDS
from tenants.models import TenantModel


class SyncDirection(models.TextChoices):
    """Which way records go."""

    IMPORT = "import", _("from there to us")
    EXPORT = "export", _("from us to there")
    BOTH = "both", _("both ways")


class ConflictPolicy(models.TextChoices):
    """Who is right when both sides changed the same field."""

    SOURCE = "source", _("the outside system")
    TARGET = "target", _("we")
    NEWEST = "newest", _("whoever changed it last")
    MANUAL = "manual", _("a person decides")


class SyncPlan(TenantModel):
    """One kind of records of one integration, and when it is read.

    Runs begin every `interval_minutes`, or by `cron` in the company's time zone; those by `full_cron` read everything and
    notice deletions. `position` is the outside system's own place to go on from, `watermark` the time from which changes
    are asked for: taken from what was read, less the system's lag. A run that would delete more than `deletion_limit`
    percent stops before it does. `next_due_at` and `next_full_at` are what the sweeper looks at.
    """

    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        related_name="plans",
        db_index=False,
        verbose_name=_("integration"),
    )
    kind = models.CharField(_("records"), max_length=12, choices=KINDS)
    direction = models.CharField(
        _("direction"), max_length=6, choices=SyncDirection.choices, default=SyncDirection.IMPORT
    )
    conflict_policy = models.CharField(
        _("when both sides changed a field, right is"),
        max_length=6,
        choices=ConflictPolicy.choices,
        default=ConflictPolicy.SOURCE,
    )
    deletion_limit = models.PositiveSmallIntegerField(
        _("deletions allowed, %"),
        default=20,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_(
            "A run that finds more of the records gone stops and asks, and so does one that finds all of them gone."
        ),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    interval_minutes = models.PositiveIntegerField(
        _("every so many minutes"),
        null=True,
        blank=True,
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 7)],
    )
    cron = models.CharField(
        _("or by cron"),
        max_length=100,
        blank=True,
        help_text=_(
            "Minute, hour, day of the month, month, day of the week, in the company's time zone: 0 * * * *"
        ),
    )
    full_cron = models.CharField(
        _("everything anew by cron"),
        max_length=100,
        blank=True,
        default="17 3 * * *",
        help_text=_("Reads everything and notices what was deleted there. Empty: only by hand."),
    )
    position = models.JSONField(null=True, editable=False)
    watermark = models.DateTimeField(_("read up to"), null=True, editable=False)
    next_due_at = models.DateTimeField(_("next run"), null=True, editable=False)
    next_full_at = models.DateTimeField(_("next full run"), null=True, editable=False)

    class Meta:
        verbose_name = _("synchronisation")
        verbose_name_plural = _("synchronisations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "kind"],
                name="sync_plan_kind",
                violation_error_message=_(
                    "These records of this integration have a synchronisation already."
                ),
            ),
            models.CheckConstraint(condition=Q(deletion_limit__lte=100), name="sync_plan_limit"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="sync_plan_newest"),
            models.Index(fields=["next_due_at"], name="sync_plan_due", condition=Q(is_enabled=True)),
            models.Index(fields=["next_full_at"], name="sync_plan_full_due", condition=Q(is_enabled=True)),
        ]

    def __str__(self) -> str:
        return f"{self.integration}: {self.get_kind_display()}"

    @property
    def reads(self) -> bool:
        return self.direction != SyncDirection.EXPORT

    @property
    def writes(self) -> bool:
        return self.direction != SyncDirection.IMPORT

    def clean(self) -> None:
        """ValidationError keyed by the field: what the connector cannot do, and schedules that are none."""
        from integrations.sync.checking import problems

        found = problems(self)
        if found:
            raise ValidationError(found)
