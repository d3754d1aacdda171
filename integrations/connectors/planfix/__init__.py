"""Planfix: calls both ways by its API for telephony; employees, contacts, companies and deals by its REST API."""

from integrations.connector import Connector
from integrations.connectors.planfix.hooks import PlanfixHooks
from integrations.connectors.planfix.manifest import manifest
from integrations.connectors.planfix.session import PlanfixSession

connector = Connector(manifest=manifest, session_class=PlanfixSession, hooks=PlanfixHooks())
