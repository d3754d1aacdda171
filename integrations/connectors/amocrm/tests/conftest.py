"""An account with its simulator, connected by a long-lived token."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from integrations.actions.save_integration import create_integration
from integrations.connectors.amocrm.simulator import Simulator
from integrations.models import Integration
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    found = make_tenant(language="en")
    with tenant_scope(found):
        yield found


@pytest.fixture
def connect(simulator: Simulator, tenant: Tenant) -> Callable[..., Integration]:
    """Makes an integration; `token` is the long-lived one, other values are settings."""

    numbers = count(1)

    def make(token: str = simulator.token, **settings: Any) -> Integration:
        return create_integration(
            tenant,
            "amocrm",
            f"amoCRM {next(numbers)}",
            settings={"url": f"{simulator.url}/leads/pipeline/?from=browser"} | settings,
            credentials={"access_token": token},
        )

    return make


@pytest.fixture
def integration(connect: Callable[..., Integration]) -> Integration:
    return connect()
