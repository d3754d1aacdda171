"""How a company's calls are told to its CRMs."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from tenants.models.tenant import extension_number

LONGEST_RECORDING_WAIT = 600


class Attribution(models.TextChoices):
    """Whose a call is in the CRM's history when several talked."""

    FIRST = "first", _("who talked first")
    LAST = "last", _("who talked last")
    LONGEST = "longest", _("who talked longest")


class PopupMode(models.TextChoices):
    RING = "ring", _("while it rings")
    ANSWER = "answer", _("when they answer")
    NEVER = "never", _("never")


class CallPolicy(TenantModel):
    """At most one for each company; without it the defaults hold."""

    attribution = models.CharField(
        _("after a transfer a call belongs to"),
        max_length=7,
        choices=Attribution.choices,
        default=Attribution.LAST,
    )
    popup_mode = models.CharField(
        _("pop-ups appear"), max_length=6, choices=PopupMode.choices, default=PopupMode.RING
    )
    recording_wait = models.PositiveSmallIntegerField(
        _("wait for a recording, s"),
        default=60,
        validators=[MaxValueValidator(LONGEST_RECORDING_WAIT)],
        help_text=_(
            "So long the history entry of a recorded call waits for its recording to be complete. After that it goes "
            "as it is, and is completed later in systems that can do that."
        ),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("calls in the CRM")
        verbose_name_plural = _("calls in the CRM")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="call_policy_once")]

    def __str__(self) -> str:
        return str(self.tenant)


class PopupChoice(TenantModel):
    """When one extension's manager wants to see a call; the others follow the company's choice."""

    extension = models.CharField(_("extension"), max_length=10, validators=[extension_number])
    mode = models.CharField(_("pop-ups appear"), max_length=6, choices=PopupMode.choices)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("pop-ups of an extension")
        verbose_name_plural = _("pop-ups of extensions")
        ordering = ["extension"]
        constraints = [models.UniqueConstraint(fields=["tenant", "extension"], name="popup_choice_extension")]

    def __str__(self) -> str:
        return f"{self.extension}: {self.get_mode_display()}"
