"""One job that writes one file: what was asked for, how far it is, what came of it."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel


class State(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


UNFINISHED = (State.PENDING, State.RUNNING)
# What counts against the limits of its company.
LIVE = (*UNFINISHED, State.DONE)


class Export(TenantModel):
    dataset = models.CharField(_("data"), max_length=100)
    format = models.CharField(_("format"), max_length=20)
    options = models.JSONField(_("format options"), default=dict, blank=True)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    language = models.CharField(_("language"), max_length=10)
    # Of the ZIP that the file is in. Kept, so that the same can be asked again; shown to nobody.
    password = EncryptedTextField(_("password of the ZIP"), null=True, editable=False)

    recipients = models.JSONField(_("e-mail"), default=list, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows written"), default=0)
    # An estimate while running (nobody counts a big table first), the exact number at the end.
    rows_total = models.PositiveBigIntegerField(_("rows in total"), null=True)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    file_name = models.CharField(_("file name"), max_length=200)

    member = models.ForeignKey(
        "tenants.Member", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("member")
    )
    api_key = models.ForeignKey(
        "tenants.ApiKey", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("API key")
    )
    requested_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    correlation_id = models.UUIDField(_("correlation"), null=True, db_index=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="export_recent"),
            models.Index(fields=["expires_at"], name="export_expiry", condition=Q(state="done")),
            models.Index(
                fields=["tenant", "state"],
                name="export_live",
                condition=Q(state__in=("pending", "running", "done")),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="export_state"),
            # What is offered for download has been written, measured and dated.
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(sha256="") & Q(expires_at__isnull=False)),
                name="export_done_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def is_encrypted(self) -> bool:
        """Whether the file is a ZIP with a password."""
        return bool(self.password)

    @property
    def percent(self) -> int:
        """How far it is; an estimate never reaches 100 before the end."""
        if self.state in (State.DONE, State.EXPIRED):
            return 100
        return min(99, self.rows_done * 100 // self.rows_total) if self.rows_total else 0

    @property
    def seconds(self) -> float | None:
        """How long it took, once it has ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    def asked(self) -> dict[str, Any]:
        """What a re-run asks for again, as it may be shown: of the password only whether there is one."""
        return {
            name: getattr(self, name)
            for name in ("dataset", "format", "options", "filters", "columns", "language", "is_encrypted")
        }
