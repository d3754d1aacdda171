"""What every test of this room starts from: simulators on loopback can be reached."""

from typing import Any

import pytest

from integrations.tests.ledger.fixtures import connected, install, integration, server

__all__ = ["connected", "install", "integration", "server"]


@pytest.fixture(autouse=True)
def _simulators_are_reached(settings: Any) -> None:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
