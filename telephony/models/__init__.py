"""Exchanges, what they told us, the calls that this makes, and what the CRMs were told of them."""

from telephony.models.ami import AmiAccess, AmiSecurity
from telephony.models.assignment import AssignmentProblem, AssignmentTrouble
from telephony.models.call import (
    Call,
    CallAlias,
    CallDirection,
    CallLeg,
    CallParticipant,
    CallPhase,
    CallSide,
    CallStatus,
    LegRole,
)
from telephony.models.command import CallCommand, CommandKind, CommandState
from telephony.models.dialing import CallerIdRule, DialAccess, DialPolicy, NumberForm, Transport
from telephony.models.event import CallEvent, EventKind, EventSource
from telephony.models.hours import WorkingHours
from telephony.models.line import Line, LineHearer
from telephony.models.listening import (
    ExtensionPresence,
    ListenerState,
    PbxOutage,
    PbxStatus,
    PresenceState,
)
from telephony.models.missed import Clearing, MissedClient
from telephony.models.notification import CallNotification, NotificationKind, NotificationState
from telephony.models.origination import OriginateOrigin, OriginateRequest, OriginateState
from telephony.models.pbx import Pbx, TelephonySettings
from telephony.models.policy import Attribution, CallPolicy, PopupChoice, PopupMode
from telephony.models.recording import (
    LinkAudience,
    Recording,
    RecordingLink,
    RecordingState,
    RecordingStore,
    StoreKind,
)
from telephony.models.records import CatchUpCause, CatchUpReport, CdrSource, RecordsKind, RecordsState
from telephony.models.redirect import (
    RedirectDecision,
    RedirectLine,
    RedirectMode,
    RedirectOutcome,
    RedirectSettings,
    RedirectSource,
)
from telephony.models.rule import (
    CallRule,
    ClientTask,
    Responsible,
    RuleClient,
    RuleDirection,
    RuleHours,
    RuleOutcome,
)
from telephony.models.tally import CallMonth, CallTally, TallyOf

__all__ = [
    "AmiAccess",
    "AmiSecurity",
    "AssignmentProblem",
    "AssignmentTrouble",
    "Attribution",
    "Call",
    "CallAlias",
    "CallCommand",
    "CallDirection",
    "CallEvent",
    "CallLeg",
    "CallMonth",
    "CallNotification",
    "CallParticipant",
    "CallPhase",
    "CallPolicy",
    "CallRule",
    "CallSide",
    "CallStatus",
    "CallTally",
    "CallerIdRule",
    "CatchUpCause",
    "CatchUpReport",
    "CdrSource",
    "Clearing",
    "ClientTask",
    "CommandKind",
    "CommandState",
    "DialAccess",
    "DialPolicy",
    "EventKind",
    "EventSource",
    "ExtensionPresence",
    "LegRole",
    "Line",
    "LineHearer",
    "LinkAudience",
    "ListenerState",
    "MissedClient",
    "NotificationKind",
    "NotificationState",
    "NumberForm",
    "OriginateOrigin",
    "OriginateRequest",
    "OriginateState",
    "Pbx",
    "PbxOutage",
    "PbxStatus",
    "PopupChoice",
    "PopupMode",
    "PresenceState",
    "Recording",
    "RecordingLink",
    "RecordingState",
    "RecordingStore",
    "RecordsKind",
    "RecordsState",
    "RedirectDecision",
    "RedirectLine",
    "RedirectMode",
    "RedirectOutcome",
    "RedirectSettings",
    "RedirectSource",
    "Responsible",
    "RuleClient",
    "RuleDirection",
    "RuleHours",
    "RuleOutcome",
    "StoreKind",
    "TallyOf",
    "TelephonySettings",
    "Transport",
    "WorkingHours",
]
