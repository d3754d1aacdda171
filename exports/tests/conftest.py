"""Fixtures of the tests of exports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exports.registry import get_dataset, register_dataset, unregister_dataset
from exports.tests.datasets import AUDIT, MEMBERS
from tenants.models import Tenant
from tenants.tests.factories import make_tenant


@pytest.fixture(autouse=True)
def _datasets() -> Iterator[None]:
    real = get_dataset(AUDIT.name)
    unregister_dataset(real.name)
    for dataset in (AUDIT, MEMBERS):
        register_dataset(dataset)
    yield
    for dataset in (AUDIT, MEMBERS):
        unregister_dataset(dataset.name)
    register_dataset(real)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> Path:
    settings.EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture(autouse=True)
def _english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()
