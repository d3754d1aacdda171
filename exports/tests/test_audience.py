"""Some datasets are for administrators: nobody else asks for them, or sees the files."""

import pytest
from django.test import Client

from exports.actions import request_export
from exports.models import Export
from exports.registry import register_dataset, unregister_dataset
from exports.request import ExportRequest, InvalidRequest
from exports.tests.datasets import AUDIT as STAND_IN
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_trail(_datasets):
    """Not the stand-in of the other tests."""
    from exports.datasets import AUDIT

    unregister_dataset(STAND_IN.name)
    register_dataset(AUDIT)
    yield
    unregister_dataset(AUDIT.name)
    register_dataset(STAND_IN)


def test_only_administrators_export_the_trail(tenant, client):
    admin_client = Client()
    admin_client.force_login(make_member(tenant).user)
    manager = make_member(tenant, "manager")
    full, _plain = make_api_key(tenant, ["exports:read", "exports:write", "audit:read"])
    weak, _plain = make_api_key(tenant, ["exports:read", "exports:write"])
    asked = ExportRequest("audit", "csv")
    with tenant_scope(tenant):
        for caller in ({"member": manager}, {"api_key": weak}):
            with pytest.raises(InvalidRequest, match="does not reach"):
                request_export(tenant, asked, **caller)
        export = request_export(tenant, asked, api_key=full)

    client.force_login(manager.user)
    page = f"/admin/exports/export/{export.pk}/change/"
    assert client.get(page).status_code == 302
    assert client.get(f"/api/v1/exports/{export.pk}").status_code == 404
    assert client.get(f"/api/v1/exports/{export.pk}/download").status_code == 404
    assert admin_client.get(page).status_code == 200
    assert Export._base_manager.count() == 1


def test_a_machine_needs_the_scope_of_the_data(tenant, client):
    _key, weak = make_api_key(tenant, ["exports:*"])
    _key, full = make_api_key(tenant, ["exports:*", "audit:read"])
    body = {"dataset": "audit", "format": "csv"}

    refused = client.post("/api/v1/exports", body, "application/json", HTTP_X_API_KEY=weak)
    taken = client.post("/api/v1/exports", body, "application/json", HTTP_X_API_KEY=full)

    assert (refused.status_code, taken.status_code) == (400, 201)
    assert client.get("/api/v1/exports", HTTP_X_API_KEY=weak).json()["results"] == []
    assert len(client.get("/api/v1/exports", HTTP_X_API_KEY=full).json()["results"]) == 1
