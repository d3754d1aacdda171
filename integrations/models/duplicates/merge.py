"""What a merge did, so that it can be undone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.duplicates.job import DuplicateJob
from integrations.models.records.links import KINDS
from tenants.models import TenantModel


class RecordMerge(TenantModel):
    """Some records became a part of another one.

    `losers` are `{"id", "title"}`. `before` and `after` are the survivor's values by column. `links` holds every link of
    all of them as it was, `references` those that were handed to the survivor.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    survivor_id = models.UUIDField(_("kept"))
    title = models.TextField(_("kept"), blank=True)
    losers = models.JSONField(_("merged"), default=list)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    links = models.JSONField(default=list)
    references = models.JSONField(default=list)
    job = models.ForeignKey(
        DuplicateJob, on_delete=models.SET_NULL, null=True, related_name="merges", db_index=False
    )
    is_automatic = models.BooleanField(_("by rule"), default=False)
    done_by = models.CharField(_("merged by"), max_length=200, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.CharField(_("undone by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="record_merge_newest"),
            models.Index(fields=["survivor_id", "-id"], name="record_merge_of"),
            models.Index(fields=["job", "-id"], name="record_merge_of_job"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.survivor_id)
