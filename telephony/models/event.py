"""One thing that an exchange told us, as it came."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from telephony.models.pbx import Pbx
from tenants.fields import EncryptedJSONField
from tenants.models import TenantModel


class EventKind(models.TextChoices):
    """What the dialplan posts, and the rows of call records. Events of the manager interface keep Asterisk's own names."""

    START = "start", _("begins")
    DIAL = "dial", _("rings")
    BRIDGE = "bridge", _("answered")
    HANGUP = "hangup", _("hung up")
    DOWNLOAD = "download", _("recording ready")
    UNKNOWN = "unknown", _("unknown")
    CDR = "cdr", _("call record")
    CEL = "cel", _("channel record")


class EventSource(models.TextChoices):
    """Who told us. An exchange may use all of them for the same call."""

    HTTP = "http", _("dialplan")
    AMI = "ami", _("manager interface")
    CDR = "cdr", _("call records")
    HUB = "hub", _("Switchboard")


DEGRADED_REASONS = {
    "not_json": _("the body is neither JSON nor a form; known fields were read by pattern"),
    "not_an_object": _("the body is JSON but no object; known fields were read by pattern"),
    "not_utf8": _("the text is not valid UTF-8"),
    "nul": _("zero characters were removed"),
    "surrogate": _("broken characters were replaced"),
    "duplicate_key": _("a field came twice; the first one counts"),
    "huge_number": _("a number was too big to keep"),
    "too_deep": _("nested too deeply; the rest was cut"),
    "no_call_id": _("it does not say which call it belongs to"),
    "unknown_kind": _("it does not say what happened"),
    "empty": _("the body was empty"),
    "wrong_type": _("a field has the wrong type"),
    "bad_time": _("a time is impossible"),
    "too_long": _("an id was too long"),
    "unstorable": _("the database refused the content; only the raw text was kept"),
}


class CallEvent(TenantModel):
    """A stored request. Committed before the exchange gets its answer; never changed but for the call it belongs to.

    `created_at` is the time of receipt; of the manager interface's events, their own time on our clock. `digest` tells a repeat from a new event. `raw` is kept for degraded bodies
    only, and never with the token.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    created_at = models.DateTimeField(_("received"))
    pbx = models.ForeignKey(Pbx, on_delete=models.CASCADE, related_name="events", db_index=False)
    call = models.ForeignKey("telephony.Call", on_delete=models.SET_NULL, null=True, related_name="events")
    source = models.CharField(
        _("source"), max_length=4, choices=EventSource.choices, default=EventSource.HTTP
    )
    kind = models.CharField(_("kind"), max_length=40)
    unique_id = models.CharField(_("channel"), max_length=150, blank=True)
    linked_id = models.CharField(_("linked channel"), max_length=150, blank=True)
    payload = models.JSONField(_("content"), default=dict, encoder=DjangoJSONEncoder)
    # What of the content opens something: where its recording lies. Nothing of it is in `payload` or `raw`.
    sealed = EncryptedJSONField(null=True)
    raw = models.TextField(_("body as it came"), blank=True)
    degraded = models.JSONField(_("degraded"), default=list)
    digest = models.BinaryField(max_length=32)
    address = models.CharField(_("from"), max_length=45, blank=True)

    class Meta:
        verbose_name = _("call event")
        verbose_name_plural = _("call events")
        constraints = [models.UniqueConstraint(fields=["pbx", "digest"], name="call_event_once")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="call_event_recent"),
            # Only those wait to be found by a call that comes later.
            models.Index(
                fields=["pbx", "unique_id"], name="call_event_orphan", condition=models.Q(call__isnull=True)
            ),
            models.Index(fields=["tenant", "-id"], name="call_event_degraded", condition=~models.Q(raw="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind_text} {self.unique_id}"

    @property
    def kind_text(self) -> str:
        """The kind in words; Asterisk's own name for an event of the manager interface."""
        return str(EventKind(self.kind).label) if self.kind in EventKind.values else self.kind

    @property
    def content(self) -> dict[str, Any]:
        """All fields that the exchange sent, but for its token."""
        payload = self.payload if isinstance(self.payload, dict) else {}
        return {**payload, **(self.sealed or {})}

    @property
    def degraded_texts(self) -> list[str]:
        """What could not be read properly, in words."""
        texts = []
        for reason in self.degraded:
            code, _colon, field = str(reason).partition(":")
            text = str(DEGRADED_REASONS.get(code, code))
            texts.append(f"{text} ({field})" if field else text)
        return texts
