"""What the listener knows of an exchange: whether it hears it, which gaps there were, and how its phones stand."""

from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from telephony.models.pbx import Pbx
from tenants.models import TenantModel
from tenants.models.tenant import extension_number


class ListenerState(models.TextChoices):
    OFF = "off", _("not listening")
    CONNECTING = "connecting", _("connecting")
    CONNECTED = "connected", _("connected")
    FAILING = "failing", _("cannot be reached")
    REFUSED = "refused", _("refuses us")


class PbxStatus(TenantModel):
    """One row for each exchange that is listened to; written by the listener that holds its lease.

    `holder` and `leased_until` see to it that only one process listens. Everything that happened until `covered_until`
    is stored: what lies between it and the next connection is an outage.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    pbx = models.OneToOneField(
        Pbx,
        on_delete=models.CASCADE,
        related_name="status",
        verbose_name=pgettext_lazy("telephone", "exchange"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ListenerState.choices, default=ListenerState.OFF
    )
    since = models.DateTimeField(_("since"), null=True)
    seen_at = models.DateTimeField(_("reported"), null=True)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    covered_until = models.DateTimeField(_("complete until"), null=True)
    last_event_at = models.DateTimeField(_("last event"), null=True)
    lag_p50 = models.FloatField(_("delay, median, ms"), null=True)
    lag_p99 = models.FloatField(_("delay, 99 %, ms"), null=True)
    events_per_minute = models.PositiveIntegerField(_("events in a minute"), default=0)
    version = models.CharField(_("version"), max_length=80, blank=True)
    booted = models.CharField(max_length=40, blank=True)
    clock_offset = models.FloatField(_("our clock less theirs, s"), null=True)
    rights = models.JSONField(_("rights"), default=list)
    warnings = models.JSONField(_("warnings"), default=list)
    is_down_told = models.BooleanField(default=False)
    holder = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("connection of an exchange")
        verbose_name_plural = _("connections of exchanges")
        indexes = [models.Index(fields=["tenant", "pbx"], name="pbx_status_tenant")]

    def __str__(self) -> str:
        return f"{self.pbx}: {self.get_state_display()}"


OUTAGES: dict[str, str | Promise] = {
    "connection": _("the connection was lost"),
    "restart": _("the exchange was restarted"),
    "listener": _("nobody listened: Switchboard was stopped or restarted"),
    "database": _("our database was away for too long"),
    "account": _("the exchange refused our account"),
}


class PbxOutage(TenantModel):
    """A gap in what an exchange told us, for the catch-up from its call records. Written when it is over."""

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    pbx = models.ForeignKey(Pbx, on_delete=models.CASCADE, related_name="outages", db_index=False)
    started_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"))
    reason = models.CharField(_("why"), max_length=40)
    caught_up_at = models.DateTimeField(_("caught up"), null=True)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["pbx", "started_at"], name="pbx_outage_once"),
            models.CheckConstraint(
                condition=models.Q(ended_at__gte=models.F("started_at")), name="pbx_outage_order"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-started_at"], name="pbx_outage_recent"),
            models.Index(
                fields=["pbx", "started_at"],
                name="pbx_outage_due",
                condition=models.Q(caught_up_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pbx}: {self.why}"

    @property
    def why(self) -> Any:
        """In words."""
        return OUTAGES.get(self.reason, self.reason)


class PresenceState(models.TextChoices):
    IDLE = "idle", _("free")
    RINGING = "ringing", _("ringing")
    TALKING = "talking", _("talking")
    BUSY = "busy", _("busy")
    HOLD = "hold", _("on hold")
    AWAY = "away", _("not registered")
    UNKNOWN = "unknown", _("unknown")


class ExtensionPresence(TenantModel):
    """How an extension's phone stands now. No history: what an exchange says is true while it is listened to."""

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    pbx = models.ForeignKey(Pbx, on_delete=models.CASCADE, related_name="presences", db_index=False)
    extension = models.CharField(_("extension"), max_length=10, validators=[extension_number])
    state = models.CharField(
        _("state"), max_length=8, choices=PresenceState.choices, default=PresenceState.UNKNOWN
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("presence of an extension")
        verbose_name_plural = _("presence of extensions")
        constraints = [models.UniqueConstraint(fields=["pbx", "extension"], name="extension_presence_once")]
        indexes = [models.Index(fields=["tenant", "extension"], name="extension_presence_number")]

    def __str__(self) -> str:
        return f"{self.extension}: {self.get_state_display()}"
