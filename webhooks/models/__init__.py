"""Subscribers and what was sent to them; sources and what they sent."""

from webhooks.models.capture import Capture, CapturedRequest
from webhooks.models.delivery import Attempt, Delivery, DeliveryState, Payload, Trigger, delivery_id
from webhooks.models.endpoint import (
    Endpoint,
    EndpointSecret,
    EndpointState,
    Format,
    OnFailure,
    Ordering,
    RatePeriod,
)
from webhooks.models.event_type import OwnEventType
from webhooks.models.flow import UNTROUBLED, WIDEST, Breaker, EndpointFlow
from webhooks.models.inbound import Handling, Inbound, InboundState
from webhooks.models.letter import Letter
from webhooks.models.mass import MassAction, MassKind, MassState
from webhooks.models.portal import PortalLink
from webhooks.models.replay import InboundReplay, ReplayState
from webhooks.models.report import Occurrence, Report, ReportRun, Rhythm, Weekday
from webhooks.models.source import Intake, Source, SourceTally
from webhooks.models.tally import BOUNDS, SHARDS, EndpointTally, TryOutcome
from webhooks.models.token import EndpointToken
from webhooks.models.trouble import EndpointTrouble

__all__ = [
    "BOUNDS",
    "SHARDS",
    "UNTROUBLED",
    "WIDEST",
    "Attempt",
    "Breaker",
    "Capture",
    "CapturedRequest",
    "Delivery",
    "DeliveryState",
    "Endpoint",
    "EndpointFlow",
    "EndpointSecret",
    "EndpointState",
    "EndpointTally",
    "EndpointToken",
    "EndpointTrouble",
    "Format",
    "Handling",
    "Inbound",
    "InboundReplay",
    "InboundState",
    "Intake",
    "Letter",
    "MassAction",
    "MassKind",
    "MassState",
    "Occurrence",
    "OnFailure",
    "Ordering",
    "OwnEventType",
    "Payload",
    "PortalLink",
    "RatePeriod",
    "ReplayState",
    "Report",
    "ReportRun",
    "Rhythm",
    "Source",
    "SourceTally",
    "Trigger",
    "TryOutcome",
    "Weekday",
    "delivery_id",
]
