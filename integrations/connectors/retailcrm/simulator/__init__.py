"""RetailCRM as its API v5 is documented to behave; knows nothing of the connector that it tests."""

from integrations.connectors.retailcrm.simulator.server import Simulator
from integrations.connectors.retailcrm.simulator.state import Call, CallEvent, Customer, Module, Popup, User

__all__ = ["Call", "CallEvent", "Customer", "Module", "Popup", "Simulator", "User"]
