"""Ozon as its Seller API is documented to behave; knows nothing of the connector that it tests."""

from integrations.connectors.ozon.simulator.server import Simulator
from integrations.connectors.ozon.simulator.state import Posting, Product, Push, Warehouse

__all__ = ["Posting", "Product", "Push", "Simulator", "Warehouse"]
