"""A machine's credential."""

import hashlib
import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel

PREFIX = "sbk_"
SHOWN = 12


def new_key() -> str:
    """A fresh key: `sbk_` and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is stored of a key. A plain SHA-256 is enough for keys of 256 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKey(TenantModel):
    """Hashed; recognised by its first characters; scopes such as `calls:read`, `endpoints:*` or `*`."""

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="api_key_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def set_key(self, key: str) -> None:
        self.digest = digest(key)
        self.prefix = key[:SHOWN]

    def allows(self, scope: str) -> bool:
        resource, _colon, _action = scope.partition(":")
        return any(granted in ("*", scope, f"{resource}:*") for granted in self.scopes)
