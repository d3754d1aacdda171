"""What a connector can do: abstract classes with typed dataclasses in and out, and nothing of any one system."""

from integrations.capabilities.account import Account, Check, CheckState, Diagnosis, OutsideUser
from integrations.capabilities.base import Capability, MappingIssue, MappingKind, Repeat
from integrations.capabilities.calls import (
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

__all__ = [
    "Account",
    "AssignedExtension",
    "CallFacts",
    "CallHangup",
    "CallKind",
    "CallNotifications",
    "CallOutcome",
    "CallReceipt",
    "CallRinging",
    "Capability",
    "Check",
    "CheckState",
    "Diagnosis",
    "Direction",
    "DirectoryReceipt",
    "ExtensionDirectory",
    "FinishedCall",
    "MappingIssue",
    "MappingKind",
    "ModuleRegistration",
    "OutsideUser",
    "Repeat",
]
