"""Telling a CRM about telephone calls: the pop-up while it rings, the hang-up, and the finished call."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability, MappingIssue, Repeat
from integrations.http.errors import OutcomeUnknown
from tenants.errors import HubError, TransientError, Unsupported


class Direction(StrEnum):
    """Seen from the company."""

    IN = "in"
    OUT = "out"


class CallKind(StrEnum):
    """The notifications of a call."""

    RINGING = "ringing"
    ANSWERED = "answered"
    HANGUP = "hangup"
    FINISHED = "finished"
    RECORDING = "recording"


class CallOutcome(StrEnum):
    """How a call ended, in our words; each connector translates."""

    ANSWERED = "answered"
    MISSED = "missed"
    NO_AGENT = "no_agent"
    ABANDONED = "abandoned"
    BUSY = "busy"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    CANCELLED = "cancelled"
    FAILED = "failed"
    CONGESTION = "congestion"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of a call from its first ring on.

    `phone` is the client's number in E.164 with plus, `did` our outside number as the exchange says it. `extensions`
    are those that ring (or rang), the one that answered first once there is one. `users` maps an extension to the
    outside system's user id, for the extensions that are assigned. `outside_id` is the call's id there, as an earlier
    notification of the same call brought it (`CallNotifications.names_calls`).
    """

    call_id: UUID
    external_id: str
    direction: Direction
    phone: str
    started_at: datetime
    extensions: tuple[str, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict)
    did: str = ""
    outside_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRinging(CallFacts):
    """The phone rings now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallFacts):
    """Somebody took the call: the first of `extensions`. The others rang for nothing."""

    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHangup(CallFacts):
    """The call is over; figures may still follow."""

    outcome: CallOutcome
    ended_at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedCall(CallFacts):
    """The whole call, for the outside system's history.

    `is_recorded` says that there is a recording, `recording_url` where it can be had: the one may be known before the
    other. `is_amendment`: the call is in their history already, and something of it has changed.
    """

    outcome: CallOutcome
    ended_at: datetime
    answered_at: datetime | None = None
    talk_seconds: int = 0
    wait_seconds: int = 0
    recording_url: str = ""
    is_recorded: bool = False
    is_amendment: bool = False


@dataclass(frozen=True, slots=True)
class CallReceipt:
    """The outside system took the notification.

    `duplicate` says that it had it already; `issues` name what it did not know, `confirmed` what it evidently did.
    """

    issues: tuple[MappingIssue, ...] = ()
    confirmed: tuple[MappingIssue, ...] = ()
    duplicate: bool = False
    outside_id: str = ""


class CallNotifications(Capability):
    """A system that wants to know of calls. A kind that it has no use for raises `Unsupported`."""

    code = "call_notifications"
    title = _("Call pop-ups and history")

    names_calls: ClassVar[bool] = False
    """The system gives a call an id of its own and wants to be told it later on: one call's notifications go one by one."""
    hears_answers: ClassVar[bool] = False
    """The system wants to know who took the call while it lasts (`notify_answered`); others are not told."""
    only_hides: ClassVar[bool] = False
    """Of an answer it only wants to know whose pop-ups to close: where nobody else's phone rang it is not told."""
    amends_uploads: ClassVar[bool] = False
    """A call that is in its history already may be uploaded again with what has changed."""
    attaches_recordings: ClassVar[bool] = False
    """It takes a recording for a call that is in its history already (`attach_recording`)."""
    repeatable: ClassVar[Mapping[CallKind, Repeat]] = {
        CallKind.RINGING: Repeat.IF_UNSENT,
        CallKind.ANSWERED: Repeat.IF_UNSENT,
        CallKind.HANGUP: Repeat.IF_UNSENT,
        CallKind.FINISHED: Repeat.IF_UNSENT,
        CallKind.RECORDING: Repeat.IF_UNSENT,
    }

    @abstractmethod
    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        """Show the pop-up."""

    def notify_answered(self, call: CallAnswered) -> CallReceipt:
        """Say who took the call, and close the pop-ups of the others; only where `hears_answers`."""
        raise Unsupported(_("This system does not want to know who took a call."))

    @abstractmethod
    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        """Close the pop-up with its outcome."""

    @abstractmethod
    def upload_call(self, call: FinishedCall) -> CallReceipt:
        """Put the call into the history."""

    def attach_recording(self, call: FinishedCall) -> CallReceipt:
        """The recording of a call that was uploaded without; only where `attaches_recordings`."""
        raise Unsupported(_("This system takes a recording only together with its call."))

    @classmethod
    def may_repeat(cls, kind: CallKind, error: HubError) -> bool:
        """Whether a notification that ended with this error may be sent again."""
        if not isinstance(error, TransientError):
            return False
        policy = cls.repeatable.get(kind, Repeat.IF_UNSENT)
        if policy is Repeat.IF_UNSENT:
            return not isinstance(error, OutcomeUnknown)
        return policy is Repeat.ALWAYS
