"""The lanes of this room: events become deliveries, deliveries become requests, inbound requests become events."""

from tenants.work import register
from webhooks.lanes.deliver import DeliverLane
from webhooks.lanes.fanout import FanOutLane
from webhooks.lanes.inbound import InboundLane

register(FanOutLane())
register(DeliverLane())
register(InboundLane())
