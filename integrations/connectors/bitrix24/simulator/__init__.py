"""Bitrix24 as its REST API is documented to behave; knows nothing of the connector."""

from integrations.connectors.bitrix24.simulator.server import Simulator
from integrations.connectors.bitrix24.simulator.state import Employee

__all__ = ["Employee", "Simulator"]
