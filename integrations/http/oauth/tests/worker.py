"""A worker process for test_renewal.py: one call for the integration, when told to go."""

import os
import sys
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django


def main(database: str, integration: str) -> None:
    django.setup()
    from django.conf import settings
    from django.db import connection

    from integrations import connectors
    from integrations.sessions import open_session
    from integrations.tests.ledger import as_registry, ledger
    from integrations.tests.ledger.system import ME
    from tenants.scoping import all_tenants

    connection.settings_dict["NAME"] = database
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    catalogue = as_registry(ledger(), connectors.registry())
    connectors.registry = lambda: catalogue  # type: ignore[assignment]
    with all_tenants(), open_session(UUID(integration), seconds=30) as session:
        print("ready", flush=True)
        sys.stdin.readline()
        print(session.http.call(ME).status, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
