"""Looking for duplicates, or merging many groups of them, as work with a bar."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel


class JobTask(models.TextChoices):
    """What is done."""

    SEARCH = "search", _("search for duplicates")
    MERGE = "merge", _("merging")


class JobState(models.TextChoices):
    """How far it came."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


UNFINISHED = (JobState.WAITING.value, JobState.RUNNING.value)


class DuplicateJob(TenantModel):
    """Progress is written in the transaction of each step.

    `steps` counts what was committed, so that of two workers that hold the same job only one can commit the next one.
    `position` is where the next step begins. `wanted` says which groups a merge is about.
    """

    task = models.CharField(_("task"), max_length=6, choices=JobTask.choices)
    state = models.CharField(_("state"), max_length=9, choices=JobState.choices, default=JobState.WAITING)
    wanted = models.JSONField(default=dict)
    position = models.JSONField(null=True)
    steps = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(_("in all"), null=True)
    done = models.PositiveIntegerField(_("looked at"), default=0)
    found = models.PositiveIntegerField(_("groups found"), default=0)
    merged = models.PositiveIntegerField(_("groups merged"), default=0)
    skipped = models.PositiveIntegerField(_("left out"), default=0)
    reason = models.TextField(_("reason"), blank=True)
    asked_by = models.CharField(_("asked for by"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("began"), null=True)
    finished_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("search or merging of duplicates")
        verbose_name_plural = _("searches and mergings of duplicates")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "task"],
                condition=Q(state__in=UNFINISHED),
                name="duplicate_job_one_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="duplicate_job_newest")]

    def __str__(self) -> str:
        return f"{self.get_task_display()}: {self.get_state_display()}"

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def percent(self) -> int | None:
        """How much of what there was at its beginning."""
        if self.state == JobState.COMPLETED:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else None
