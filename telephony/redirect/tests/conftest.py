"""What every test of smart redirect starts from."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from telephony.redirect import lookups, rules
from tenants.scoping import all_tenants


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> Iterator[None]:
    """Simulators can be reached, nothing is remembered, and no question outlives its test."""
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    rules.forget_rules()
    with all_tenants():
        yield
    deadline = time.monotonic() + 10
    while lookups.under_way() and time.monotonic() < deadline:
        time.sleep(0.01)
    lookups.close()
    rules.forget_rules()
