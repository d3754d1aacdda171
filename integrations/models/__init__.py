"""Integrations, the people and numbers behind them, their records, and their conversations."""

from integrations.models.alerts import AlertChoice, AlertKind, AlertLetter
from integrations.models.directory import ExtensionAssignment, OutsideUser
from integrations.models.exchange import Exchange, Way
from integrations.models.handoff import Handoff
from integrations.models.integration import Health, Integration
from integrations.models.limits import Breaker, CallSlot, DailyUse, RateBucket, SharedBucket
from integrations.models.mapping import MappingVersion
from integrations.models.messages import Conversation, Message, PollPosition
from integrations.models.problem import MappingProblem
from integrations.models.records import (
    MODELS,
    Company,
    Contact,
    ContactPoint,
    Deal,
    Document,
    Invoice,
    Link,
    LinkStatus,
    Order,
    OrderLine,
    Payment,
    PointType,
    Product,
    Reference,
    StockLevel,
    StoredRecord,
)
from integrations.models.sync import (
    UNFINISHED,
    ConflictPolicy,
    PendingWrite,
    Resolution,
    RunPhase,
    RunState,
    SyncConflict,
    SyncDirection,
    SyncFault,
    SyncPlan,
    SyncRun,
)
from integrations.models.token import Authorization, OAuthToken

__all__ = [
    "MODELS",
    "UNFINISHED",
    "AlertChoice",
    "AlertKind",
    "AlertLetter",
    "Authorization",
    "Breaker",
    "CallSlot",
    "Company",
    "ConflictPolicy",
    "Contact",
    "ContactPoint",
    "Conversation",
    "DailyUse",
    "Deal",
    "Document",
    "Exchange",
    "ExtensionAssignment",
    "Handoff",
    "Health",
    "Integration",
    "Invoice",
    "Link",
    "LinkStatus",
    "MappingProblem",
    "MappingVersion",
    "Message",
    "OAuthToken",
    "Order",
    "OrderLine",
    "OutsideUser",
    "Payment",
    "PendingWrite",
    "PointType",
    "PollPosition",
    "Product",
    "RateBucket",
    "Reference",
    "Resolution",
    "RunPhase",
    "RunState",
    "SharedBucket",
    "StockLevel",
    "StoredRecord",
    "SyncConflict",
    "SyncDirection",
    "SyncFault",
    "SyncPlan",
    "SyncRun",
    "Way",
]
