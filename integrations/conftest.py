"""What every test of this room starts from: nothing remembered, simulators on loopback reachable."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from integrations import live
from integrations.http import line


@pytest.fixture(autouse=True)
def _fresh_process(settings: Any) -> Iterator[None]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    live.forget_all()
    cache.clear()
    yield
    live.forget_all()
    line.close_all()
