"""What is done in a CRM after a call: rules, and the tasks that came of them."""

import string
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.models import Integration
from telephony.models.call import Call
from tenants.models import TenantModel
from tenants.models.tenant import extension_number

ANY: Final = "any"
PLACEHOLDERS: Final = frozenset({"number", "line", "name"})
LONGEST_DEADLINE: Final = 24 * 90


class RuleDirection(models.TextChoices):
    ANY = ANY, pgettext_lazy("direction", "any")
    IN = "in", _("incoming")
    OUT = "out", _("outgoing")


class RuleOutcome(models.TextChoices):
    ANY = ANY, pgettext_lazy("outcome", "any")
    MISSED = "missed", _("not answered")
    ANSWERED = "answered", _("answered")


class RuleClient(models.TextChoices):
    ANY = ANY, pgettext_lazy("client", "any")
    KNOWN = "known", _("known to the CRM")
    UNKNOWN = "unknown", _("unknown to the CRM")


class RuleHours(models.TextChoices):
    ANY = ANY, _("any time")
    INSIDE = "inside", _("in working hours")
    OUTSIDE = "outside", _("outside working hours")


class Responsible(models.TextChoices):
    """Whose the contact, the lead or the task becomes. Whoever cannot be found gives way to the default."""

    FIRST_RANG = "rang", _("whose phone rang first")
    LAST_TALKED = "talked", _("who talked last")
    OWNER = "owner", _("the client's manager in the CRM")
    DEFAULT = "default", _("the extension below")


def validate_name_template(template: str) -> None:
    """A text with the placeholders {number}, {line} and {name}."""
    try:
        fields = [
            (name, spec, kind)
            for _text, name, spec, kind in string.Formatter().parse(template)
            if name is not None
        ]
    except ValueError as error:
        raise ValidationError(_("The braces do not match.")) from error
    if any(name not in PLACEHOLDERS or spec or kind for name, spec, kind in fields):
        raise ValidationError(_("Only {number}, {line} and {name} can stand in braces."))


class CallRule(TenantModel):
    """The first enabled rule that fits a call says what is done of it in a CRM; the others are not looked at.

    `lines` holds numbers of lines; empty means every one. Without any rule nothing is done.
    """

    place = models.PositiveIntegerField(
        _("order of rules"), default=10, help_text=_("The lowest is looked at first.")
    )
    name = models.CharField(_("name"), max_length=200)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("integration"),
        help_text=_("Empty: in every CRM that can do it."),
    )
    direction = models.CharField(
        _("direction"), max_length=3, choices=RuleDirection.choices, default=RuleDirection.IN
    )
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=RuleOutcome.choices, default=RuleOutcome.MISSED
    )
    client = models.CharField(_("client"), max_length=7, choices=RuleClient.choices, default=RuleClient.ANY)
    hours = models.CharField(_("when"), max_length=7, choices=RuleHours.choices, default=RuleHours.ANY)
    lines = models.JSONField(_("our lines"), default=list, blank=True)
    creates_contact = models.BooleanField(
        _("create a contact"), default=False, help_text=_("Where the client is not known yet.")
    )
    creates_lead = models.BooleanField(_("create a lead or deal"), default=False)
    is_lead_single = models.BooleanField(_("only if none is open"), default=True)
    creates_task = models.BooleanField(
        _("create a task to call back"),
        default=False,
        help_text=_("At most one is open for a client; it is closed when somebody talked to them."),
    )
    task_hours = models.PositiveSmallIntegerField(
        _("time for the task, hours"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DEADLINE)],
    )
    responsible = models.CharField(
        _("responsible"), max_length=7, choices=Responsible.choices, default=Responsible.OWNER
    )
    extension = models.CharField(
        _("else this extension"),
        max_length=10,
        blank=True,
        validators=[extension_number],
        help_text=_("Empty: the line's, and the CRM's own choice after that."),
    )
    name_template = models.CharField(
        _("name of what is made"),
        max_length=200,
        default="{name} {number}",
        validators=[validate_name_template],
        help_text=_("Of the contact and the lead; {number}, {line} and {name} are filled in."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("call rule")
        verbose_name_plural = _("call rules")
        ordering = ["place", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="call_rule_name")]
        indexes = [models.Index(fields=["tenant", "place", "id"], name="call_rule_order")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not (self.creates_contact or self.creates_lead or self.creates_task):
            raise ValidationError(_("Choose what the rule does: a contact, a lead or a task."))
        if not isinstance(self.lines, list) or not all(isinstance(one, str) for one in self.lines):
            raise ValidationError({"lines": _("A list of lines' numbers.")})


class ClientTask(TenantModel):
    """A task to call a client back. One is open for each client and integration: the database holds to that.

    It is closed when somebody of ours and the client talked; `call` is the missed one, `closed_by` the other.
    """

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    client_number = models.CharField(_("client"), max_length=20)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="+", verbose_name=_("call"))
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        Call,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("closed by"),
    )

    class Meta:
        verbose_name = _("task to call back")
        verbose_name_plural = _("tasks to call back")
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "client_number"],
                condition=models.Q(closed_at__isnull=True),
                name="client_task_one_open",
            ),
            models.UniqueConstraint(fields=["integration", "call"], name="client_task_once"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "client_number"],
                name="client_task_open",
                condition=models.Q(closed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.client_number
