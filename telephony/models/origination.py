"""A wish to call somebody by a click: who, whom, and what became of it."""

from typing import Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models import Integration
from telephony.models.call import Call
from telephony.models.pbx import Pbx
from tenants.models import Member, TenantModel

CHANNEL_PREFIX: Final = "c2c-"


class OriginateState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENT = "sent", _("sent to the exchange")
    AGENT_RINGING = "agent_ringing", _("the colleague's phone rings")
    AGENT_ANSWERED = "agent_answered", _("the colleague picked up")
    CLIENT_RINGING = "client_ringing", _("the client's phone rings")
    TALKING = "talking", _("talking")
    ENDED = "ended", _("ended")
    FAILED = "failed", _("failed")
    REFUSED = "refused", _("refused")


class OriginateOrigin(models.TextChoices):
    """By which door the wish came in."""

    CRM = "crm", _("CRM")
    LINK = "link", _("call link")
    API = "api", _("API")
    ADMIN = "admin", _("call button")


# In their order: a request only ever moves forward.
PROGRESS: Final = (
    OriginateState.QUEUED,
    OriginateState.SENT,
    OriginateState.AGENT_RINGING,
    OriginateState.AGENT_ANSWERED,
    OriginateState.CLIENT_RINGING,
    OriginateState.TALKING,
)
OVER: Final = frozenset({OriginateState.ENDED, OriginateState.FAILED, OriginateState.REFUSED})

REASONS = {
    # Refused: nothing was sent to the exchange.
    "bad_number": _("This is no telephone number."),
    "bad_extension": _("This is no extension."),
    "unknown_extension": _("This company has no such extension."),
    "no_extension": _("This person has no extension: assign one first."),
    "not_yours": _("Calls can be made from your own extension only."),
    "own_number": _("This is the caller's own number."),
    "no_exchange": _("No telephone exchange takes clicks: set up its manager interface or SSH."),
    "switched_off": _("Click-to-call is switched off."),
    "repeated": _("The same number was clicked a moment ago."),
    "already_calling": _("This extension's phone is ringing for another click already."),
    "stale": _("The click is too old: the number was clicked more than 15 seconds ago."),
    "emergency": _("Emergency numbers are not called by a click: dial them on the phone."),
    "country": _("Calls to this country are not allowed."),
    "premium": _("Numbers at a higher price are not called."),
    "satellite": _("Satellite and international service numbers are not called."),
    "denied_prefix": _("Numbers that begin like this are not called."),
    "quiet_hours": _("No calls are made by a click at this hour."),
    "extension_minute": _("Too many calls of this extension within a minute."),
    "extension_day": _("Too many calls of this extension today."),
    "tenant_minute": _("Too many calls of the company within a minute."),
    "tenant_day": _("Too many calls of the company today."),
    "minutes_day": _("The minutes of outgoing calls by click are used up for today."),
    # Failed: it was tried.
    "too_late": _("The exchange could not be reached in time; a late call would only surprise."),
    "unreachable": _("The exchange cannot be reached."),
    "forbidden": _("The exchange refused it: the account's rights do not suffice."),
    "rejected": _("The exchange refused it."),
    "no_answer_there": _(
        "The exchange did not answer. The call may have been made all the same: look before repeating."
    ),
    "in_doubt": _(
        "It is not known what became of it: a worker was interrupted. Look at the phone before repeating."
    ),
    "host_key": _("The exchange's SSH key is not the known one: nothing was sent."),
    "ssh_login": _("The exchange refused our SSH key."),
    "unregistered": _("The colleague's phone is not connected."),
    "agent_unreached": _("The colleague's phone could not be rung."),
    "agent_busy": _("The colleague's phone is busy."),
    "agent_declined": _("The colleague declined."),
    "agent_no_answer": _("The colleague did not pick up."),
    "client_busy": _("The client is busy."),
    "client_no_answer": _("The client did not answer."),
    "client_not_reached": _("The client was not reached: busy, or nobody answered."),
    "client_unreachable": _("The client cannot be reached."),
    "client_declined": _("The client declined."),
    "congestion": _("No line is free."),
    "agent_left": _("The colleague hung up before the client answered."),
    "lost": _("The exchange did not tell how it went on."),
}


def request_of(channel: str) -> UUID | None:
    """The request whose channel this is; None for channels of other calls."""
    if not channel.startswith(CHANNEL_PREFIX):
        return None
    text = channel[len(CHANNEL_PREFIX) :][:32]
    try:
        return UUID(hex=text) if len(text) == 32 else None
    except ValueError:
        return None


class OriginateRequest(TenantModel):
    """One click. The extension's phone rings first; when it is picked up the exchange calls the client.

    Its id, as `channel`, is the name of the call's first channel wherever the exchange lets us choose it: so every event
    finds its way back here. `key` makes a repeated request of the same cause the same row.
    """

    pbx = models.ForeignKey(
        Pbx, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("telephone exchange")
    )
    integration = models.ForeignKey(
        Integration, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("integration")
    )
    member = models.ForeignKey(
        Member, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("member")
    )
    call = models.ForeignKey(
        Call, on_delete=models.SET_NULL, null=True, related_name="originates", verbose_name=_("call")
    )
    extension = models.CharField(_("extension"), max_length=10, blank=True)
    phone = models.CharField(_("client"), max_length=20, blank=True)
    asked = models.CharField(_("number as received"), max_length=64, blank=True)
    origin = models.CharField(_("asked for by"), max_length=5, choices=OriginateOrigin.choices)
    requester = models.CharField(_("who clicked"), max_length=200, blank=True)
    outside_id = models.CharField(_("call there"), max_length=100, blank=True)
    key = models.CharField(max_length=250, null=True, editable=False)  # noqa: DJ001 unique, and many have none
    state = models.CharField(
        _("state"), max_length=14, choices=OriginateState.choices, default=OriginateState.QUEUED
    )
    reason_code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    accepted_at = models.DateTimeField(_("accepted by the exchange"), null=True)
    agent_rang_at = models.DateTimeField(_("colleague's phone rang"), null=True)
    agent_answered_at = models.DateTimeField(_("colleague picked up"), null=True)
    client_rang_at = models.DateTimeField(_("client's phone rang"), null=True)
    talked_at = models.DateTimeField(_("talk began"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("click-to-call")
        verbose_name_plural = _("clicks-to-call")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="originate_once")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="originate_recent"),
            models.Index(fields=["tenant", "state", "-id"], name="originate_state"),
            models.Index(fields=["tenant", "extension", "-id"], name="originate_extension"),
        ]

    def __str__(self) -> str:
        return f"{self.extension} → {self.phone or self.asked}"

    @property
    def channel(self) -> str:
        """The name that we ask the exchange to give to the first channel."""
        return f"{CHANNEL_PREFIX}{self.pk.hex}"

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def reason(self) -> str:
        """Why it was refused or failed, in the reader's language; empty while nothing is wrong."""
        return str(REASONS.get(self.reason_code, self.reason_code))
