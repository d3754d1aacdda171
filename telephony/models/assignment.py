"""What keeps a call from being shown to the right person in the CRM: numbers without an owner there, unknown lines."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models import Integration
from tenants.models import TenantModel


class AssignmentTrouble(models.TextChoices):
    NO_CRM = "no_crm", _("no CRM is told of calls")
    SWITCHED_OFF = "off", _("the CRM's integration is switched off")
    NOBODYS = "nobody", _("the extension belongs to nobody in the CRM")
    NO_EXTENSION = "no_ext", _("the CRM's user has no extension")
    NOT_KNOWN_THERE = "unknown", _("the CRM does not know this extension or user")
    NOT_LISTED = "unlisted", _("the extension is not in the company's list")
    LINE_NOT_LISTED = "no_line", _("the line is not in the list")
    LINE_NOT_DESCRIBED = "unnamed", _("nobody has said what this line is")


class AssignmentProblem(TenantModel):
    """One such thing, as it was found last; it goes when it is mended. `subject` is an extension, a user there, or a line."""

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    trouble = models.CharField(_("what is wrong"), max_length=8, choices=AssignmentTrouble.choices)
    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("integration"),
    )
    subject = models.CharField(_("who"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    calls = models.PositiveIntegerField(_("calls in a week"), default=0)

    class Meta:
        verbose_name = _("extension or line without a match")
        verbose_name_plural = _("extensions and lines without a match")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "trouble", "integration", "subject"],
                condition=models.Q(integration__isnull=False),
                name="assignment_problem_there",
            ),
            models.UniqueConstraint(
                fields=["tenant", "trouble", "subject"],
                condition=models.Q(integration__isnull=True),
                name="assignment_problem_here",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="assignment_problem_recent")]

    def __str__(self) -> str:
        return f"{self.get_trouble_display()} {self.subject}".strip()
