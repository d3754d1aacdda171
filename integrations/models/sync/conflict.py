"""What waits for a person, and what waits to be written."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.models.records.links import KINDS, Link
from integrations.models.sync.plan import SyncPlan
from tenants.models import TenantModel


class Resolution(models.TextChoices):
    """Whose value was taken."""

    OURS = "ours", pgettext_lazy("side", "ours")
    THEIRS = "theirs", pgettext_lazy("side", "theirs")


class SyncConflict(TenantModel):
    """Both sides changed the same fields. `fields` is {name: {"ours": value, "theirs": value}}; open without a resolution."""

    plan = models.ForeignKey(SyncPlan, on_delete=models.CASCADE, related_name="conflicts", db_index=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="conflicts", db_index=False)
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    record_id = models.UUIDField(_("record"))
    title = models.TextField(_("record"), blank=True)
    fields = models.JSONField(_("fields"), default=dict)
    resolution = models.CharField(_("decision"), max_length=6, choices=Resolution.choices, blank=True)
    resolved_at = models.DateTimeField(_("decided"), null=True)
    resolved_by = models.CharField(_("decided by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["link"], condition=Q(resolution=""), name="sync_conflict_open"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="sync_conflict_newest"),
            models.Index(fields=["plan", "-id"], name="sync_conflict_of_plan"),
            models.Index(fields=["link"], name="sync_conflict_of_link"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.record_id)


class PendingWrite(TenantModel):
    """A record of ours that differs from what the system of that plan has. Its id is the key that goes along.

    `version` grows when the record changes again, so that a write of the former state does not settle the newer one.
    `is_parked`: nothing is tried by itself. `is_uncertain`: it may have been created there; that is looked up where the
    system can be asked, and else a person decides.
    """

    plan = models.ForeignKey(
        SyncPlan,
        on_delete=models.CASCADE,
        related_name="pending",
        db_index=False,
        verbose_name=_("synchronisation"),
    )
    record_id = models.UUIDField(_("record"))
    version = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(default=timezone.now)
    is_parked = models.BooleanField(default=False)
    is_uncertain = models.BooleanField(_("may exist there"), default=False, db_default=False)
    error = models.TextField(_("what is wrong"), blank=True)

    class Meta:
        verbose_name = _("pending write")
        verbose_name_plural = _("pending writes")
        constraints = [models.UniqueConstraint(fields=["plan", "record_id"], name="pending_write_once")]
        indexes = [
            models.Index(fields=["plan", "due_at"], name="pending_write_due", condition=Q(is_parked=False)),
            models.Index(fields=["tenant", "-id"], name="pending_write_parked", condition=Q(is_parked=True)),
            models.Index(
                fields=["plan", "id"], name="pending_write_uncertain", condition=Q(is_uncertain=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.record_id)
