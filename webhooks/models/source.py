"""A configured inbound webhook: who may send, and how they prove it."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedJSONField, EncryptedTextField
from tenants.models import TenantModel
from webhooks import limits
from webhooks.presets import PRESETS, BadOption, Preset, preset
from webhooks.relaying import clean_expected, clean_headers, clean_relay

PATH = "/webhook/"
public_id_shape = RegexValidator(r"^[A-Za-z0-9_-]{16,64}\Z", _("16 to 64 letters, digits, _ and -."))


def new_public_id() -> str:
    """128 random bits: nobody guesses the URL, although the signature is what protects it."""
    return secrets.token_urlsafe(16)


class Intake(models.TextChoices):
    """Which of a sender's events are taken."""

    ALL = "all", _("all events")
    LISTED = "listed", _("only the listed ones; others are kept aside")
    LEARNING = "learning", _("all events, and their names are added to the list")


class Source(TenantModel):
    """Configuration only: what requests change lives in `SourceTally` and `Inbound`."""

    name = models.CharField(_("name"), max_length=100)
    preset = models.CharField(
        _("sender"), max_length=40, help_text=_("Cannot be changed later: it is a part of the URL.")
    )
    public_id = models.CharField(
        _("identifier in the URL"),
        max_length=64,
        unique=True,
        default=new_public_id,
        editable=False,
        validators=[public_id_shape],
    )
    secret = EncryptedTextField(_("secret"))
    previous_secret = EncryptedTextField(_("former secret"), null=True, blank=True, editable=False)
    previous_until = models.DateTimeField(_("former secret valid until"), null=True, editable=False)
    former_secrets = EncryptedJSONField(
        _("older secrets"),
        null=True,
        default=None,
        editable=False,
        help_text=_("Those before the former one that are still valid: pairs of secret and moment."),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)
    tolerance = models.PositiveIntegerField(
        _("tolerance, s"),
        default=limits.TOLERANCE,
        validators=[
            MinValueValidator(limits.ALLOWED_TOLERANCE[0]),
            MaxValueValidator(limits.ALLOWED_TOLERANCE[-1]),
        ],
        help_text=_("How old a signed timestamp may be, where the sender has one."),
    )
    description = models.CharField(_("description"), max_length=500, blank=True)
    is_enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("Requests to a switched-off source are answered with 404.")
    )
    owner = models.CharField(
        _("belongs to"),
        max_length=40,
        blank=True,
        editable=False,
        help_text=_("What it was made for (webhooks.owners); empty for a source of its own."),
    )
    intake = models.CharField(_("events taken"), max_length=10, choices=Intake.choices, default=Intake.ALL)
    expected = models.JSONField(
        _("expected events"),
        default=list,
        blank=True,
        help_text=_(
            "Names as the sender writes them; a star at the end stands for any rest, such as orders/*."
        ),
    )
    relay = models.CharField(
        _("publish as"),
        max_length=60,
        blank=True,
        help_text=_(
            "Empty: requests become inbound.received only. A group such as shop.* publishes each also as shop. and the sender's"
            " event, a name such as shop.news all of them under that one."
        ),
    )
    relay_headers = models.JSONField(
        _("headers handed on"),
        default=list,
        blank=True,
        help_text=_("Names of the sender's headers that subscribers see, such as x-shopify-shop-domain."),
    )
    relay_original = models.BooleanField(
        _("hand on the original bytes"),
        default=False,
        help_text=_("For endpoints of the format “original request”."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="source_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def sender(self) -> Preset:
        return preset(self.preset)

    @property
    def path(self) -> str:
        return f"{PATH}{self.preset}/{self.public_id}"

    @property
    def has_secret_in_url(self) -> bool:
        return self.preset in PRESETS and self.sender.has_secret_in_url(self.options)

    @property
    def secret_path(self) -> str:
        """The path as the sender needs it: with the secret, where that is how the sender proves itself."""
        return (
            f"{self.path}?token={quote(self.secret)}" if self.has_secret_in_url and self.secret else self.path
        )

    def has_former_secret(self, now: datetime | None = None) -> bool:
        """Whether the secret before the current one is accepted, too."""
        return self.previous_until is not None and self.previous_until > (now or timezone.now())

    def clean(self) -> None:
        if self.preset not in PRESETS:
            text = _("“%(name)s” is not a sender; known are %(known)s.")
            raise ValidationError({"preset": text % {"name": self.preset, "known": ", ".join(PRESETS)}})
        errors: dict[str, Any] = {}
        checks: tuple[tuple[str, Callable[[Any], Any]], ...] = (
            ("options", self.sender.clean_options),
            ("secret", lambda secret: self.sender.clean_secret(secret, self.options)),
            ("expected", clean_expected),
            ("relay", clean_relay),
            ("relay_headers", clean_headers),
        )
        for name, check in checks:
            if name == "secret" and ((self.owner and not self.secret) or "options" in errors):
                continue  # only the sender can make it, and nobody has entered it yet: it lets nobody in
            try:
                setattr(self, name, check(getattr(self, name)))
            except BadOption as error:
                errors[name] = str(error)
        if errors:
            raise ValidationError(errors)


class SourceTally(TenantModel):
    """What is only counted of a source: requests that were refused, and repeats."""

    source = models.OneToOneField(
        Source, on_delete=models.CASCADE, related_name="tally", verbose_name=_("source")
    )
    rejected = models.PositiveBigIntegerField(_("refused"), default=0)
    rejected_at = models.DateTimeField(_("last refused"), null=True)
    rejected_reason = models.CharField(_("reason"), max_length=40, blank=True)
    samples = models.JSONField(
        _("refused requests"), default=list, help_text=_("The newest: names and sizes, never values.")
    )
    duplicates = models.PositiveBigIntegerField(_("repeats"), default=0)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return str(self.source_id)
