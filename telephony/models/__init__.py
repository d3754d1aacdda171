"""Exchanges, what they told us, the calls that this makes, and what the CRMs were told of them."""

from telephony.models.call import Call, CallAlias, CallDirection, CallParticipant, CallPhase, CallStatus
from telephony.models.event import CallEvent, EventKind
from telephony.models.notification import CallNotification, NotificationKind, NotificationState
from telephony.models.pbx import Pbx, TelephonySettings

__all__ = [
    "Call",
    "CallAlias",
    "CallDirection",
    "CallEvent",
    "CallNotification",
    "CallParticipant",
    "CallPhase",
    "CallStatus",
    "EventKind",
    "NotificationKind",
    "NotificationState",
    "Pbx",
    "TelephonySettings",
]
