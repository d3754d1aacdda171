"""Every captured call, told to a simulated amoCRM: toasts for those who rang, and one entry, or an incoming lead."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.actions.assign_extension import assign_extension
from integrations.actions.load_users import load_users
from integrations.actions.save_integration import create_integration
from integrations.connectors.amocrm.simulator import Simulator, User
from integrations.connectors.amocrm.simulator.people import phone
from integrations.models import Integration
from telephony.fold.tests.test_scenarios import EXPECTED
from telephony.models import CallNotification, Pbx
from telephony.tests.factories import make_pbx, notifications, play, posts, store
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db

EXTERNAL = sorted(name for name, row in EXPECTED.items() if row[0] in ("in", "out"))
EXTENSIONS = [str(number) for number in range(150, 160)]


@pytest.fixture(autouse=True)
def _scope(settings: Any) -> Iterator[None]:
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with all_tenants():
        yield


@pytest.fixture
def crm() -> Iterator[Simulator]:
    users = [User(int(name), f"Ann {name}") for name in EXTENSIONS]
    with Simulator(users=users, limits_rate=False).running() as running:
        yield running


@pytest.fixture
def integration(crm: Simulator) -> Integration:
    row = create_integration(
        make_tenant(timezone="UTC"),
        "amocrm",
        "amoCRM",
        settings={"url": crm.url},
        credentials={"access_token": crm.token},
    )
    load_users(row)
    for name in EXTENSIONS:
        make_extension(row.tenant, name)
        assign_extension(row, name, name)
    return row


@pytest.fixture
def pbx(integration: Integration) -> Pbx:
    return make_pbx(integration.tenant)


def finish() -> None:
    for lane in ("calls.finish", "calls.notify", "calls.notify"):
        drain(lane, timezone.now() + timedelta(minutes=1))


def know(crm: Simulator, *numbers: str) -> None:
    """Contacts with these numbers."""
    for number in numbers:
        crm.account.add("contacts", name="Client", custom_fields_values=[phone(crm.account, number)])


def states(kind: str) -> list[tuple[str, str]]:
    return list(CallNotification.objects.filter(kind=kind).values_list("state", "reason_code"))


@pytest.mark.parametrize("name", EXTERNAL)
def test_every_captured_call_of_a_known_number_is_one_entry(pbx: Pbx, crm: Simulator, name: str) -> None:
    call = play(pbx, name)
    know(crm, call.client_number)
    finish()

    if not call.client_number or call.ended_at is None:
        assert crm.account.calls == []  # nobody to write it to, or its end was never told
        return
    assert states("upload") == [("done", "")]
    [entry] = crm.account.calls
    assert (entry.data["uniq"], entry.data["duration"]) == (call.external_id, call.talk_seconds)
    assert entry.data["direction"] == {"in": "inbound", "out": "outbound"}[call.direction]
    assert (entry.data["call_status"] == 4) == (call.answered_at is not None)
    assert entry.data.get("created_by", 0) == int(call.responsible or 0)
    assert CallNotification.objects.get(kind="upload").outside_id == str(entry.id)
    assert crm.account.unsorted == []


@pytest.mark.parametrize("name", EXTERNAL)
def test_every_captured_call_of_an_unknown_number_waits_among_the_leads_when_it_came_in(
    pbx: Pbx, crm: Simulator, name: str
) -> None:
    call = play(pbx, name)
    finish()

    assert crm.account.calls == []
    if not call.client_number or call.ended_at is None:
        assert crm.account.unsorted == []
    elif call.direction == "out":
        assert states("upload") == [("cancelled", "unsupported")]
        assert crm.account.unsorted == []
    else:
        assert states("upload") == [("done", "")]
        [waiting] = crm.account.unsorted
        assert waiting.data["metadata"]["from"] == call.client_number
        assert waiting.data["metadata"]["uniq"] == call.external_id


def test_toasts_are_shown_to_a_group_once(pbx: Pbx, crm: Simulator) -> None:
    played = posts("ring_group")
    rings = [index for index, post in enumerate(played) if post.path == "/dial"]

    store(pbx, played[: rings[-1] + 1])
    drain("calls.fold")
    drain("calls.notify")

    shown = [one for popup in crm.account.popups for one in popup.users]
    assert len(shown) > 1
    assert {str(one) for one in shown} <= set(EXTENSIONS)


def test_nothing_is_told_twice(pbx: Pbx, crm: Simulator) -> None:
    call = play(pbx, "inbound_answered")
    finish()
    before = (notifications(call), len(crm.requests))

    store(pbx, posts("inbound_answered"))
    drain("calls.fold")
    finish()

    assert (notifications(call), len(crm.requests)) == before


def test_entry_that_may_have_arrived_is_left_to_a_person(pbx: Pbx, crm: Simulator) -> None:
    call = play(pbx, "inbound_answered")
    know(crm, call.client_number)
    crm.fail_next("500", after=True, path="/api/v4/calls")

    finish()

    assert states("upload") == [("failed", "outcome_unknown")]
    assert len(crm.account.calls) == 1
