"""A company, its exchange, and a folder of recordings that the operator allowed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.models import Pbx
from telephony.tests.factories import make_pbx
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant


@pytest.fixture(autouse=True)
def _installation(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    settings.CALL_END_GRACE = 0.0
    settings.PUBLIC_URL = "https://hub.example.com"
    settings.RECORDING_ROOTS = [str(tmp_path / "monitor")]
    settings.DATA_DIR = tmp_path / "data"
    (tmp_path / "monitor").mkdir()
    with all_tenants():
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "monitor"


@pytest.fixture
def pbx(db: None) -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"))
