"""RetailCRM (Simla.com), API v5: call pop-ups, call history, users and their extensions, customers and orders."""

from integrations.connector import Connector
from integrations.connectors.retailcrm.manifest import manifest
from integrations.connectors.retailcrm.session import RetailCrmSession

connector = Connector(manifest=manifest, session_class=RetailCrmSession)
