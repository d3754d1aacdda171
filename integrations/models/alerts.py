"""Who is told when an integration stops working, and what they were mailed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.models import Member, TenantModel


class AlertKind(models.TextChoices):
    """What a mail says."""

    FAILING = "failing", _("stopped working")
    RECOVERED = "recovered", _("works again")
    EXPIRING = "expiring", _("credentials expire")


class AlertChoice(TenantModel):
    """What a member chose; those without a row are told by their role."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="integration_alerts")
    wants_mail = models.BooleanField(_("mails about integrations"))

    class Meta:
        verbose_name = _("choice of alerts")
        verbose_name_plural = _("choices of alerts")

    def __str__(self) -> str:
        return f"{self.member_id}: {self.wants_mail}"


class AlertLetter(TenantModel):
    """A mail that is owed to one person; `reason` is in the company's language, the rest is written in the person's."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="letters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=AlertKind.choices)
    reason = models.TextField(_("reason"), blank=True)
    since = models.DateTimeField(_("since"), null=True)
    changes = models.PositiveIntegerField(_("changes meanwhile"), default=1)
    sent_at = models.DateTimeField(_("sent"), null=True)
    failure = models.CharField(_("why it was not sent"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("mail about an integration")
        verbose_name_plural = _("mails about integrations")

    def __str__(self) -> str:
        return f"{self.kind} {self.integration_id}"
