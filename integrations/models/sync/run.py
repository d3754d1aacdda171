"""One execution of a synchronisation, and what went wrong with single records in it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from integrations.models.records.links import KINDS
from integrations.models.sync.plan import SyncPlan
from tenants.models import TenantModel


class RunState(models.TextChoices):
    """How far a run came."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    STOPPED = "stopped", _("stopped before it deleted too much")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


UNFINISHED = (RunState.WAITING.value, RunState.RUNNING.value)


class RunPhase(models.TextChoices):
    """What a run does one after the other."""

    READ = "read", _("reading")
    COUNT = "count", _("counting what is gone")
    DELETE = "delete", _("deleting what is gone")
    WRITE = "write", _("writing")


class SyncRun(TenantModel):
    """Progress is written in the transaction of each page.

    `steps` counts what was committed: whoever commits the next step has to name the number that it saw, so that of two
    workers that hold the same run only one can. `position` is where the next page begins, `resume` where the next
    incremental run will, `since` what an incremental run asks for, `seen_until` the newest change that was read.
    `has_slipped`: while pages were turned something moved there, so that an object may have been on none of them; then all
    is read again, `rereads` times by now. `is_incomplete`: it was so to the end.
    """

    plan = models.ForeignKey(
        SyncPlan,
        on_delete=models.CASCADE,
        related_name="runs",
        db_index=False,
        verbose_name=_("synchronisation"),
    )
    state = models.CharField(_("state"), max_length=9, choices=RunState.choices, default=RunState.WAITING)
    phase = models.CharField(_("phase"), max_length=6, choices=RunPhase.choices, default=RunPhase.READ)
    is_full = models.BooleanField(_("everything"), default=False)
    is_dry = models.BooleanField(_("dry run"), default=False)
    allows_deletions = models.BooleanField(_("deletions accepted"), default=False)
    steps = models.PositiveIntegerField(default=0)
    position = models.JSONField(null=True)
    resume = models.JSONField(null=True)
    since = models.DateTimeField(_("changes since"), null=True)
    seen_until = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(_("in all"), null=True)
    read = models.PositiveIntegerField(_("read"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    deleted = models.PositiveIntegerField(_("deleted"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    conflicts = models.PositiveIntegerField(_("conflicts"), default=0)
    written = models.PositiveIntegerField(_("written there"), default=0)
    differences = models.JSONField(_("differences"), default=list)
    has_slipped = models.BooleanField(default=False, db_default=False)
    rereads = models.PositiveSmallIntegerField(_("read again"), default=0, db_default=0)
    is_incomplete = models.BooleanField(_("incomplete"), default=False, db_default=False)
    reason = models.TextField(_("reason"), blank=True)
    asked_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    correlation_id = models.UUIDField(_("correlation"), null=True)
    started_at = models.DateTimeField(_("began"), null=True)
    finished_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("synchronisation run")
        verbose_name_plural = _("synchronisation runs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"], condition=Q(state__in=UNFINISHED), name="sync_run_one_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="sync_run_newest"),
            models.Index(fields=["plan", "-id"], name="sync_run_of_plan"),
        ]

    def __str__(self) -> str:
        begun = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return f"{begun}, {self.outcome}"

    @property
    def is_partial(self) -> bool:
        """It came to its end, and may have missed something on the way."""
        return self.state == RunState.COMPLETED and self.is_incomplete

    @property
    def outcome(self) -> str:
        """The state, for people."""
        return gettext("completed, but incomplete") if self.is_partial else str(self.get_state_display())

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def percent(self) -> int | None:
        """How much was read of what the system says there is; None where it does not say."""
        if self.state == RunState.COMPLETED:
            return 100
        return min(99, self.read * 100 // self.total) if self.total else None


class SyncFault(TenantModel):
    """One record that could not be read, kept or written as it is; the others of its run were not harmed.

    What a request of the outside system told us of belongs to no run: it has the integration and the request instead,
    one row for each object, until that object comes without fault. `last_seen_at` is of these.
    """

    run = models.ForeignKey(
        SyncRun,
        on_delete=models.CASCADE,
        null=True,
        related_name="faults",
        db_index=False,
        verbose_name=_("run"),
    )
    integration = models.ForeignKey(
        Integration,
        on_delete=models.CASCADE,
        null=True,
        related_name="faults",
        db_index=False,
        verbose_name=_("integration"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS, blank=True)
    inbound_id = models.UUIDField(_("request"), null=True)
    outside_id = models.CharField(_("their id"), max_length=200, blank=True)
    record_id = models.UUIDField(_("record"), null=True)
    text = models.TextField(_("what is wrong"))
    last_seen_at = models.DateTimeField(_("last seen"), null=True)

    class Meta:
        verbose_name = _("faulty record")
        verbose_name_plural = _("faulty records")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(run__isnull=False, integration__isnull=True)
                | Q(run__isnull=True, integration__isnull=False),
                name="sync_fault_of_one",
            ),
            models.UniqueConstraint(
                fields=["integration", "kind", "outside_id"],
                condition=Q(integration__isnull=False),
                name="sync_fault_told_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="sync_fault_newest"),
            models.Index(fields=["run", "-id"], name="sync_fault_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.outside_id or self.record_id}: {self.text}"

    @property
    def about(self) -> "SyncFault | SyncPlan":
        """What names the integration and the kind: the plan of its run, or itself."""
        return self.run.plan if self.run is not None else self
