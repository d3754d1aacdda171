"""A range of stored requests that is processed again in the background."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel
from webhooks.models.inbound import InboundState
from webhooks.models.source import Source


class ReplayState(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class InboundReplay(TenantModel):
    """Which requests, counted when it began, and how far it is. What comes after `until` is not in it."""

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("source")
    )
    wanted_state = models.CharField(
        _("state of the requests"), max_length=10, choices=InboundState.choices, blank=True
    )
    event = models.CharField(_("event"), max_length=200, blank=True)
    since = models.DateTimeField(_("since"), null=True)
    until = models.DateTimeField(_("until"))
    state = models.CharField(
        _("state"), max_length=10, choices=ReplayState.choices, default=ReplayState.RUNNING
    )
    total = models.PositiveIntegerField(_("requests"), default=0)
    done = models.PositiveIntegerField(_("queued"), default=0)
    last = models.UUIDField(null=True, editable=False)
    # Of those that somebody chose one by one their ids, in their order; None for a range.
    chosen = models.JSONField(null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("processing again")
        verbose_name_plural = _("processing again")
        ordering = ["-id"]
        indexes = [models.Index(fields=["tenant", "-id"], name="inbound_replay_recent")]

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"

    @property
    def percent(self) -> int:
        """Requests that went meanwhile leave a gap, which the end closes."""
        is_over = self.state == ReplayState.DONE or not self.total
        return 100 if is_over else min(99, self.done * 100 // self.total)
