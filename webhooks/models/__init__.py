"""Subscribers and what was sent to them; sources and what they sent."""

from webhooks.models.delivery import Attempt, Delivery, DeliveryState, Payload, Trigger, delivery_id
from webhooks.models.endpoint import Endpoint, EndpointSecret, EndpointState, Format
from webhooks.models.event_type import OwnEventType
from webhooks.models.inbound import Handling, Inbound, InboundState
from webhooks.models.letter import Letter
from webhooks.models.report import Occurrence, Report, ReportRun, Rhythm, Weekday
from webhooks.models.source import Source, SourceTally
from webhooks.models.tally import BOUNDS, SHARDS, EndpointTally, TryOutcome
from webhooks.models.trouble import EndpointTrouble

__all__ = [
    "BOUNDS",
    "SHARDS",
    "Attempt",
    "Delivery",
    "DeliveryState",
    "Endpoint",
    "EndpointSecret",
    "EndpointState",
    "EndpointTally",
    "EndpointTrouble",
    "Format",
    "Handling",
    "Inbound",
    "InboundState",
    "Letter",
    "Occurrence",
    "OwnEventType",
    "Payload",
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
