"""A company with the made-up CRM connected, and runs that are worked on in this thread."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations import connectors
from integrations.actions.run_sync import LANE, run_sync
from integrations.actions.save_integration import create_integration
from integrations.connectors import registry
from integrations.models import Integration, SyncPlan, SyncRun
from integrations.records import RecordKind
from integrations.tests.crm import CONNECTOR, TinyCrm
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain


@pytest.fixture(autouse=True)
def _tiny_crm_is_a_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**registry(), "tinycrm": CONNECTOR}
    monkeypatch.setattr(connectors, "registry", lambda: known)


@pytest.fixture
def crm() -> Iterator[TinyCrm]:
    with TinyCrm().running() as running:
        yield running


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def integration(crm: TinyCrm, tenant: Tenant) -> Iterator[Integration]:
    with tenant_scope(tenant):
        yield connect(tenant, crm)


def connect(tenant: Tenant, crm: TinyCrm, name: str = "Tiny") -> Integration:
    return create_integration(
        tenant, "tinycrm", name, settings={"url": crm.url}, credentials={"key": "tiny-key"}
    )


def plan_for(integration: Integration, kind: RecordKind = RecordKind.CONTACT, **values: Any) -> SyncPlan:
    plan = SyncPlan(tenant=integration.tenant, integration=integration, kind=kind, **values)
    plan.save()
    return plan


def run(plan: SyncPlan, **options: Any) -> SyncRun:
    """A whole run, from its being asked for to its end."""
    made = run_sync(SyncPlan.objects.get(pk=plan.pk), **options)
    drain(LANE)
    made.refresh_from_db()
    return made
