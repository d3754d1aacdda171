"""Subscribers, and what was sent to them."""

from webhooks.models.delivery import Attempt, Delivery, DeliveryState, Payload, Trigger, delivery_id
from webhooks.models.endpoint import Endpoint, EndpointSecret, EndpointState, Format

__all__ = [
    "Attempt",
    "Delivery",
    "DeliveryState",
    "Endpoint",
    "EndpointSecret",
    "EndpointState",
    "Format",
    "Payload",
    "Trigger",
    "delivery_id",
]
