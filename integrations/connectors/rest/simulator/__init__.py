"""A made-up system with a REST API, with every style of paging and of keys; knows nothing of the connector."""

from integrations.connectors.rest.simulator.server import Simulator

__all__ = ["Simulator"]
