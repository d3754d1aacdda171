"""How clicks reach an exchange, and what a company may call by a click."""

import re
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from telephony.dialing.hours import check_hours
from telephony.dialing.template import check_template, is_local
from telephony.models.pbx import Pbx
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel

context_name = RegexValidator(r"^[A-Za-z0-9_-]{1,79}\Z", _("Letters, digits, _ and -."))
caller_id = RegexValidator(r"^\+?[0-9]{3,18}\Z|^[0-9*#]{1,10}\Z", _("A telephone number or an extension."))
digits_before = RegexValidator(r"^[0-9*#]{0,6}\Z", _("Digits, * and #, at most six."))
user_name = RegexValidator(r"^[A-Za-z_][A-Za-z0-9._-]{0,31}\Z", _("A user name of the exchange's machine."))

SSH_PORT: Final = 22
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PREFIX: Final = re.compile(r"\+[0-9]{1,15}")


def check_countries(value: Any) -> None:
    """ValidationError unless it is a list of countries."""
    if not isinstance(value, list) or not all(
        isinstance(one, str) and _COUNTRY.fullmatch(one) for one in value
    ):
        raise ValidationError(_("Two capital letters each, such as KZ; one in each line."))


def check_prefixes(value: Any) -> None:
    """ValidationError unless it is a list of beginnings of numbers."""
    if not isinstance(value, list) or not all(
        isinstance(one, str) and _PREFIX.fullmatch(one) for one in value
    ):
        raise ValidationError(_("Plus and digits each, such as +7809; one in each line."))


class Transport(models.TextChoices):
    AMI = "ami", _("manager interface (AMI)")
    SSH = "ssh", _("SSH and Asterisk's command line")


class CallerIdRule(models.TextChoices):
    """What the colleague's phone shows while it rings for a click."""

    AUTO = "auto", _("the client's number where the dialplan is in between, else the extension")
    CLIENT = "client", _("the client's number")
    EXTENSION = "extension", _("the extension")
    FIXED = "fixed", _("a number of its own")


class NumberForm(models.TextChoices):
    """How the dialplan wants the client's number."""

    PLUS = "plus", _("+375291234570")
    DIGITS = "digits", _("375291234570")
    NATIONAL = "national", _("as dialled inside the country")


class DialAccess(TenantModel):
    """How one exchange is asked to call; an exchange with a manager interface and without this row uses the defaults."""

    pbx = models.OneToOneField(
        Pbx,
        on_delete=models.CASCADE,
        related_name="dialing",
        verbose_name=pgettext_lazy("telephone", "exchange"),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    transport = models.CharField(_("way"), max_length=3, choices=Transport.choices, default=Transport.AMI)
    template = models.CharField(
        _("the colleague's phone"),
        max_length=100,
        default="PJSIP/{extension}",
        validators=[check_template],
        help_text=_(
            "PJSIP/{extension} calls the device itself. Local/{extension}@{context}/n goes by the dialplan, as a call"
            " to the extension does, with all its devices and forwarding."
        ),
    )
    context = models.CharField(
        _("context"),
        max_length=79,
        default="from-internal",
        validators=[context_name],
        help_text=_("The part of the dialplan in which the client's number is dialled, as from a phone."),
    )
    number_form = models.CharField(
        _("form of numbers"), max_length=8, choices=NumberForm.choices, default=NumberForm.PLUS
    )
    prefix = models.CharField(
        _("prefix"),
        max_length=6,
        blank=True,
        validators=[digits_before],
        help_text=_("Such as 9 for an outside line."),
    )
    caller_id_rule = models.CharField(
        _("shown while it rings"), max_length=9, choices=CallerIdRule.choices, default=CallerIdRule.AUTO
    )
    caller_id = models.CharField(_("number of its own"), max_length=19, blank=True, validators=[caller_id])
    ring_seconds = models.PositiveSmallIntegerField(
        _("ring the colleague for, s"), default=30, validators=[MinValueValidator(5), MaxValueValidator(120)]
    )
    ssh_host = models.CharField(_("SSH host"), max_length=255, blank=True)
    ssh_port = models.PositiveIntegerField(
        _("SSH port"), default=SSH_PORT, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    ssh_user = models.CharField(_("SSH user"), max_length=32, blank=True, validators=[user_name])
    ssh_key = EncryptedTextField(_("private key"), blank=True, default="")
    ssh_host_key = models.TextField(
        _("the exchange's host key"),
        blank=True,
        help_text=_(
            "As ssh-keyscan or /etc/ssh/ssh_host_ed25519_key.pub shows it: ssh-ed25519 AAAA… A machine with another"
            " key is not spoken to."
        ),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("click-to-call of an exchange")
        verbose_name_plural = _("click-to-call of exchanges")

    def __str__(self) -> str:
        return str(self.pbx)

    @property
    def is_local(self) -> bool:
        """Whether the colleague is called through the dialplan."""
        return is_local(self.template)

    def clean(self) -> None:
        mistakes: dict[str, Any] = {}
        if self.transport == Transport.SSH:
            for name in ("ssh_host", "ssh_user", "ssh_key", "ssh_host_key"):
                if not getattr(self, name).strip():
                    mistakes[name] = _("Needed for SSH.")
        if self.caller_id_rule == CallerIdRule.FIXED and not self.caller_id:
            mistakes["caller_id"] = _("Enter the number that is shown.")
        if mistakes:
            raise ValidationError(mistakes)


class DialPolicy(TenantModel):
    """What a company may call by a click, and how often: against toll fraud with a stolen key or a hijacked session."""

    is_enabled = models.BooleanField(_("calls by click are allowed"), default=True)
    allows_own_country = models.BooleanField(_("own country"), default=True)
    countries = models.JSONField(
        _("other countries"),
        default=list,
        blank=True,
        validators=[check_countries],
        help_text=_("Two letters each, such as KZ and PL."),
    )
    denied_prefixes = models.JSONField(
        _("numbers that are not called"),
        default=list,
        blank=True,
        validators=[check_prefixes],
        help_text=_("Beginnings of numbers with plus and country code, such as +7809."),
    )
    allows_premium = models.BooleanField(_("numbers at a higher price"), default=False)
    quiet_hours = models.JSONField(
        _("hours without calls"),
        default=list,
        blank=True,
        validators=[check_hours],
        help_text=_("In the company's time zone, such as 22:00-07:00, or sat,sun 00:00-24:00."),
    )
    extension_per_minute = models.PositiveIntegerField(_("calls a minute, each extension"), default=6)
    extension_per_day = models.PositiveIntegerField(_("calls a day, each extension"), default=300)
    per_minute = models.PositiveIntegerField(_("calls a minute, in all"), default=60)
    per_day = models.PositiveIntegerField(_("calls a day, in all"), default=3000)
    minutes_per_day = models.PositiveIntegerField(
        _("minutes of talk a day, in all"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    alert_after = models.PositiveIntegerField(
        _("alert after refusals"),
        default=5,
        validators=[MinValueValidator(1)],
        help_text=_("So many refused clicks within ten minutes are told to the owners."),
    )
    alerted_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("limits of click-to-call")
        verbose_name_plural = _("limits of click-to-call")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="dial_policy_once")]

    def __str__(self) -> str:
        return str(self.tenant)
