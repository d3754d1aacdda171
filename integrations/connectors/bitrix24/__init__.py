"""Bitrix24: call cards and history, who is calling, contacts, companies, leads and deals."""

from integrations.connector import Connector
from integrations.connectors.bitrix24.hooks import Bitrix24Hooks
from integrations.connectors.bitrix24.manifest import manifest
from integrations.connectors.bitrix24.session import Bitrix24Session

connector = Connector(manifest=manifest, session_class=Bitrix24Session, hooks=Bitrix24Hooks())
