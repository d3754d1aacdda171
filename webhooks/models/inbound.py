"""One request that a source sent and proved, as it came."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedBytesField, EncryptedJSONField, EncryptedTextField
from tenants.models import TenantModel
from webhooks.models.source import Source
from webhooks.reasons import Explanation, explained


class InboundState(models.TextChoices):
    RECEIVED = "received", _("received")
    PROCESSED = "processed", _("processed")
    FAILED = "failed", _("failed")
    ASIDE = "aside", _("kept aside")
    DROPPED = "dropped", _("dropped")


class Handling(models.TextChoices):
    """How far the owner of the source is with it (webhooks.owners)."""

    NOBODYS = "", _("not passed on")
    WAITING = "waiting", _("waiting")
    PARKED = "parked", _("paused")
    DONE = "done", _("done")
    UNNEEDED = "unneeded", _("not needed")
    FAILED = "failed", _("failed")


class Inbound(TenantModel):
    """Stored before the sender was answered. `created_at` is when it came.

    What it said is sealed: senders put customers' data into it, and now and then a credential.

    There are no rows of refused requests nor of repeats: those are counted only (`SourceTally`, /metrics).
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="inbound", verbose_name=_("source"), db_index=False
    )
    dedup_key = models.CharField(
        _("identity"), max_length=150, help_text=_("A second request with the same one is a repeat.")
    )
    is_former_secret = models.BooleanField(_("signed with the former secret"), default=False)
    address = models.CharField(_("sender's address"), max_length=45, blank=True)
    query = EncryptedTextField(_("parameters of the URL"), max_length=2000, blank=True, default="")
    headers = EncryptedJSONField(_("headers"), default=dict)
    content_type = models.CharField(_("content type"), max_length=200, blank=True)
    body = EncryptedBytesField(_("body"))
    event_type = models.CharField(_("event"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=InboundState.choices, default=InboundState.RECEIVED
    )
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    replays = models.PositiveIntegerField(_("replays"), default=0)
    processed_at = models.DateTimeField(_("processed at"), null=True)
    correlation_id = models.UUIDField(_("correlation"), null=True)
    # The database's own default: rows are inserted in bulk by a statement that does not name these (ingest/writer.py).
    handling = models.CharField(
        _("handling"), max_length=10, choices=Handling.choices, blank=True, default="", db_default=""
    )
    outcomes = EncryptedJSONField(_("what it came to"), null=True, default=None)
    handled_at = models.DateTimeField(_("handled at"), null=True)

    class Meta:
        verbose_name = _("inbound request")
        verbose_name_plural = _("inbound requests")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["source", "dedup_key"], name="inbound_once")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="inbound_recent"),
            models.Index(fields=["source", "-id"], name="inbound_source_recent"),
            models.Index(fields=["correlation_id"], name="inbound_correlation"),
            # Small for ever: nearly everything is processed.
            models.Index(
                fields=["tenant", "state", "-id"],
                name="inbound_unwell",
                condition=~Q(state=InboundState.PROCESSED),
            ),
            models.Index(
                fields=["source", "id"], name="inbound_parked", condition=Q(handling=Handling.PARKED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}".strip()

    @property
    def explanation(self) -> Explanation | None:
        """What went wrong and what to do, in words."""
        return explained(self.reason) if self.reason else None
