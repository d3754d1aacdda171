"""amoCRM as its API is documented to behave; knows nothing of the connector."""

from integrations.connectors.amocrm.simulator.server import Simulator
from integrations.connectors.amocrm.simulator.state import CustomField, User

__all__ = ["CustomField", "Simulator", "User"]
