"""Fixtures of the tests of exports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from exports.registry import get_dataset, register_dataset, unregister_dataset
from exports.tests.admin_urls import PAGE
from exports.tests.datasets import AUDIT, MEMBERS
from tenants.models import AuditEntry, Tenant
from tenants.tests.factories import make_member, make_tenant


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


@pytest.fixture
def audit_page(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit list with the button, for one test; every room above adds it to its own lists."""
    registry: dict[Any, Any] = admin.site._registry
    monkeypatch.setitem(registry, AuditEntry, PAGE)
    settings.ROOT_URLCONF = "exports.tests.admin_urls"


@pytest.fixture
def manager(tenant: Tenant, client: Client) -> Client:
    client.force_login(make_member(tenant, "manager").user)
    return client
