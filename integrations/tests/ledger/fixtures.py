"""A connected account of the made-up bookkeeping system."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations import connectors
from integrations.actions.connect_account import keep_tokens
from integrations.actions.save_integration import create_integration
from integrations.connector import Connector
from integrations.http.oauth.answers import Granted
from integrations.models import Integration
from integrations.tests.ledger import Ledger, as_registry, ledger
from integrations.tests.ledger.server import CLIENT_ID, CLIENT_SECRET
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant


@pytest.fixture
def server() -> Iterator[Ledger]:
    with Ledger().running() as running:
        yield running


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Connector]:
    """Puts the connector into the catalogue, changed as the test wants it."""
    others = connectors.registry()

    def put(*args: Any, **changes: Any) -> Connector:
        made = ledger(*args, **changes)
        monkeypatch.setattr(connectors, "registry", lambda: as_registry(made, others))
        return made

    put()
    return put


@pytest.fixture
def integration(server: Ledger, install: Callable[..., Connector]) -> Iterator[Integration]:
    """Not connected yet."""
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield create_integration(
            tenant,
            "ledger",
            "Books",
            settings={"url": server.url},
            credentials={"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        )


@pytest.fixture
def connected(integration: Integration, server: Ledger) -> Integration:
    """With tokens that the server knows."""
    server.access.add("first-access-token")
    server.refresh.add("first-refresh-token")
    keep_tokens(integration, Granted("first-access-token", "first-refresh-token", None, None, {}), {})
    return integration
