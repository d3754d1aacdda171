"""Planfix as its API for telephony and its REST API are documented to behave; knows nothing of the connector."""

from integrations.connectors.planfix.simulator.server import Simulator
from integrations.connectors.planfix.simulator.state import Card, Contact, Employee, Entry, Event

__all__ = ["Card", "Contact", "Employee", "Entry", "Event", "Simulator"]
