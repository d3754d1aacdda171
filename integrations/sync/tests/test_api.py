"""Synchronisations over the API: made, changed, run, looked at, cancelled and decided."""

from typing import Any

import pytest
from django.test import Client

from integrations.actions.run_sync import LANE
from integrations.models import ConflictPolicy, Integration, SyncConflict, SyncDirection, SyncPlan, SyncRun
from integrations.sync.tests.conftest import connect, plan_for, run
from integrations.tests.crm import TinyCrm
from tenants.tests.factories import make_api_key, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(integration: Integration) -> Client:
    return Client(headers={"x-api-key": make_api_key(integration.tenant, ["*"])[1]})


def send(client: Client, method: str, path: str, **body: Any) -> Any:
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")


def test_a_synchronisation_from_its_making_to_its_report(
    client: Client, crm: TinyCrm, integration: Integration
) -> None:
    crm.put("contacts", name="Anna")
    crm.put("contacts", name=None)
    made = send(client, "post", "syncs", integration=str(integration.pk), kind="contact", interval_minutes=60)
    assert made.status_code == 201, made.content
    plan = made.json()
    assert (plan["direction"], plan["full_cron"], plan["enabled"]) == ("import", "17 3 * * *", True)
    assert plan["next_due_at"]

    begun = send(client, "post", f"syncs/{plan['id']}/run", full=True)
    assert (begun.status_code, begun.json()["state"]) == (201, "waiting")
    assert send(client, "post", f"syncs/{plan['id']}/run").status_code == 409
    drain(LANE)

    (found,) = client.get("/api/v1/sync-runs", {"sync": plan["id"], "state": "completed"}).json()["results"]
    assert (found["created"], found["failed"], found["percent"]) == (1, 1, 100)
    (fault,) = client.get(f"/api/v1/sync-runs/{found['id']}/faults").json()
    assert (fault["outside_id"], fault["text"]) == ("2", "it has no name")
    assert send(client, "post", f"sync-runs/{found['id']}/cancel").status_code == 409


def test_a_run_is_cancelled(client: Client, integration: Integration) -> None:
    plan = plan_for(integration)
    begun = send(client, "post", f"syncs/{plan.pk}/run").json()

    assert send(client, "post", f"sync-runs/{begun['id']}/cancel").json()["state"] == "cancelled"
    assert drain(LANE) == 0


WRONG = [
    ({"kind": "order"}, "kind"),
    ({"kind": "nothing"}, "kind"),
    ({"kind": "company", "direction": "both"}, "direction"),
    ({"kind": "contact", "cron": "* * * *"}, "cron"),
    ({"kind": "contact", "cron": "99 * * * *"}, "cron"),
    ({"kind": "contact", "full_cron": "0 0 31 2 *"}, "full_cron"),
    ({"kind": "contact", "interval_minutes": 0}, "interval_minutes"),
    ({"kind": "contact", "deletion_limit": 101}, "deletion_limit"),
    ({"kind": "contact", "watermark": "2026-01-01T00:00:00Z"}, "watermark"),
    ({"kind": "contact", "nonsense": 1}, "nonsense"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_what_is_wrong_is_named(
    client: Client, integration: Integration, body: dict[str, Any], field: str
) -> None:
    answer = send(client, "post", "syncs", integration=str(integration.pk), **body)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert not SyncPlan.objects.exists()


def test_of_a_kind_there_is_one_and_it_stays_that(client: Client, integration: Integration) -> None:
    plan = plan_for(integration)

    again = send(client, "post", "syncs", integration=str(integration.pk), kind="contact")
    other = send(client, "patch", f"syncs/{plan.pk}", kind="product")
    changed = send(
        client, "patch", f"syncs/{plan.pk}", cron="*/30 * * * *", interval_minutes=None, enabled=False
    )

    assert again.status_code == other.status_code == 400
    assert other.json()["errors"][0]["field"] == "kind"
    assert changed.status_code == 200, changed.content
    plan.refresh_from_db()
    assert (plan.cron, plan.interval_minutes, plan.is_enabled) == ("*/30 * * * *", None, False)


def test_strangers_neither_see_nor_begin_anything(integration: Integration) -> None:
    plan = plan_for(integration)
    strangers = Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})

    assert strangers.get("/api/v1/syncs").json()["results"] == []
    assert strangers.get(f"/api/v1/syncs/{plan.pk}").status_code == 404
    assert send(strangers, "post", f"syncs/{plan.pk}/run").status_code == 404
    answer = send(strangers, "post", "syncs", integration=str(integration.pk), kind="product")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "integration")
    assert not SyncRun.objects.exists()


def test_a_conflict_is_decided_once(client: Client, crm: TinyCrm, integration: Integration) -> None:
    plan = plan_for(integration, direction=SyncDirection.BOTH, conflict_policy=ConflictPolicy.MANUAL)
    with TinyCrm().running() as second:
        other = plan_for(connect(integration.tenant, second, "Second"), direction=SyncDirection.BOTH)
        id = crm.put("contacts", name="Anna")
        for one in (plan, other, other):
            run(one)
        second.put("contacts", "1", name="Anne")
        crm.put("contacts", id, name="Ann")
        run(other)
        run(plan)
    assert SyncConflict.objects.count() == 1

    (found,) = client.get("/api/v1/sync-conflicts", {"open": "true"}).json()["results"]
    path = f"sync-conflicts/{found['id']}/resolve"
    assert send(client, "post", path, resolution="nobody").status_code == 400
    assert send(client, "post", path, resolution="theirs").json()["resolution"] == "theirs"
    assert send(client, "post", path, resolution="ours").status_code == 409

    assert client.get("/api/v1/contacts").json()["results"][0]["name"] == "Ann"
