"""Fixtures of the tests of imports of records."""

from pathlib import Path
from typing import Any

import pytest

from tenants.models import Tenant
from tenants.tests.factories import make_tenant


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.EXPORT_DIR = tmp_path / "exports"
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()
