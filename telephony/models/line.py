"""A line of ours that clients call: an outside number, or a trunk where the exchange does not tell numbers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models import Integration
from telephony.models.hours import WorkingHours
from tenants.models import TenantModel
from tenants.models.tenant import extension_number


class Line(TenantModel):
    """Appears by itself with the first call on it; what people know of it is entered here.

    `number` is the outside number in E.164, or the exchange's own word for it (`telephony.lines.line_name`). Without
    any row in `hearers` every CRM hears of its calls.
    """

    number = models.CharField(
        _("number or trunk"),
        max_length=100,
        help_text=_("As the exchange says it; telephone numbers with plus and country."),
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    is_enabled = models.BooleanField(
        _("told to the CRMs"),
        default=True,
        help_text=_("Off: calls on this line are kept here, and no CRM hears of them."),
    )
    hours = models.ForeignKey(
        WorkingHours,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("working hours"),
        help_text=_("Empty: the company's default."),
    )
    extension = models.CharField(
        _("who is responsible"),
        max_length=10,
        blank=True,
        validators=[extension_number],
        help_text=_("The extension that calls belong to which reached nobody."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("our line")
        verbose_name_plural = _("our lines")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="line_number")]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})" if self.name else self.number


class LineHearer(TenantModel):
    """One integration that hears of the calls on a line."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="hearers", db_index=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("integration that hears of a line")
        verbose_name_plural = _("integrations that hear of a line")
        constraints = [models.UniqueConstraint(fields=["line", "integration"], name="line_hearer_once")]

    def __str__(self) -> str:
        return f"{self.line} → {self.integration}"
