"""One file that comes in: what was asked for, what it would change row by row, what it changed, and how that is undone."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants.fields import EncryptedJSONField
from tenants.models.base import TenantModel


class ImportMode(models.TextChoices):
    UPSERT = "upsert", _("add what is new, change what is there")
    CREATE = "create", _("only add what is new")
    UPDATE = "update", _("only change what is there")


class ImportState(models.TextChoices):
    PENDING = "pending", _("waiting")
    CHECKING = "checking", _("being looked through")
    READY = "ready", _("ready to be written")
    APPLYING = "applying", _("being written")
    DONE = "done", _("written")
    UNDOING = "undoing", _("being undone")
    UNDONE = "undone", pgettext_lazy("import", "undone")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


WORKING = (ImportState.PENDING, ImportState.CHECKING, ImportState.APPLYING, ImportState.UNDOING)
# What may have written something that can be taken back.
STOPPED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)


class RowAction(models.TextChoices):
    """What a row would do."""

    NEW = "new", pgettext_lazy("row of a file", "new")
    CHANGED = "changed", _("changed")
    REMOVED = "removed", _("taken away")
    SAME = "same", _("the same")
    ERROR = "error", _("error")
    SKIPPED = "skipped", _("left out")


class RowOutcome(models.TextChoices):
    """What became of a row."""

    NONE = "", _("not written")
    WRITTEN = "written", _("written")
    REFUSED = "refused", _("not written: changed meanwhile")
    UNDONE = "undone", pgettext_lazy("row of a file", "taken back")
    PARTLY = "partly", _("taken back in part")
    KEPT = "kept", _("not taken back")


COUNTS = (
    "new", "changed", "removed", "same", "errors", "skipped", "written", "refused", "undone", "kept",
)  # fmt: skip


class Import(TenantModel):
    """The counts follow the rows: each batch is written in one transaction with them."""

    dataset = models.CharField(_("data"), max_length=100)
    mode = models.CharField(_("what to do"), max_length=10, choices=ImportMode.choices)
    file_name = models.CharField(_("file name"), max_length=200)
    format = models.CharField(_("format"), max_length=10)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField("SHA-256", max_length=64)
    # Heading in the file: column of the dataset, or nothing for one that is to be left out.
    mapping = models.JSONField(_("columns"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=10)

    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    # Pairs of heading and column, in the file's order; and the headings that were not taken.
    columns = models.JSONField(_("columns found"), default=list)
    unknown = models.JSONField(_("columns left out"), default=list)

    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.PENDING
    )
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # Of the file while it is read: a part of the whole, in percent.
    progress = models.PositiveSmallIntegerField(default=0)
    rows_read = models.PositiveBigIntegerField(_("rows"), default=0)
    # The number of the last row that was read: where a worker goes on after another one was killed.
    last_row = models.PositiveBigIntegerField(default=0)
    new = models.PositiveBigIntegerField(pgettext_lazy("count of rows", "new"), default=0)
    changed = models.PositiveBigIntegerField(_("changed"), default=0)
    removed = models.PositiveBigIntegerField(_("taken away"), default=0)
    same = models.PositiveBigIntegerField(_("the same"), default=0)
    errors = models.PositiveBigIntegerField(_("errors"), default=0)
    skipped = models.PositiveBigIntegerField(_("left out"), default=0)
    written = models.PositiveBigIntegerField(_("written"), default=0)
    refused = models.PositiveBigIntegerField(_("changed meanwhile"), default=0)
    undone = models.PositiveBigIntegerField(pgettext_lazy("row of a file", "taken back"), default=0)
    kept = models.PositiveBigIntegerField(_("not taken back"), default=0)

    member = models.ForeignKey(
        "tenants.Member", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("member")
    )
    # What a worker writes is written in the name of whoever asked for that last.
    actor = models.CharField(_("asked for by"), max_length=200, blank=True)
    actor_kind = models.CharField(max_length=10, default="system")
    correlation_id = models.UUIDField(_("correlation"), null=True, db_index=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    expires_at = models.DateTimeField(_("rows are kept until"), null=True)
    forgotten_at = models.DateTimeField(_("rows were removed"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="import_recent"),
            models.Index(fields=["expires_at"], name="import_expiry", condition=Q(forgotten_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state"),
            models.CheckConstraint(condition=Q(mode__in=ImportMode.values), name="import_mode"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    @property
    def to_write(self) -> int:
        """Rows that would change something."""
        return self.new + self.changed + self.removed

    @property
    def is_kept(self) -> bool:
        """Whether its rows are there, and will be for as long as somebody works on them."""
        is_over = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.forgotten_at is None and not is_over

    @property
    def can_apply(self) -> bool:
        return self.state == ImportState.READY and self.to_write > 0 and self.is_kept

    @property
    def can_undo(self) -> bool:
        return self.state in STOPPED and self.written > 0 and self.is_kept

    @property
    def percent(self) -> int:
        """Of what is done now."""
        if self.state == ImportState.APPLYING:
            return _part(self.written + self.refused, self.to_write)
        if self.state == ImportState.UNDOING:
            return _part(self.undone + self.kept, self.written)
        return self.progress if self.is_working else 100

    def counts(self) -> dict[str, int]:
        """For people and for events."""
        return {name: getattr(self, name) for name in COUNTS}


def _part(done: int, total: int) -> int:
    return min(99, done * 100 // total) if total else 0


class ImportRow(TenantModel):
    """One row of the file and what it does. What it says is sealed: files hold whatever people have in them."""

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    # As a spreadsheet counts: the headings are row 1.
    number = models.PositiveBigIntegerField(_("row"))
    action = models.CharField(_("what it does"), max_length=10, choices=RowAction.choices)
    outcome = models.CharField(
        _("what became of it"), max_length=10, choices=RowOutcome.choices, blank=True, default=""
    )
    # A digest of what the row is found by: a second row of the same file with it is a mistake.
    key = models.CharField(max_length=32, blank=True)
    object_id = models.UUIDField(null=True)
    # `title`, `values` and `before` by column, `errors` by column ("" for the row as a whole).
    content = EncryptedJSONField(default=dict)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_row_number")]
        indexes = [
            models.Index(fields=["job", "action", "outcome", "number"], name="import_row_action"),
            models.Index(fields=["job", "outcome", "number"], name="import_row_outcome"),
            models.Index(fields=["job", "key"], name="import_row_key", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_action_display()}"

    def part(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.content.get(name, {})
        return found
