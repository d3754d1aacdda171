"""Planfix: call pop-ups and history by its API for telephony, employees by its REST API."""

from integrations.connector import Connector
from integrations.connectors.planfix.manifest import manifest
from integrations.connectors.planfix.session import PlanfixSession

connector = Connector(manifest=manifest, session_class=PlanfixSession)
