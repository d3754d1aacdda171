"""Telegram: messages in and out through a bot."""

from integrations.connector import Connector
from integrations.connectors.telegram.hooks import TelegramHooks
from integrations.connectors.telegram.manifest import manifest
from integrations.connectors.telegram.session import TelegramSession

connector = Connector(manifest=manifest, session_class=TelegramSession, hooks=TelegramHooks())
