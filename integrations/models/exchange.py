"""One HTTP conversation with an outside system, masked, kept for diagnosis."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.models import TenantModel


class Way(models.TextChoices):
    """Who asked."""

    OUT = "out", _("we asked")
    IN = "in", _("they asked")


# What a failure without a status was, by the code of its HubError.
FAILURES = {
    "auth": _("refused"),
    "budget_spent": _("no time left"),
    "circuit_open": _("held back"),
    "config": _("wrong settings"),
    "not_connected": _("not connected"),
    "outcome_unknown": _("no answer"),
    "rate_limited": _("too fast"),
    "rejected": _("rejected"),
    "transient": _("not reached"),
}

# Of a dry run: it was made up, and nothing else.
WOULD_BE_SENT = _("would be sent")


class Exchange(TenantModel):
    """One attempt. `subject` is the row that wanted it, such as a call notification; `error` is a code of HubError."""

    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        related_name="exchanges",
        db_index=False,
        verbose_name=_("integration"),
    )
    correlation_id = models.UUIDField(_("correlation"), null=True)
    subject = models.UUIDField(_("subject"), null=True)
    way = models.CharField(_("direction"), max_length=3, choices=Way.choices, default=Way.OUT)
    operation = models.CharField(_("operation"), max_length=100)
    method = models.CharField(_("method"), max_length=10)
    url = models.TextField(_("address"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    error = models.CharField(_("error"), max_length=40, blank=True)
    error_text = models.TextField(_("what went wrong"), blank=True)
    request_headers = models.JSONField(_("request headers"), default=dict)
    request_body = models.TextField(_("request body"), blank=True)
    response_headers = models.JSONField(_("response headers"), default=dict)
    response_body = models.TextField(_("response body"), blank=True)
    started_at = models.DateTimeField(_("started"))
    duration_ms = models.PositiveIntegerField(_("milliseconds"))
    timings = models.JSONField(_("timings, ms"), default=dict)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="exchange_tenant"),
            models.Index(fields=["integration", "-id"], name="exchange_integration"),
            models.Index(fields=["correlation_id"], name="exchange_correlation"),
            models.Index(
                fields=["subject"], name="exchange_subject", condition=models.Q(subject__isnull=False)
            ),
            models.Index(fields=["tenant", "-id"], name="exchange_failed", condition=~models.Q(error="")),
        ]

    def __str__(self) -> str:
        return f"{self.operation}: {self.outcome}"

    @property
    def outcome(self) -> str:
        """The status, or in a word why there is none."""
        if self.status is None and not self.error:
            return str(WOULD_BE_SENT)
        return str(self.status or FAILURES.get(self.error) or self.error)
