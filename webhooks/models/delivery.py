"""One event for one endpoint, the bytes that are sent, and every try."""

import uuid
from hashlib import blake2b

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.fields import UUID7Field
from tenants.models import Event, TenantModel
from tenants.scoping import TenantManager
from webhooks.models.endpoint import Endpoint
from webhooks.reasons import Explanation, explained


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("pending")
    DONE = "done", _("delivered")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    PARKED = "parked", _("parked")


class Trigger(models.TextChoices):
    AUTO = "auto", _("automatic")
    MANUAL = "manual", _("by hand")
    TEST = "test", _("test")


class Payload(TenantModel):
    """The exact bytes of a request body: rendered once when the event is fanned out, sent unchanged at every try.

    `variant` leaves room for other forms of the same event; subscribers of one variant share one row.
    """

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="+", verbose_name=_("event"), db_index=False
    )
    variant = models.CharField(max_length=60, default="standard")
    content_type = models.CharField(max_length=100, default="application/json")
    body = models.BinaryField()
    headers = models.TextField(
        db_default="", blank=True
    )  # ready lines that belong to the body, such as ce-id
    hops = models.PositiveSmallIntegerField(db_default=0)  # deliveries behind the event (webhooks/hops.py)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "variant"], name="payload_variant")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.variant}"


class Delivery(TenantModel):
    """One event for one endpoint. Whether it waits, and until when, is its row of leased work."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="+", verbose_name=_("event"), db_index=False
    )
    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        verbose_name=_("endpoint"),
        db_index=False,
    )
    event_type = models.CharField(_("event type"), max_length=100)
    variant = models.CharField(max_length=60, default="standard", editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    trigger = models.CharField(_("trigger"), max_length=10, choices=Trigger.choices, default=Trigger.AUTO)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    tries = models.PositiveIntegerField(default=0, help_text=_("Attempts since it was last queued."))
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    next_due = models.DateTimeField(_("next attempt"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    correlation_id = models.UUIDField(_("correlation"), null=True)
    # Of what is sent in order: its number at the endpoint, and within which stream one waits for the other.
    seq = models.BigIntegerField(_("number in the order"), null=True)
    stream = models.CharField(max_length=80, null=True)  # noqa: DJ001 the empty one is a stream, too
    # The request that sends it together with others; the webhook-id of that.
    batch = models.UUIDField(_("batch of events"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="delivery_once")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="delivery_recent"),
            models.Index(fields=["endpoint", "-id"], name="delivery_endpoint_recent"),
            # A seldom type among millions of others.
            models.Index(fields=["tenant", "event_type", "-id"], name="delivery_type_recent"),
            # Small for ever: nearly everything is automatic, and delivered.
            models.Index(
                fields=["tenant", "trigger", "-id"],
                name="delivery_by_hand",
                condition=~Q(trigger=Trigger.AUTO),
            ),
            models.Index(
                fields=["tenant", "state", "-id"],
                name="delivery_unwell",
                condition=~Q(state=DeliveryState.DONE),
            ),
            models.Index(
                fields=["endpoint", "state", "-id"],
                name="delivery_endpoint_unwell",
                condition=~Q(state=DeliveryState.DONE),
            ),
            models.Index(
                fields=["endpoint", "stream", "seq"],
                name="delivery_stream",
                condition=Q(state=DeliveryState.PENDING, stream__isnull=False),
            ),
            models.Index(
                fields=["batch"],
                name="delivery_batch",
                condition=Q(state=DeliveryState.PENDING, batch__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.id}"

    @property
    def explanation(self) -> Explanation | None:
        """What went wrong and what to do, in words."""
        return explained(self.reason, self.last_status) if self.reason else None


class Attempt(models.Model):
    """One HTTP try. Append-only; headers and bodies are masked and cut before they are stored."""

    id = UUID7Field()
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.CASCADE,
        related_name="tries_made",
        verbose_name=_("delivery"),
        db_index=False,
    )
    n = models.PositiveIntegerField(_("number"))
    trigger = models.CharField(_("trigger"), max_length=10, choices=Trigger.choices)
    started_at = models.DateTimeField(_("started"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    error = models.CharField(_("error"), max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    dns_ms = models.FloatField(null=True)
    connect_ms = models.FloatField(null=True)
    tls_ms = models.FloatField(null=True)
    first_byte_ms = models.FloatField(null=True)
    total_ms = models.FloatField(_("ms"), default=0)
    is_reused = models.BooleanField(_("kept connection"), default=False)
    request_headers = models.TextField(blank=True)
    response_headers = models.TextField(blank=True)
    response_body = models.TextField(blank=True)
    is_cut = models.BooleanField(default=False)

    objects = TenantManager["Attempt"]()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["delivery", "n"], name="attempt_number")]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.n}"

    @property
    def explanation(self) -> Explanation:
        return explained(self.error or "delivered", self.status)


def delivery_id(event_id: uuid.UUID, endpoint_id: uuid.UUID) -> uuid.UUID:
    """The id that this pair will always have: ordered by the event's age, and the same when fan-out is repeated."""
    tail = blake2b(event_id.bytes + endpoint_id.bytes, digest_size=8).digest()
    variant = bytes([tail[0] & 0x3F | 0x80])
    return uuid.UUID(bytes=event_id.bytes[:8] + variant + tail[1:])
