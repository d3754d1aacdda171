"""The lanes of this room: events become deliveries, deliveries become requests, inbound requests become events;
reports and mails that are due.
"""

from tenants.work import register
from webhooks.lanes.deliver import DeliverLane
from webhooks.lanes.fanout import FanOutLane
from webhooks.lanes.inbound import InboundLane, ReplayLane
from webhooks.lanes.letters import LettersLane
from webhooks.lanes.mass import MassLane
from webhooks.lanes.reports import ReportsLane

register(FanOutLane())
register(DeliverLane())
register(InboundLane())
register(ReportsLane())
register(LettersLane())
register(ReplayLane())
register(MassLane())
