"""A small CRM that is made up; knows nothing of the connector."""

from integrations.connectors._skeleton.simulator.server import Simulator

__all__ = ["Simulator"]
