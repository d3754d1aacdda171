"""What one CRM is told of one call, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models import Integration
from telephony.models.call import Call
from tenants.models import TenantModel


class NotificationKind(models.TextChoices):
    POPUP = "popup", _("pop-up")
    ANSWER = "answer", _("answered call")
    HANGUP = "hangup", _("hang-up")
    UPLOAD = "upload", _("call history")
    RECORDING = "recording", _("recording")
    RULE = "rule", _("rule")
    CONTACT = "contact", _("contact")
    LEAD = "lead", _("lead")
    TASK = "task", _("task")
    TASK_DONE = "task_done", _("task done")


class NotificationState(models.TextChoices):
    PENDING = "pending", _("pending")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    PARKED = "parked", _("parked")


REASONS = {
    "call_over": _("The call was already over: a pop-up after it would only confuse."),
    "ended_since": _("The call was over before this could be said; its end was told instead."),
    "too_late": _("The phone began to ring more than 20 seconds ago: too late for a pop-up."),
    "no_popup": _("The CRM never got a pop-up of this call, so there is none to close."),
    "no_number": _("The client's number is not known."),
    "unsupported": _("This system has no use for it."),
    "paused": _("The integration is switched off. Switch it on and press Retry."),
    "merged": _("The call turned out to be a part of another one."),
    "deleted": _("The call or the integration was deleted."),
    "reopened": _("The call went on after all."),
    "recording": _("Its recording is not complete yet; it is waited for."),
    "no_rule": _("No rule fits this call."),
    "task_open": _("There is an open task to call this client back already."),
    "called_back": _("Somebody talked to the client before this could be done."),
    "no_task": _("The task was never created, so there is none to close."),
}


class CallNotification(TenantModel):
    """Goes out once: (integration, call, kind, variant) is unique. `variant` is the set of extensions of a pop-up, or the
    one that answered.

    What was said to the CRM and what it answered is in the exchanges whose subject is this row.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        related_name="call_notifications",
        verbose_name=_("integration"),
        db_index=False,
    )
    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="notifications", verbose_name=_("call")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=NotificationKind.choices)
    variant = models.CharField(_("extensions"), max_length=100, blank=True)
    extensions = models.JSONField(default=list)
    rang_at = models.DateTimeField(_("rang"), null=True)
    state = models.CharField(
        _("state"), max_length=9, choices=NotificationState.choices, default=NotificationState.PENDING
    )
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.TextField(_("why"), blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    outside_id = models.CharField(_("id there"), max_length=100, blank=True)
    is_duplicate = models.BooleanField(_("they had it already"), default=False)
    issues = models.JSONField(_("what they do not know"), default=list)
    # Of an upload: what was last told, so that a correction is told and a repetition is not. Of what a rule wants done:
    # for whom, under which name, belonging to what.
    details = models.JSONField(default=dict)
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("call notification")
        verbose_name_plural = _("call notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "call", "kind", "variant"], name="call_notification_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="notification_recent"),
            models.Index(fields=["integration", "-id"], name="notification_integration"),
            models.Index(
                fields=["tenant", "-id"],
                name="notification_unsent",
                condition=models.Q(state__in=["failed", "parked"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.integration}"

    @property
    def why(self) -> str:
        """The reason in words, in the reader's language where it is one of ours and the system said nothing nearer."""
        if self.reason_code == "unsupported" and self.reason:
            return self.reason
        return str(REASONS.get(self.reason_code, self.reason))
