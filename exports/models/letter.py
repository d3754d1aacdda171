"""Mails that this room owes: a file is ready, a schedule was paused, a schedule keeps failing."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exports.models.export import Export
from exports.models.schedule import ExportSchedule
from tenants.models.base import TenantModel


class Occasion(models.TextChoices):
    READY = "ready", _("a file is ready")
    PAUSED = "paused", _("a schedule was paused")
    FAILING = "failing", _("a schedule keeps failing")


class ExportLetter(TenantModel):
    """One mail to one person. It is written when it is sent: the link in it is nowhere stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    occasion = models.CharField(_("occasion"), max_length=7, choices=Occasion.choices)
    export = models.ForeignKey(Export, on_delete=models.CASCADE, null=True, related_name="+")
    schedule = models.ForeignKey(ExportSchedule, on_delete=models.CASCADE, null=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    failure = models.CharField(_("failure"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("mail about an export")
        verbose_name_plural = _("mails about exports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["export", "user"], name="export_letter_once", condition=Q(occasion="ready")
            )
        ]

    def __str__(self) -> str:
        return self.get_occasion_display()
