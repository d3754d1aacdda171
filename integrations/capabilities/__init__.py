"""What a connector can do: abstract classes with typed dataclasses in and out, and nothing of any one system."""

from integrations.capabilities.account import Account, Check, CheckState, Diagnosis, OutsideUser
from integrations.capabilities.base import Capability, MappingIssue, MappingKind, Repeat
from integrations.capabilities.callers import Caller, CallerLookup
from integrations.capabilities.calls import (
    CallAnswered,
    CallFacts,
    CallHangup,
    CallKind,
    CallNotifications,
    CallOutcome,
    CallReceipt,
    CallRinging,
    Direction,
    FinishedCall,
)
from integrations.capabilities.directory import (
    AssignedExtension,
    DirectoryReceipt,
    ExtensionDirectory,
    ModuleRegistration,
)
from integrations.capabilities.messaging import Button, Messaging, OutgoingMessage, SentMessage
from integrations.capabilities.records import (
    Change,
    Changes,
    Fault,
    FieldDescription,
    KindSupport,
    Page,
    Records,
    ValueType,
    Written,
)
from integrations.capabilities.updates import Polled, Updates

__all__ = [
    "Account",
    "AssignedExtension",
    "Button",
    "CallAnswered",
    "CallFacts",
    "CallHangup",
    "CallKind",
    "CallNotifications",
    "CallOutcome",
    "CallReceipt",
    "CallRinging",
    "Caller",
    "CallerLookup",
    "Capability",
    "Change",
    "Changes",
    "Check",
    "CheckState",
    "Diagnosis",
    "Direction",
    "DirectoryReceipt",
    "ExtensionDirectory",
    "Fault",
    "FieldDescription",
    "FinishedCall",
    "KindSupport",
    "MappingIssue",
    "MappingKind",
    "Messaging",
    "ModuleRegistration",
    "OutgoingMessage",
    "OutsideUser",
    "Page",
    "Polled",
    "Records",
    "Repeat",
    "SentMessage",
    "Updates",
    "ValueType",
    "Written",
]
