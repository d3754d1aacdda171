"""Links to the page of one endpoint, for whoever develops its receiver and has no account here."""

from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from webhooks.models.endpoint import Endpoint

SALT: Final = "webhooks.portal"


class PortalLink(TenantModel):
    """Stored as a digest of what the link says. It opens this endpoint's deliveries and nothing else of the company."""

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="portal_links", verbose_name=_("endpoint")
    )
    name = models.CharField(_("for whom"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    may_change = models.BooleanField(
        _("may send again, test and change the secret"),
        default=True,
        help_text=_("Otherwise it only shows what was sent."),
    )
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(_("taken back"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    made_by = models.CharField(_("made by"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("link for developers")
        verbose_name_plural = _("links for developers")
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "-id"], name="portal_link_recent")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
