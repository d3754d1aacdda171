"""A call: the folded state of its events, its channels' names, and the extensions that had a part in it."""

from typing import Final

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from telephony.models.pbx import Pbx
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel


class CallDirection(models.TextChoices):
    IN = "in", _("incoming")
    OUT = "out", _("outgoing")
    INTERNAL = "internal", _("internal")
    UNKNOWN = "unknown", _("unknown")


class CallPhase(models.TextChoices):
    NEW = "new", _("new")
    RINGING = "ringing", _("ringing")
    TALKING = "talking", _("talking")
    ENDED = "ended", _("ended")


class CallStatus(models.TextChoices):
    """One word for a list: the phase while the call lives, then how it went."""

    NEW = "new", _("new")
    RINGING = "ringing", _("ringing")
    TALKING = "talking", _("talking")
    ANSWERED = "answered", _("answered")
    MISSED = "missed", _("no answer")
    NO_AGENT = "no_agent", _("no agent reached")
    ABANDONED = "abandoned", _("gave up waiting")
    BUSY = "busy", _("busy")
    REJECTED = "rejected", _("declined")
    UNAVAILABLE = "unavailable", _("unavailable")
    CANCELLED = "cancelled", _("cancelled by the caller")
    FAILED = "failed", _("failed")
    CONGESTION = "congestion", _("network congestion")
    LOST = "lost", _("lost sight of")
    UNKNOWN = "unknown", _("unknown")


class CallSide(models.TextChoices):
    """Who ended a call."""

    CLIENT = "client", _("the client")
    US = "us", _("our side")
    UNKNOWN = "", _("unknown")


class LegRole(models.TextChoices):
    """What a channel was in its call."""

    CLIENT = "client", _("client")
    AGENT = "agent", _("colleague")
    TRUNK = "trunk", _("line")
    OTHER = "other", _("other")


ALIVE = (CallStatus.NEW, CallStatus.RINGING, CallStatus.TALKING)
# An incoming call that ended in one of these was not served.
MISSED = frozenset(CallStatus.values) - {*ALIVE, CallStatus.ANSWERED, CallStatus.LOST, CallStatus.UNKNOWN}

CAUSES = {
    1: _("the number does not exist"),
    2: _("no route to the network"),
    3: _("no route to the number"),
    16: _("ended normally"),
    17: _("busy"),
    18: _("the phone did not respond"),
    19: _("rang without an answer"),
    20: _("the phone is not connected"),
    21: _("declined"),
    22: _("the number has changed"),
    26: _("answered elsewhere"),
    27: _("the destination is out of order"),
    28: _("the number is incomplete or wrong"),
    31: _("ended without a reason"),
    34: _("no line is free"),
    38: _("the network is out of order"),
    41: _("a temporary failure"),
    42: _("the exchange is overloaded"),
    58: _("the service is not available"),
    102: _("a timer ran out"),
    127: _("the caller hung up"),
}


def tail_of(number: str) -> str:
    """The digits of a number backwards, as `client_tail` has them."""
    return "".join(character for character in reversed(number) if character in "0123456789")[:20]


# As a constant: of a value that comes as a parameter SQLite does not see that it is that of the index.
_NONE: Final = RawSQL("''", (), output_field=models.CharField())
# A CASE, as PostgreSQL lets no COALESCE before the rule of the company's own rows, so uses no index for it.
LINE: Final = models.Case(
    models.When(Exact(models.F("did"), _NONE), then=models.F("trunk")), default=models.F("did")
)
"""Which line of ours a call came or went by: the number as the exchange tells it, else the trunk."""


class Call(TenantModel):
    """One conversation. Everything but `finished_at` and `merged_into` is the fold of its events, made anew each time.

    `external_id` names the call to outside systems; it is the first channel's and never changes. `rings` and `talks`
    are for display: [{"extensions": [...], "at": ...}], [{"extension": ..., "since": ..., "until": ...}].
    """

    pbx = models.ForeignKey(Pbx, on_delete=models.CASCADE, related_name="calls", db_index=False)
    external_id = models.CharField(_("id at the exchange"), max_length=150)
    direction = models.CharField(
        _("direction"), max_length=8, choices=CallDirection.choices, default=CallDirection.UNKNOWN
    )
    phase = models.CharField(_("phase"), max_length=8, choices=CallPhase.choices, default=CallPhase.NEW)
    status = models.CharField(_("status"), max_length=12, choices=CallStatus.choices, default=CallStatus.NEW)
    client_raw = models.CharField(_("number as received"), max_length=64, blank=True)
    client_number = models.CharField(_("client"), max_length=20, blank=True)
    # The digits backwards: whoever knows a number's end finds it by an index.
    client_tail = models.CharField(max_length=20, blank=True, editable=False)
    client_name = models.CharField(_("caller's name"), max_length=80, blank=True)
    did = models.CharField(_("our line"), max_length=64, blank=True)
    trunk = models.CharField(_("trunk"), max_length=100, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=10, blank=True)
    responsible = models.CharField(_("extension"), max_length=10, blank=True)
    started_at = models.DateTimeField(_("started"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    talk_seconds = models.PositiveIntegerField(_("talk, s"), null=True)
    wait_seconds = models.PositiveIntegerField(_("wait, s"), default=0)
    hangup_cause = models.PositiveSmallIntegerField(_("hang-up cause"), null=True)
    dial_status = models.CharField(_("dial result"), max_length=32, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=6, choices=CallSide.choices, blank=True, default="")
    queue = models.CharField(_("queue"), max_length=80, blank=True, default="")
    # Sealed, like every place where a conversation can be listened to.
    recording = EncryptedTextField(_("recording"), null=True)
    recording_size = models.PositiveBigIntegerField(_("recording, bytes"), null=True)
    rings = models.JSONField(_("who rang"), default=list)
    talks = models.JSONField(_("who talked"), default=list)
    flags = models.JSONField(_("remarks"), default=list)
    event_count = models.PositiveIntegerField(_("events"), default=0)
    finished_at = models.DateTimeField(_("closed"), null=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phase="ended", ended_at__isnull=False) | ~models.Q(phase="ended"),
                name="call_end",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="call_recent"),
            models.Index(fields=["tenant", "-started_at", "-id"], name="call_started"),
            models.Index(fields=["tenant", "status", "-id"], name="call_status"),
            models.Index(fields=["tenant", "direction", "-id"], name="call_direction"),
            models.Index(fields=["tenant", "client_number", "-id"], name="call_client"),
            models.Index(
                fields=["phase", "started_at"], name="call_open", condition=~models.Q(phase="ended")
            ),
            models.Index(
                fields=["tenant", "started_at"], name="call_live", condition=~models.Q(phase="ended")
            ),
            models.Index(fields=["tenant", "client_tail", "-id"], name="call_tail"),
            models.Index("tenant", LINE, models.F("id").desc(), name="call_line"),
            # Entered once, when the call is closed: folding it costs nothing more.
            models.Index(
                fields=["tenant", "talk_seconds", "-id"],
                name="call_talk",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "wait_seconds", "-id"],
                name="call_wait",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["tenant", "-id"],
                name="call_recorded",
                condition=models.Q(recording_size__gt=44, finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.client}".strip()

    @property
    def client(self) -> str:
        """The client's number as well as we know it."""
        return self.client_number or self.client_raw

    @property
    def is_merged(self) -> bool:
        """Turned out to be a part of an older call, which has its events now."""
        return self.merged_into_id is not None

    @property
    def is_missed(self) -> bool:
        """An incoming call that nobody served."""
        return self.direction == CallDirection.IN and self.status in MISSED

    @property
    def hangup_reason(self) -> str:
        """The hang-up cause in words; empty when the exchange gave none."""
        return cause_text(self.hangup_cause)


def cause_text(cause: int | None) -> str:
    """A hang-up cause in words; empty when the exchange gave none."""
    return str(CAUSES.get(cause, _("cause %(number)s") % {"number": cause})) if cause else ""


class CallAlias(TenantModel):
    """A channel's name -> the call that it belongs to. A transfer or click-to-call gives one call several."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    pbx = models.ForeignKey(Pbx, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=150)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pbx", "channel"], name="call_alias_once")]

    def __str__(self) -> str:
        return self.channel


class CallParticipant(TenantModel):
    """An extension's part in a call: this is how agents find their own calls."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="participants", db_index=False)
    extension = models.CharField(_("extension"), max_length=10)
    rang_at = models.DateTimeField(_("rang"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    is_caller = models.BooleanField(_("placed the call"), default=False)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [models.UniqueConstraint(fields=["call", "extension"], name="call_participant_once")]
        indexes = [models.Index(fields=["tenant", "extension", "-call"], name="call_participant_own")]

    def __str__(self) -> str:
        return self.extension


class CallLeg(TenantModel):
    """One channel of a call, where the exchange's manager interface or its call records told of it.

    `channel` is the exchange's id of it (its name, where only call records speak), `device` its name.
    """

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="legs", db_index=False)
    channel = models.CharField(_("channel"), max_length=150)
    device = models.CharField(_("device"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=6, choices=LegRole.choices, default=LegRole.OTHER)
    extension = models.CharField(_("extension"), max_length=10, blank=True)
    number = models.CharField(_("number"), max_length=64, blank=True)
    began_at = models.DateTimeField(_("began"), null=True)
    rang_at = models.DateTimeField(_("rang"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    cause = models.PositiveSmallIntegerField(_("hang-up cause"), null=True)
    dial_status = models.CharField(_("dial result"), max_length=32, blank=True)

    class Meta:
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        ordering = ["began_at", "channel"]
        constraints = [models.UniqueConstraint(fields=["call", "channel"], name="call_leg_once")]

    def __str__(self) -> str:
        return self.device or self.channel

    @property
    def cause_text(self) -> str:
        """Why it ended, in words."""
        return cause_text(self.cause)
