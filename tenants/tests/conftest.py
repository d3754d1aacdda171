"""What the tests of this room share."""

from collections.abc import Iterator

import pytest

from tenants.keys import forget_keys
from tenants.tests.running import Running


@pytest.fixture(autouse=True)
def _no_remembered_keys():
    """Keys are remembered in the process for some seconds, longer than a test's rows live."""
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def run() -> Iterator[Running]:
    running = Running()
    yield running
    running.end()
