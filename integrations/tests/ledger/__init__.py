"""A made-up bookkeeping system that people connect by OAuth2: its server, and a connector for it, for tests only."""

from integrations.tests.ledger.server import Ledger
from integrations.tests.ledger.system import as_registry, ledger

__all__ = ["Ledger", "as_registry", "ledger"]
