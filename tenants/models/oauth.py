"""A trusted system that trades its secret for short-lived tokens (OAuth2 client credentials)."""

import hashlib
import secrets
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from tenants.fields import UUID7Field
from tenants.models.credential import MachineCredential

CLIENT_PREFIX = "sbc_"
SECRET_PREFIX = "sbcs_"  # noqa: S105 what secrets begin with, no secret


def new_client_id() -> str:
    return CLIENT_PREFIX + secrets.token_hex(16)


def new_client_secret() -> str:
    """A fresh secret: `sbcs_` and 256 random bits."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def secret_digest(secret: str) -> str:
    """What is stored of a client secret: random like a key, so a slow hash would only slow us down."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class OAuthApplication(MachineCredential, AbstractApplication):
    """django-oauth-toolkit's application, bound to a tenant and to the one grant that machines use."""

    id = UUID7Field()
    name = models.CharField(_("name"), max_length=100)
    client_id = models.CharField(
        _("client ID"), max_length=255, unique=True, default=new_client_id, editable=False
    )
    # Digested here (tenants/oauth.py compares): the library's own hashing is made for passwords and costs a third of a second.
    client_secret = models.CharField(max_length=255, editable=False)
    hash_client_secret = models.BooleanField(default=False, editable=False)
    client_type = models.CharField(
        max_length=32, default=AbstractApplication.CLIENT_CONFIDENTIAL, editable=False
    )
    authorization_grant_type = models.CharField(
        max_length=44, default=AbstractApplication.GRANT_CLIENT_CREDENTIALS, editable=False
    )

    class Meta:
        verbose_name = _("trusted system")
        verbose_name_plural = _("trusted systems (OAuth2)")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="oauth_application_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.client_id[:12]}…)"

    def set_secret(self, secret: str) -> None:
        self.client_secret = secret_digest(secret)

    def is_usable(self, request: Any) -> bool:
        """The library asks this before it believes a client."""
        from django.utils import timezone

        return self.is_active and self.tenant.is_active and not self.is_over(timezone.now())
