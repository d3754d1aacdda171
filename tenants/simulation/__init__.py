"""What every simulator of an outside system is built on (see README.md)."""

from tenants.simulation.clock import Clock
from tenants.simulation.faults import Fault, Kind
from tenants.simulation.messages import Reply, Request, is_whole, parse_json
from tenants.simulation.outbox import Outbox
from tenants.simulation.rates import RateLimit
from tenants.simulation.routes import Routes
from tenants.simulation.simulator import Action, BaseSimulator

__all__ = [
    "Action",
    "BaseSimulator",
    "Clock",
    "Fault",
    "Kind",
    "Outbox",
    "RateLimit",
    "Reply",
    "Request",
    "Routes",
    "is_whole",
    "parse_json",
]
