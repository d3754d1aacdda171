"""A ticket with which another system's "go to account" link brings somebody to the pages of its integration."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.models import Member, TenantModel


class Handoff(TenantModel):
    """Stored as a digest; it opens once, within a minute, and not after it was revoked."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="handoffs")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        verbose_name = _("hand-off ticket")
        verbose_name_plural = _("hand-off tickets")

    def __str__(self) -> str:
        return f"{self.integration_id}, {self.member_id}"
