"""The two lanes of this room: events become deliveries, deliveries become requests."""

from tenants.work import register
from webhooks.lanes.deliver import DeliverLane
from webhooks.lanes.fanout import FanOutLane

register(FanOutLane())
register(DeliverLane())
