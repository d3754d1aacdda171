"""Smart redirect: a tenant's rules for it, lines with rules of their own, and every decision with its reason."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.models import Integration
from telephony.models.pbx import Pbx
from telephony.redirect.words import EXPLANATIONS
from tenants.models import TenantModel

MOST_ENTRIES = 500
CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
DEFAULT_BUDGET_MS = 700
LONGEST_BUDGET_MS = 900


class RedirectSource(models.TextChoices):
    """Who may say whose client calls."""

    CRM = "crm", _("the CRM is asked")
    RECORDS = "records", _("our own records of clients and deals")
    CONVERSATION = "conversation", _("who talked with the client last")


class RedirectMode(models.TextChoices):
    PULL = "pull", _("the exchange asked")
    PUSH = "push", _("we moved the call")


class RedirectOutcome(models.TextChoices):
    PENDING = "pending", _("being looked for")
    REDIRECTED = "redirected", _("to the manager")
    NORMAL = "normal", _("the usual way")
    FAILED = "failed", _("failed")


def default_sources() -> list[str]:
    return [source.value for source in RedirectSource]


def validate_sources(value: Any) -> None:
    """Known names, each once."""
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not is_list or len(set(value)) != len(value) or set(value) - set(RedirectSource.values):
        raise ValidationError(
            _("A list of: %(names)s, each at most once.") % {"names": ", ".join(RedirectSource.values)}
        )


def validate_texts(value: Any) -> None:
    """A list of short texts."""
    if (
        not isinstance(value, list)
        or len(value) > MOST_ENTRIES
        or not all(isinstance(one, str) and 0 < len(one) <= 80 for one in value)
    ):
        raise ValidationError(_("A list of texts of at most 80 characters."))


def validate_contexts(value: Any) -> None:
    """A list of names of contexts: what goes into an action of the exchange is taken from here only."""
    validate_texts(value)
    if not all(CONTEXT.match(one) for one in value):
        raise ValidationError(_("Names of contexts have letters, digits, - and _ only."))


class RedirectSettings(TenantModel):
    """What a tenant has once. `sources` are asked in their order; the first whose manager can be reached wins."""

    is_enabled = models.BooleanField(_("enabled"), default=False)
    sources = models.JSONField(
        _("who says whose client calls"), default=default_sources, validators=[validate_sources]
    )
    budget_ms = models.PositiveIntegerField(
        _("time for the answer, ms"),
        default=DEFAULT_BUDGET_MS,
        validators=[MinValueValidator(50), MaxValueValidator(LONGEST_BUDGET_MS)],
        help_text=_("The caller hears silence meanwhile. What is not known by then does not count."),
    )
    ring_seconds = models.PositiveIntegerField(
        _("how long the manager's phone rings, s"),
        default=20,
        validators=[MinValueValidator(5), MaxValueValidator(120)],
        help_text=_("After that the call goes the usual way."),
    )
    days = models.PositiveIntegerField(
        _("days in which a conversation counts"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
    )
    remembers_minutes = models.PositiveIntegerField(
        _("minutes that a CRM's answer is remembered"), default=5, validators=[MaxValueValidator(120)]
    )
    checks_hours = models.BooleanField(_("only in working hours"), default=True)
    checks_status = models.BooleanField(_("heeds the manager's status in the CRM"), default=True)
    skips_busy = models.BooleanField(_("passes over those who are in a call"), default=True)
    excluded_lines = models.JSONField(
        _("lines without it"), default=list, blank=True, validators=[validate_texts]
    )
    excluded_numbers = models.JSONField(
        _("callers without it"),
        default=list,
        blank=True,
        validators=[validate_texts],
        help_text=_("For example the employees' own mobile numbers."),
    )
    contexts = models.JSONField(
        _("contexts that a waiting call may be moved to"),
        default=list,
        blank=True,
        validators=[validate_contexts],
        help_text=_("Of the dialplan; the first one is used unless the request names another of them."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("smart redirect")
        verbose_name_plural = _("smart redirect")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="redirect_settings_once")]

    def __str__(self) -> str:
        return str(_("Smart redirect"))


class RedirectLine(TenantModel):
    """A line of ours with rules of its own; empty `sources` are the tenant's."""

    settings = models.ForeignKey(
        RedirectSettings, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    line = models.CharField(_("our line"), max_length=64)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    sources = models.JSONField(
        _("who says whose client calls"), default=list, blank=True, validators=[validate_sources]
    )
    checks_hours = models.BooleanField(_("only in working hours"), default=True)

    class Meta:
        verbose_name = _("line with its own rules")
        verbose_name_plural = _("lines with their own rules")
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["settings", "line"], name="redirect_line_once")]

    def __str__(self) -> str:
        return self.line


class RedirectDecision(TenantModel):
    """What became of one question whether a call goes to its manager. `steps` are the candidates and why each was passed over:
    [{"extension": …, "source": …, "name": …, "verdict": …}].

    The constraint is the guard against loops: a call is moved once, whoever asks and however often. `attempted_at` is
    written before the exchange is told to move a call: whoever finds it set does not know what became of that, and
    leaves the call alone.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    pbx = models.ForeignKey(
        Pbx,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=pgettext_lazy("telephone", "exchange"),
        db_index=False,
    )
    mode = models.CharField(_("how"), max_length=4, choices=RedirectMode.choices, default=RedirectMode.PULL)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=RedirectOutcome.choices, default=RedirectOutcome.NORMAL
    )
    reason_code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    unique_id = models.CharField(_("channel"), max_length=150, blank=True)
    channel = models.CharField(_("name of the channel"), max_length=200, blank=True)
    context = models.CharField(_("context"), max_length=80, blank=True)
    phone = models.CharField(_("client"), max_length=64, blank=True)
    line = models.CharField(_("our line"), max_length=64, blank=True)
    extension = models.CharField(_("extension"), max_length=10, blank=True)
    source = models.CharField(_("who said so"), max_length=12, choices=RedirectSource.choices, blank=True)
    integration = models.ForeignKey(
        Integration, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("integration")
    )
    is_remembered = models.BooleanField(_("from memory"), default=False)
    ms = models.PositiveIntegerField(_("took, ms"), default=0)
    steps = models.JSONField(_("who was considered"), default=list)
    attempted_at = models.DateTimeField(_("sent to the exchange"), null=True)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("redirect decision")
        verbose_name_plural = _("redirect decisions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pbx", "unique_id"],
                condition=models.Q(outcome__in=["redirected", "pending"]) & ~models.Q(unique_id=""),
                name="redirect_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="redirect_recent"),
            models.Index(fields=["tenant", "outcome", "-id"], name="redirect_outcome"),
            models.Index(fields=["tenant", "phone", "-id"], name="redirect_phone"),
            models.Index(fields=["pbx", "unique_id", "-id"], name="redirect_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.phone} → {self.extension or self.get_outcome_display()}"

    @property
    def why(self) -> str:
        """The reason in words."""
        text = str(EXPLANATIONS.get(self.reason_code, self.reason_code))
        return f"{text} {self.detail}".strip()
