"""A machine's key, and the numbers used once in its signed requests."""

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel
from tenants.models.credential import MachineCredential

PREFIX = "sbk_"
SIGNING_PREFIX = "sbs_"
SHOWN = 12


def new_key() -> str:
    """A fresh key: `sbk_` and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def new_signing_secret() -> str:
    """What signs requests: `sbs_` and 256 random bits."""
    return SIGNING_PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is stored of a key. A plain SHA-256 is enough for keys of 256 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKey(MachineCredential):
    """Hashed; recognised by its first characters; scopes such as `calls:read`, `endpoints:*` or `*`.

    After a rotation the previous key works, too, until `previous_until`. A key that signs its requests has a secret,
    sealed because a signature can only be checked with the secret itself; the key as such is then never sent.
    """

    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    previous_prefix = models.CharField(_("previous key"), max_length=16, blank=True, editable=False)
    # Null, not empty: most keys have none, and it is unique.
    previous_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001 unique
    previous_until = models.DateTimeField(_("previous key works until"), null=True, editable=False)
    must_sign = models.BooleanField(
        _("requests must be signed"),
        default=False,
        help_text=_("The key itself is refused then; every request carries a signature instead."),
    )
    signing_secret = EncryptedTextField(null=True, editable=False)
    previous_signing_secret = EncryptedTextField(null=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="api_key_name"),
            models.CheckConstraint(
                condition=models.Q(previous_digest=None) | models.Q(previous_until__isnull=False),
                name="api_key_previous_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def set_key(self, key: str) -> None:
        self.digest = digest(key)
        self.prefix = key[:SHOWN]

    def live_signing_secrets(self, now: datetime) -> list[str]:
        """What may have signed a request now: the secret, and until the overlap ends the previous one."""
        has_previous = self.previous_until is not None and self.previous_until > now
        found = [self.signing_secret, self.previous_signing_secret if has_previous else None]
        return [secret for secret in found if secret]


class SeenNonce(TenantModel):
    """A number that a signed request has used: none is good twice while its signature could still be repeated."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "nonce"], name="seen_nonce")]
        indexes = [models.Index(fields=["created_at"], name="seen_nonce_age")]

    def __str__(self) -> str:
        return self.nonce
