"""What is wrong with an object of which a request told us stays on record, until the object comes without fault."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from integrations import receivers
from integrations.actions.run_sync import LANE as RUNS
from integrations.actions.run_sync import run_sync
from integrations.actions.save_integration import create_integration
from integrations.actions.save_mapping import save_mapping
from integrations.models import Contact as Stored
from integrations.models import Integration, SyncFault, SyncPlan
from integrations.records import RecordKind
from integrations.sync import receiving
from integrations.tests.hooked import KEY, Simulator, register_made_up
from integrations.tests.test_receive_hook import handle, outcomes, tell
from tenants.models import Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_member, make_tenant
from tenants.work import drain
from webhooks.models import Handling

CHANGED = {"what": "changed", "id": "1"}
RULES = [{"theirs": "since", "ours": "custom.since", "transform": "date"}]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _known(monkeypatch: Any) -> Iterator[None]:
    register_made_up(monkeypatch)
    for name, empty in (("_records", {}), ("_removals", {}), ("_clicks", [])):
        monkeypatch.setattr(receivers, name, empty)
    receiving.register()
    with all_tenants(), translation.override("en"):
        yield


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator().running() as running:
        running.more = {"since": "long ago"}
        yield running


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(language="en")


@pytest.fixture
def row(tenant: Tenant, simulator: Simulator) -> Integration:
    made = create_integration(
        tenant, "made_up", "Made-up", settings={"url": simulator.url}, credentials={"key": KEY}
    )
    save_mapping(made, "contact", RULES)
    return made


def test_an_object_that_is_read_again_and_does_not_fit_the_mapping_is_a_faulty_record(
    row: Integration,
) -> None:
    inbound = handle(tell(row, CHANGED))

    fault = SyncFault.objects.get()
    assert (fault.run, fault.integration, fault.kind, fault.outside_id) == (None, row, "contact", "1")
    assert fault.text.startswith("Field mapping, row 1 (since → custom.since), “long ago”")
    assert (fault.inbound_id, fault.tenant_id) == (inbound.pk, row.tenant_id)
    [(finding, text)] = outcomes(inbound)
    assert (finding, text.startswith("Created. Field mapping, row 1")) == ("done", True)
    assert Stored.objects.get().name == "Anna"


def test_what_is_told_whole_is_recorded_the_same_way(row: Integration) -> None:
    handle(tell(row, {"what": "told", "id": "9", "name": "Vera", "since": "long ago"}))

    assert SyncFault.objects.get().outside_id == "9"


def test_one_that_cannot_be_kept_at_all_is_recorded_too(row: Integration) -> None:
    inbound = handle(tell(row, {"what": "told", "id": "9", "name": "x" * 2_000_000}))

    assert inbound.handling == Handling.FAILED
    assert SyncFault.objects.get().text.startswith("The field “name”")


def test_the_same_object_again_is_the_same_fault_seen_later(row: Integration, simulator: Simulator) -> None:
    handle(tell(row, CHANGED))
    first = SyncFault.objects.get()
    simulator.more = {"since": "some day"}

    again = handle(tell(row, CHANGED))

    fault = SyncFault.objects.get()
    assert (fault.pk, fault.inbound_id) == (first.pk, again.pk)
    assert "“some day”" in fault.text
    assert fault.last_seen_at
    assert first.last_seen_at
    assert fault.last_seen_at > first.last_seen_at


@pytest.mark.parametrize("mended", [{"since": "2026-01-02"}, {}])
def test_it_is_over_when_the_object_comes_without_fault(
    row: Integration, simulator: Simulator, mended: dict[str, str]
) -> None:
    handle(tell(row, CHANGED))
    handle(tell(row, {"what": "changed", "id": "2"}))
    simulator.more = mended

    handle(tell(row, CHANGED))

    assert SyncFault.objects.get().outside_id == "2"


def test_it_is_over_when_the_object_is_gone(row: Integration, simulator: Simulator) -> None:
    handle(tell(row, CHANGED))
    del simulator.contacts["1"]

    handle(tell(row, CHANGED))

    assert not SyncFault.objects.exists()


def test_it_is_over_when_a_run_has_read_the_object(
    row: Integration, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.capabilities import Page
    from integrations.records import Contact
    from integrations.tests.hooked import MadeUpSession

    plan = SyncPlan.objects.create(tenant=row.tenant, integration=row, kind=RecordKind.CONTACT)
    for id_ in ("1", "2"):
        handle(tell(row, {"what": "changed", "id": id_}))
    anna = Contact(outside_id="1", name="Anna", raw={"since": "2026-01-02"})
    monkeypatch.setattr(MadeUpSession, "read", lambda *_all: Page(records=(anna,)))

    run_sync(plan)
    drain(RUNS)

    assert SyncFault.objects.get().outside_id == "2"


def test_faulty_records_are_listed_for_people_and_machines_of_the_company(row: Integration) -> None:
    inbound = handle(tell(row, CHANGED))
    plan = SyncPlan.objects.create(tenant=row.tenant, integration=row, kind=RecordKind.CONTACT)
    client = Client()
    client.force_login(make_member(row.tenant, Role.MANAGER).user)
    pages = [
        reverse("admin:integrations_syncfault_changelist"),
        reverse("admin:integrations_syncfault_change", args=[SyncFault.objects.get().pk]),
        reverse("admin:integrations_syncplan_change", args=[plan.pk]),
    ]

    shown = [client.get(page, headers={"accept-language": "en"}).content.decode() for page in pages]

    assert ["“long ago”" in page for page in shown] == [True, True, True]
    assert reverse("admin:webhooks_inbound_change", args=[inbound.pk]) in shown[1]
    api = Client(headers={"x-api-key": make_api_key(row.tenant, ["*"])[1]})
    [found] = api.get("/api/v1/sync-faults", {"integration": str(row.pk)}).json()["results"]
    assert (found["outside_id"], found["kind"], found["run"], found["inbound"]) == (
        "1", "contact", None, str(inbound.pk),
    )  # fmt: skip
    stranger = Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})
    assert stranger.get("/api/v1/sync-faults").json()["results"] == []
    assert stranger.get(f"/api/v1/sync-faults/{found['id']}").status_code == 404
    assert api.get("/api/v1/sync-faults", {"integration": "nonsense"}).status_code == 400
