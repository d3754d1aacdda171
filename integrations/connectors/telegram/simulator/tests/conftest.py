"""A simulator for each test, without and with its limits."""

from collections.abc import Iterator

import pytest

from integrations.connectors.telegram.simulator import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(limits_rate=False, retry_seconds=0.05).running() as running:
        yield running


@pytest.fixture
def strict() -> Iterator[Simulator]:
    with Simulator(allows_http=False).running() as running:
        yield running
