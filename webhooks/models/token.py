"""The access token that an endpoint's log-in by OAuth2 has at the moment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models import TenantModel
from webhooks.models.endpoint import Endpoint


class EndpointToken(TenantModel):
    """Each change makes a new `version`; `asked_with` is a digest of what it was asked with, so that a changed log-in asks anew.

    Whoever puts `lease` and `lease_until` there asks, everybody else waits for the next version; a lease that ran out
    belonged to a process that died. Without `lease`, `lease_until` is a pause after a failed attempt. A token that was
    refused although it was new is in doubt, and none is asked for being refused again.
    """

    endpoint = models.OneToOneField(
        Endpoint, on_delete=models.CASCADE, related_name="token", verbose_name=_("endpoint")
    )
    access_token = EncryptedTextField(default="", blank=True)
    asked_with = models.CharField(max_length=64, blank=True, editable=False)
    version = models.PositiveIntegerField(default=0)
    obtained_at = models.DateTimeField(_("obtained"), null=True)
    expires_at = models.DateTimeField(_("valid until"), null=True)
    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    doubted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return f"{self.endpoint_id} version {self.version}"
