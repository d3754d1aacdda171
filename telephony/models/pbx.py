"""A telephone exchange, its token, and the tenant's own telephony settings."""

import hashlib
import secrets
import string
import zoneinfo
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.changes.announcing import announce
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel
from tenants.models.tenant import validate_timezone
from tenants.scoping import all_tenants

MIN_TOKEN = 12
OVERLAP = timedelta(days=7)
secret_text = RegexValidator(
    rf"^[A-Za-z0-9._~-]{{{MIN_TOKEN},100}}\Z", _("12 to 100 letters, digits and . _ ~ - without spaces.")
)


def new_token() -> str:
    """A fresh token: 192 random bits in characters that no dialplan has to escape."""
    return secrets.token_urlsafe(24)


def token_digest(token: str) -> str:
    """What tokens are looked up by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def validate_template(template: str) -> None:
    """An http(s) address with the one placeholder {path}."""
    try:
        fields = [
            name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name is not None
        ]
    except ValueError as error:
        raise ValidationError(_("The braces do not match.")) from error
    if fields != ["path"] or not template.startswith(("http://", "https://")):
        raise ValidationError(_("An address such as https://pbx.example/rec/{path}, with {path} once."))


class Pbx(TenantModel):
    """One telephone exchange. Its token is the only credential of the events that it sends.

    `previous_digest` lets the former token work for a while after a rotation, until every dialplan has the new one.
    """

    name = models.CharField(_("name"), max_length=100)
    token = EncryptedTextField(_("token"), validators=[secret_text], default=new_token)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    previous_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001 unique
    previous_until = models.DateTimeField(_("former token works until"), null=True, editable=False)
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_timezone],
        help_text=_("Of the exchange's clock; empty when it is the company's."),
    )
    recording_url_template = EncryptedTextField(
        _("address of recordings"),
        max_length=500,
        blank=True,
        default="",
        validators=[validate_template],
        help_text=_("For example https://pbx.example/rec/{path}. Empty: no link is sent to the CRM."),
    )
    trunks = models.CharField(
        _("trunks"),
        max_length=500,
        blank=True,
        default="",
        help_text=_(
            "Names of outside lines at the exchange, or what their names begin with, separated by commas: provider, gsm-. "
            "Empty: every device whose name is no extension."
        ),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("telephone exchange")
        verbose_name_plural = _("telephone exchanges")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="pbx_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """The digest follows the token. Every web process has a table of them, which hears of it."""
        self.token_digest = token_digest(self.token)
        with transaction.atomic():
            super().save(*args, **kwargs)
            announce("pbx", self.pk)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Its token opens nothing any more."""
        with transaction.atomic():
            announce("pbx", self.pk)
            return super().delete(*args, **kwargs)

    def clean(self) -> None:
        digest = token_digest(self.token)
        # Two exchanges with one token could not be told apart. Who has it is not said: it is another company's secret.
        with all_tenants():
            taken = Pbx.objects.filter(models.Q(token_digest=digest) | models.Q(previous_digest=digest))
            is_taken = taken.exclude(pk=self.pk).exists()
        if is_taken:
            raise ValidationError({"token": _("This token cannot be used. Choose another one.")})

    def rotate(self, token: str) -> None:
        """Take a new token; the former one works for another week. Not saved yet."""
        self.keep_former()
        self.token = token

    def keep_former(self) -> None:
        """Let the present token work on for a week beside the one that follows."""
        self.previous_digest, self.previous_until = token_digest(self.token), timezone.now() + OVERLAP

    @property
    def trunk_names(self) -> tuple[str, ...]:
        """The names or beginnings of names that mean a trunk."""
        return tuple(name for part in self.trunks.split(",") if (name := part.strip()))

    @property
    def zone_name(self) -> str:
        return self.timezone or self.tenant.timezone

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the wall-clock times in its events."""
        return zoneinfo.ZoneInfo(self.zone_name)


class TelephonySettings(TenantModel):
    """What a tenant has once: the secret that callers of the click-to-call paths present."""

    call_secret = EncryptedTextField(_("call secret"), validators=[secret_text], default=new_token)
    call_secret_digest = models.CharField(max_length=64, unique=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("telephony settings")
        verbose_name_plural = _("telephony settings")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="telephony_settings_once")]

    def __str__(self) -> str:
        return str(self.tenant)

    def save(self, *args: object, **kwargs: object) -> None:
        """The digest follows the secret."""
        self.call_secret_digest = token_digest(self.call_secret)
        super().save(*args, **kwargs)
