"""Anybody can try every connector without an account: one click starts its simulator and connects it."""

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from integrations.actions import start_tryout as starting
from integrations.actions.check_integration import LANE as CHECK_LANE
from integrations.actions.delete_integration import delete_integration
from integrations.actions.save_integration import update_integration
from integrations.actions.start_tryout import start_tryout
from integrations.actions.test_connection import diagnose
from integrations.connectors import registry
from integrations.management.commands.simulators import watch
from integrations.models import Integration, Tryout
from integrations.models.tryout import HOST, TryoutState
from integrations.simulators import discover
from integrations.tryouts import keeper as keeping
from integrations.tryouts.keeper import Keeper
from integrations.tryouts.progress import PATIENCE, Stage, progress_of
from tenants.errors import ConfigError
from tenants.models import Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.simulation import BaseSimulator
from tenants.tests.factories import make_member, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ports() -> tuple[int, ...]:
    """Two free ones of this machine: those of a copy that runs here, or of other tests, may be taken."""
    with ExitStack() as held:
        found = [held.enter_context(socket.create_server((HOST, 0))) for _one in range(2)]
        return tuple(one.getsockname()[1] for one in found)


@pytest.fixture(autouse=True)
def _permitted(settings: Any, monkeypatch: Any, ports: tuple[int, ...]) -> None:
    monkeypatch.setattr("integrations.tryouts.ports.tryout_ports", lambda: ports)
    settings.SIMULATORS = True
    settings.EGRESS_ALLOW = [f"{HOST}/32:{port}" for port in ports]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def client_of(tenant: Tenant, role: str = Role.ADMIN) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def click(client: Client, code: str) -> Any:
    return client.post(reverse("admin:integrations_integration_simulate", args=[code]))


def answers(tryout: Tryout) -> bool:
    try:
        with socket.create_connection((HOST, tryout.port), timeout=0.5):
            return True
    except OSError:
        return False


def wait_for(holds: Callable[[], bool]) -> None:
    rest = threading.Event()
    for _try in range(600):
        if holds():
            return
        rest.wait(0.1)
    raise AssertionError("it did not come to that in a minute")


def live(client: Client, tryout: Tryout) -> dict[str, Any]:
    """What the page's script is told."""
    url = reverse("admin:integrations_integration_simulation_status")
    found: list[dict[str, Any]] = client.get(url, {"ids": str(tryout.pk)}).json()["exports"]
    return found[0]


def test_every_connector_has_a_simulator() -> None:
    assert set(registry()) <= set(discover())


@pytest.mark.parametrize("code", sorted(registry()))
def test_what_its_simulator_says_to_enter_works(code: str, tenant: Tenant) -> None:
    with tenant_scope(tenant), closing(Keeper()) as keeper:
        tryout = start_tryout(tenant, code)
        keeper.keep()

        found = diagnose(tryout.integration)

    assert found.works, [str(one.text) for one in found.checks]


def test_a_click_starts_it_and_shows_it_marked_and_removing_it_stops_it(
    tenant: Tenant, ports: tuple[int, ...]
) -> None:
    client, stop, keeper = client_of(tenant), threading.Event(), Keeper()
    process = threading.Thread(target=watch, args=(keeper, stop))
    process.start()
    try:
        catalogue = client.get(reverse("admin:integrations_integration_add")).content.decode()
        waiting = click(client, "ozon")["Location"]
        with all_tenants():
            tryout = Tryout.objects.get()
        first = client.get(waiting).content.decode()
        wait_for(lambda: live(client, tryout)["state"] == "trying")
        drain(CHECK_LANE)
        shown = live(client, tryout)
        gone_on = client.get(waiting)
        page = client.get(gone_on["Location"]).content.decode()
        listed = client.get(reverse("admin:integrations_integration_changelist")).content.decode()

        assert "Try it with a simulator" in catalogue
        assert waiting == reverse("admin:integrations_integration_simulation", args=[tryout.integration_id])
        assert "The simulation is being prepared" in first
        assert (shown["state"], shown["is_finished"]) == ("ready", True)
        assert gone_on["Location"] == reverse(
            "admin:integrations_integration_change", args=[tryout.integration_id]
        )
        assert "The simulator runs, and the connection works." in page
        assert f"http://127.0.0.1:{tryout.port}/" in page
        assert "Ozon, simulated" in listed
        assert tryout.port in ports
        with tenant_scope(tenant):
            delete_integration(Integration.objects.get())
        wait_for(lambda: not answers(tryout))
    finally:
        stop.set()
        process.join()


def test_whoever_may_not_add_integrations_and_other_requests_start_nothing(tenant: Tenant) -> None:
    assert click(client_of(tenant, Role.MANAGER), "ozon").status_code == 403
    url = reverse("admin:integrations_integration_simulate", args=["ozon"])
    assert client_of(tenant).get(url).status_code == 405
    with all_tenants():
        assert not Integration.objects.exists()


@pytest.mark.parametrize("what", ["switched off", "egress"])
def test_without_the_operators_permission_nothing_is_offered_or_started(
    tenant: Tenant, settings: Any, what: str
) -> None:
    if what == "egress":
        settings.EGRESS_ALLOW = []
    else:
        settings.SIMULATORS = False
    client = client_of(tenant)

    shown = client.get(reverse("admin:integrations_integration_add")).content.decode()
    answer = click(client, "ozon")

    assert "Try it with a simulator" not in shown
    assert answer["Location"] == reverse("admin:integrations_integration_add")
    with all_tenants():
        assert not Integration.objects.exists()


def test_ports_run_out_and_unknown_systems_are_refused(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        first, second = start_tryout(tenant, "ozon"), start_tryout(tenant, "ozon")

        with pytest.raises(ConfigError):
            start_tryout(tenant, "rest")
        with pytest.raises(ValidationError):
            start_tryout(tenant, "nothing")

        assert first.port != second.port
        assert Integration.objects.count() == 2


def test_a_simulation_that_gets_another_address_is_none_any_more(tenant: Tenant) -> None:
    with tenant_scope(tenant), closing(Keeper()) as keeper:
        tryout = start_tryout(tenant, "telegram")
        keeper.keep()
        row = Integration.objects.get()

        real = {"url": "https://api.telegram.org", "updates": "polling"}
        update_integration(row, settings=real, credentials=row.credentials)
        keeper.keep()

        assert keeper.running == frozenset()
        assert not Tryout.objects.exists()
        assert Integration.objects.exists()
        assert not answers(tryout)


def test_what_cannot_start_says_so_and_a_new_process_tries_again(tenant: Tenant, monkeypatch: Any) -> None:
    def occupied(*_arguments: Any) -> BaseSimulator:
        raise OSError(98, "Address already in use")

    with tenant_scope(tenant):
        tryout = start_tryout(tenant, "rest")
        with monkeypatch.context() as patched, closing(Keeper()) as keeper:
            patched.setattr(keeping, "made", occupied)
            keeper.keep()
            tryout.refresh_from_db()
            assert (tryout.state, tryout.error) == ("failed", "Address already in use")

            page = reverse("admin:integrations_integration_simulation", args=[tryout.integration_id])
            shown = client_of(tenant).get(page).content.decode()
            assert "The simulator could not start: Address already in use." in shown
            assert 'data-finished="1"' in shown

        with closing(Keeper()) as keeper:
            keeper.keep()
            tryout.refresh_from_db()
            assert (tryout.state, tryout.error) == ("running", "")


def test_a_connection_that_does_not_work_is_said_in_words(tenant: Tenant) -> None:
    with tenant_scope(tenant), closing(Keeper()) as keeper:
        tryout = start_tryout(tenant, "rest")
        row = tryout.integration
        update_integration(row, settings=row.settings, credentials={**row.credentials, "key": "wrong"})
        keeper.keep()

        drain(CHECK_LANE)

    shown = live(client_of(tenant), tryout)
    assert (shown["state"], shown["is_finished"], shown["tone"]) == ("failed", True, "bad")
    assert shown["rows"].startswith("The simulator runs, but the connection does not work: ")


def test_what_takes_long_says_what_may_be_missing(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        tryout = start_tryout(tenant, "rest")
    soon, late = tryout.changed_at, tryout.changed_at + 2 * PATIENCE

    assert progress_of(tryout, soon).text == ""
    assert "manage.py simulators" in progress_of(tryout, late).text
    tryout.state = TryoutState.RUNNING
    assert (progress_of(tryout, soon).stage, progress_of(tryout, soon).text) == (Stage.TRYING, "")
    assert "“integrations”" in progress_of(tryout, late).text


def test_another_company_sees_nothing_of_it(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        tryout = start_tryout(tenant, "rest")
    stranger = client_of(make_tenant())
    page = reverse("admin:integrations_integration_simulation", args=[tryout.integration_id])
    status = reverse("admin:integrations_integration_simulation_status")

    assert stranger.get(page).status_code == 404
    assert stranger.get(status, {"ids": str(tryout.pk)}).json() == {"exports": []}
    assert stranger.get(status, {"ids": "nonsense"}).status_code == 400


def test_nothing_is_left_behind_where_the_row_cannot_be_kept(tenant: Tenant, monkeypatch: Any) -> None:
    with tenant_scope(tenant):
        first = start_tryout(tenant, "ozon")
        monkeypatch.setattr(starting, "free_port", lambda: first.port)

        with pytest.raises(ConfigError):
            start_tryout(tenant, "ozon")

        assert Integration.objects.count() == 1
