"""A made-up CRM behind real HTTP, and a connector for it: what synchronisations are tried against."""

from integrations.tests.crm.connector import CONNECTOR
from integrations.tests.crm.simulator import TinyCrm

__all__ = ["CONNECTOR", "TinyCrm"]
