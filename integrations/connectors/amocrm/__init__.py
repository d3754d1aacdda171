"""amoCRM and Kommo: call pop-ups, the history of calls, contacts, companies and deals, webhooks."""

from integrations.connector import Connector
from integrations.connectors.amocrm.hooks import AmoHooks
from integrations.connectors.amocrm.manifest import manifest
from integrations.connectors.amocrm.session import AmoCrmSession

connector = Connector(manifest=manifest, session_class=AmoCrmSession, hooks=AmoHooks())
