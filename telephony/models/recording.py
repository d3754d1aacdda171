"""Recordings: where an exchange keeps them, what became of each, and the links by which they are listened to."""

import hashlib
import secrets

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from telephony.models.call import Call
from telephony.models.pbx import Pbx, validate_template
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel, User

bucket_name = RegexValidator(r"^[A-Za-z0-9._-]{1,255}\Z", _("Letters, digits and . _ - only."))


class StoreKind(models.TextChoices):
    LOCAL = "local", _("a folder of this machine")
    HTTP = "http", _("a web server")
    SFTP = "sftp", _("SFTP")
    S3 = "s3", _("S3-compatible storage")


class RecordingState(models.TextChoices):
    EXPECTED = "expected", _("expected")
    FINAL = "final", _("ready")
    EMPTY = "empty", _("nothing was said")
    MISSING = "missing", _("not found")
    EXPIRED = "expired", _("kept no longer")


class LinkAudience(models.TextChoices):
    CRM = "crm", _("a CRM")
    PERSON = "person", _("a person")


# What each kind cannot do without.
NEEDED = {
    StoreKind.LOCAL: ("root",),
    StoreKind.HTTP: ("template",),
    StoreKind.SFTP: ("host", "username", "host_key"),
    StoreKind.S3: ("endpoint", "bucket", "username", "secret"),
}


class RecordingStore(TenantModel):
    """Where one exchange's recordings lie; at most one for each.

    `cut` is what the exchange's paths begin with and the place does not know, such as /var/spool/asterisk/monitor. What
    follows is looked for below `root`, and nowhere else.
    """

    pbx = models.OneToOneField(
        Pbx,
        on_delete=models.CASCADE,
        related_name="recording_store",
        verbose_name=pgettext_lazy("telephone", "exchange"),
    )
    kind = models.CharField(_("where"), max_length=5, choices=StoreKind.choices, default=StoreKind.HTTP)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    cut = models.CharField(
        _("beginning of the exchange's paths"),
        max_length=300,
        blank=True,
        help_text=_("It is cut off, for example /var/spool/asterisk/monitor."),
    )
    root = models.CharField(_("folder"), max_length=300, blank=True)
    template = EncryptedTextField(
        _("address of recordings"),
        max_length=500,
        blank=True,
        default="",
        validators=[validate_template],
        help_text=_("For example https://pbx.example/rec/{path}."),
    )
    host = models.CharField(_("host"), max_length=255, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=22, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    host_key = models.TextField(
        _("host key"), max_length=2000, blank=True, help_text=_("As ssh-keyscan shows it: ssh-ed25519 AAAA…")
    )
    endpoint = models.CharField(_("address of the storage"), max_length=300, blank=True)
    bucket = models.CharField(_("bucket"), max_length=255, blank=True, validators=[bucket_name])
    region = models.CharField(_("region"), max_length=60, blank=True, default="us-east-1")
    username = models.CharField(_("user name or key id"), max_length=200, blank=True)
    secret = EncryptedTextField(_("password or secret key"), blank=True, default="")
    private_key = EncryptedTextField(_("private key"), blank=True, default="")
    crm_days = models.PositiveIntegerField(
        _("days for which a CRM's link works"),
        default=1825,
        validators=[MinValueValidator(1), MaxValueValidator(36500)],
    )
    keeps_copy = models.BooleanField(
        _("keep copies here"), default=False, help_text=_("Each recording is fetched once it is complete.")
    )
    kept_days = models.PositiveIntegerField(
        _("days until a recording is forgotten"),
        default=0,
        validators=[MaxValueValidator(36500)],
        help_text=_("Its copy is removed and its links end; 0 keeps it for good."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("place of recordings")
        verbose_name_plural = _("places of recordings")

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def clean(self) -> None:
        missing = [name for name in NEEDED[StoreKind(self.kind)] if not getattr(self, name)]
        if missing:
            raise ValidationError({name: _("This kind of place needs it.") for name in missing})
        if self.kind == StoreKind.SFTP and not (self.secret or self.private_key):
            raise ValidationError({"secret": _("A password or a private key is needed.")})
        if self.endpoint and not self.endpoint.startswith(("http://", "https://")):
            raise ValidationError({"endpoint": _("An address that begins with http:// or https://.")})


REASONS = {
    "absent": _("The file did not come to where the exchange said."),
    "unsafe": _("The exchange named a path outside of its recordings."),
    "no_store": _("The exchange has no place of recordings any more."),
}


class Recording(TenantModel):
    """One call's recording. `path` is the exchange's own text and opens nothing by itself; `copy` is a file of ours."""

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    call = models.OneToOneField(
        Call, on_delete=models.CASCADE, related_name="recording_row", verbose_name=_("call")
    )
    pbx = models.ForeignKey(
        Pbx,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=pgettext_lazy("telephone", "exchange"),
        db_index=False,
    )
    path = EncryptedTextField(_("path at the exchange"))
    state = models.CharField(
        _("state"), max_length=8, choices=RecordingState.choices, default=RecordingState.EXPECTED
    )
    reason = models.CharField(_("why"), max_length=300, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True)
    checked_at = models.DateTimeField(_("looked for"), null=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    copy = models.CharField(max_length=100, blank=True, editable=False)

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="recording_recent"),
            models.Index(fields=["tenant", "state", "-id"], name="recording_state"),
            models.Index(fields=["pbx", "id"], name="recording_kept", condition=~models.Q(state="expired")),
        ]

    def __str__(self) -> str:
        return f"{self.call} ({self.get_state_display()})"

    @property
    def why(self) -> str:
        """What stands in the way, in words."""
        return str(REASONS.get(self.reason, self.reason))

    @property
    def is_playable(self) -> bool:
        return self.state == RecordingState.FINAL


def new_link_token() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(24)


def link_digest(token: str) -> str:
    """What links are looked up by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class RecordingLink(TenantModel):
    """Whoever has the token may listen until the link ends. A CRM has one for each recording, for years."""

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="links")
    token = EncryptedTextField(_("token"), default=new_link_token)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    audience = models.CharField(_("for"), max_length=6, choices=LinkAudience.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    made_for = models.CharField(_("made for"), max_length=200, blank=True)
    expires_at = models.DateTimeField(_("works until"), db_index=True)

    class Meta:
        verbose_name = _("link to a recording")
        verbose_name_plural = _("links to recordings")
        constraints = [
            models.UniqueConstraint(
                fields=["recording"], condition=models.Q(audience="crm"), name="recording_link_crm"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()} {self.made_for}".strip()

    def save(self, *args: object, **kwargs: object) -> None:
        """The digest follows the token."""
        self.token_digest = link_digest(self.token)
        super().save(*args, **kwargs)
