"""Something done to many deliveries, in the background."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from webhooks.models.endpoint import Endpoint


class MassKind(models.TextChoices):
    REPLAY = "replay", _("send again")
    MISSING = "missing", _("send what was never sent")
    CANCEL = "cancel", _("cancel")


class MassState(models.TextChoices):
    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


UNFINISHED = (MassState.PENDING, MassState.RUNNING)


class MassAction(TenantModel):
    """`wanted` says which deliveries, as the API's filter does; `reached` is how far it has come, so that it goes on there."""

    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.CASCADE,
        null=True,
        related_name="mass_actions",
        verbose_name=_("endpoint"),
    )
    kind = models.CharField(_("what is done"), max_length=10, choices=MassKind.choices)
    wanted = models.JSONField(_("which"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=MassState.choices, default=MassState.PENDING)
    # Counted before it began; what happens meanwhile is not in it.
    total = models.PositiveIntegerField(_("counted"), default=0)
    seen = models.PositiveIntegerField(_("looked at"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    # Of those that somebody chose one by one their ids, in their order; None where `wanted` says which.
    ids = models.JSONField(null=True, editable=False)
    reached = models.UUIDField(null=True, editable=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    made_by = models.CharField(_("made by"), max_length=200, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("mass action")
        verbose_name_plural = _("mass actions")
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "-id"], name="mass_action_recent")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def percent(self) -> int:
        """How far it is."""
        if self.state == MassState.DONE:
            return 100
        return min(100 * self.seen // self.total, 99) if self.total else 0
