"""How the hub reaches an exchange's manager interface."""

import logging
import ssl
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.env import DATA_DIR
from config.supervisor.waiting import want
from telephony.models.pbx import Pbx
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel

AMI_PORT = 5038
logger = logging.getLogger(__name__)


class AmiSecurity(models.TextChoices):
    NONE = "none", _("none: the connection is in the clear")
    TLS = "tls", _("TLS, the certificate is checked")
    TLS_ANY = "tls_any", _("TLS, any certificate")


def want_listener() -> None:
    """Have this machine's listener begin, if it has not yet."""
    try:
        want(DATA_DIR, "listener")
    except OSError as error:
        logger.warning("the listener cannot be told to begin: %s", error)


class AmiAccess(TenantModel):
    """One account of one exchange's manager interface; at most one for each exchange."""

    pbx = models.OneToOneField(
        Pbx, on_delete=models.CASCADE, related_name="ami", verbose_name=pgettext_lazy("telephone", "exchange")
    )
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(
        _("port"), default=AMI_PORT, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    username = models.CharField(_("user name"), max_length=80)
    secret = EncryptedTextField(_("password"))
    security = models.CharField(
        _("encryption"), max_length=8, choices=AmiSecurity.choices, default=AmiSecurity.NONE
    )
    ca = models.TextField(
        _("certificates that are trusted"),
        blank=True,
        help_text=_("PEM; empty: those that the operating system trusts."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("manager interface")
        verbose_name_plural = _("manager interfaces")

    def clean(self) -> None:
        """What would make the first packet a second one, and certificates that nobody can read."""
        for name in ("host", "username", "secret"):
            if any(ord(character) < 32 or ord(character) == 127 for character in getattr(self, name) or ""):
                raise ValidationError({name: _("Control characters are not allowed.")})
        if self.ca:
            try:
                ssl.create_default_context(cadata=self.ca)
            except (ssl.SSLError, ValueError) as error:
                raise ValidationError({"ca": _("These are no certificates in PEM form.")}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        if self.is_enabled:
            transaction.on_commit(want_listener)

    def __str__(self) -> str:
        return f"{self.username}@{self.host}:{self.port}"
