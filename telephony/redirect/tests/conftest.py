"""What every test of smart redirect starts from."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from telephony.redirect import handlers, lookups, rules
from tenants.scoping import all_tenants


@pytest.fixture(autouse=True)
def _fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Simulators can be reached, nothing is remembered, no question outlives its test, and nobody is in a hurry."""
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(handlers, "HARD_SECONDS", 20.0)
    rules.forget_rules()
    with all_tenants():
        yield
    deadline = time.monotonic() + 60
    while lookups.under_way() and time.monotonic() < deadline:
        time.sleep(0.01)
    lookups.close()
    rules.forget_rules()
