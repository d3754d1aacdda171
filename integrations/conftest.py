"""What every test of this room starts from: simulators on loopback can be reached."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _simulators_are_reached(settings: Any) -> None:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
