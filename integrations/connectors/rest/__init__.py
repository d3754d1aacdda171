"""Any system with a REST API: everything about it is entered in the admin, nothing is programmed."""

from integrations.connector import Connector
from integrations.connectors.rest.manifest import manifest
from integrations.connectors.rest.session import RestSession

connector = Connector(manifest=manifest, session_class=RestSession)
