"""Access to an outside system that was granted to us: the tokens, and the ways there that are still open."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.fields import EncryptedJSONField, EncryptedTextField
from tenants.models import TenantModel


class OAuthToken(TenantModel):
    """One integration's tokens. Each change of them makes a new `version`.

    Whoever puts `lease` and `lease_until` there renews them, everybody else waits for the next version; a lease that
    ran out belonged to a process that died. Without `lease`, `lease_until` is a pause after a failed attempt. `refusal`
    says why the outside system will not renew them: nothing is asked again until somebody connects it anew. A token that
    was refused although it was new is in doubt, and is not renewed for being refused again.
    """

    integration = models.OneToOneField(
        Integration, on_delete=models.CASCADE, related_name="token", verbose_name=_("integration")
    )
    access_token = EncryptedTextField(default="", blank=True)
    refresh_token = EncryptedTextField(default="", blank=True)
    can_refresh = models.BooleanField(default=False, editable=False)
    extras = EncryptedJSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=0)
    obtained_at = models.DateTimeField(_("connected"), null=True)
    renewed_at = models.DateTimeField(_("renewed"), null=True)
    expires_at = models.DateTimeField(_("valid until"), null=True)
    refresh_expires_at = models.DateTimeField(_("can be renewed until"), null=True)
    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    refusal = models.TextField(_("why it cannot be renewed"), blank=True)
    doubted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("connected account")
        verbose_name_plural = _("connected accounts")
        indexes = [models.Index(fields=["renewed_at"], name="oauth_renewed")]

    def __str__(self) -> str:
        return f"{self.integration_id} version {self.version}"


class Authorization(TenantModel):
    """Somebody went to the outside system to allow us in, and may come back once, in the same session, within ten minutes."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="authorizations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    session_digest = models.CharField(max_length=64, editable=False)
    pkce_secret = EncryptedTextField(default="", blank=True)
    expires_at = models.DateTimeField(_("valid until"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True)

    class Meta:
        verbose_name = _("way to an outside system")
        verbose_name_plural = _("ways to outside systems")

    def __str__(self) -> str:
        return f"{self.integration_id}, {self.user_id}"
