"""A simulator with three extensions, and a stranger to it."""

import pytest

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.connectors.retailcrm.simulator.tests.stranger import Stranger


@pytest.fixture
def sim():
    with Simulator(codes={"150": 19, "151": 18, "152": 17}, limits_rate=False).running() as running:
        yield running


@pytest.fixture
def stranger(sim):
    return Stranger(sim.url)
