"""What is wrong with the installation itself, and for how long (see tenants/installation)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import UUID7Field


class Severity(models.TextChoices):
    WARNING = "warning", _("warning")
    CRITICAL = "critical", _("critical")


class SystemAlert(models.Model):
    """One trouble from its first sign to its end; it belongs to the operator and to no company.

    `seen_at` is when it was there the last time. Nobody knows of it before `told_at`: a short one is never told.
    """

    id = UUID7Field()
    code = models.CharField(_("code"), max_length=60)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    detail = models.TextField(_("detail"), blank=True)
    since = models.DateTimeField(_("began"))
    seen_at = models.DateTimeField(_("last seen"))
    told_at = models.DateTimeField(_("told"), null=True)
    ended_at = models.DateTimeField(_("end"), null=True)
    # Mails are sent past the queue: the workers may be what is gone. 0: none, 1: of its beginning, 2: of its end, too.
    letters = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("alert of the installation")
        verbose_name_plural = _("alerts of the installation")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(ended_at__isnull=True), name="system_alert_open"
            )
        ]
        indexes = [models.Index(fields=["ended_at"], name="system_alert_ended")]

    def __str__(self) -> str:
        from tenants.installation.troubles import title_of

        return title_of(self.code)

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None
