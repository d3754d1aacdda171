"""Commands for calls between real processes: a worker killed between the exchange's doing it and its answer.

Nothing is done twice; what nobody knows is said to be unknown; what was never sent is still done, or too late.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from telephony.ami.packets import Packet
from telephony.ami.simulator import Account
from telephony.ami.switching import SwitchingSimulator
from tests.databases import own_database
from tests.installations import StartInstallation, new_company_number
from tests.processes import PATIENCE_SECONDS, Installation, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]

CONFIGURATION = """
tenants:
- number: "{number}"
  name: June
  timezone: Europe/Minsk
  phone_region: BY
  pbx_token: "a-token-of-{number}-0001"
  ami: {{host: 127.0.0.1, port: {port}, username: hub, secret: hub-secret}}
  extensions: [{{number: "150"}}, {{number: "151"}}]
  api_keys: [{{name: ci, key: "{key}", scopes: ["*"]}}]
"""
TRUNK, PHONE = "PJSIP/trunk-1-sim.1", "PJSIP/150-sim.2"
DIALLED = {
    "CallerIDNum": "+375291234570",
    "Context": "from-trunk",
    "Exten": "+375173001001",
    "Linkedid": "sim.1",
}


class HangingSimulator(SwitchingSimulator):
    """Actions that are named in `holds` are done, or looked up, and their answers kept back until a connection is new."""

    def __init__(self) -> None:
        super().__init__()
        self.holds: set[str] = set()
        self.held = 0

    def _reply(self, user: Account, name: str, action: Packet) -> bytes:
        answer = super()._reply(user, name, action)
        if name not in self.holds:
            return answer
        with self._changed:
            self.holds.discard(name)
            self.held += 1
            self._changed.notify_all()
        return b""


@pytest.fixture
def exchange() -> Iterator[HangingSimulator]:
    simulator = HangingSimulator()
    with simulator:
        yield simulator


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def installation(
    request: pytest.FixtureRequest, start_installation: StartInstallation
) -> Iterator[Installation]:
    with ExitStack() as cleanup:
        if request.param == "sqlite":
            yield start_installation(EGRESS_ALLOW="127.0.0.0/8")
            return
        url = cleanup.enter_context(own_database(request.getfixturevalue("postgres_url"), is_migrated=True))
        installation = start_installation(DATABASE_URL=url, EGRESS_ALLOW="127.0.0.0/8")
        cleanup.callback(installation.destroy)
        yield installation


class Hub:
    """What the company's key sees and does."""

    def __init__(self, installation: Installation, key: str) -> None:
        self._installation = installation
        self._headers = {"X-API-Key": key, "Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        answer = self._installation.request("GET", path, headers=self._headers)
        return json.loads(answer.body) if answer.status == 200 else {}

    def post(self, path: str, **fields: str) -> tuple[int, Any]:
        answer = self._installation.request("POST", path, json.dumps(fields).encode(), self._headers)
        return answer.status, json.loads(answer.body or b"{}")

    def talk(self) -> dict[str, Any]:
        [call] = self.get("/api/v1/calls/live").get("calls") or [{}]
        return call if call.get("phase") == "talking" else {}


@pytest.fixture
def hub(installation: Installation, exchange: HangingSimulator, tmp_path: Path) -> Hub:
    """With a listener that hears the exchange."""
    number = new_company_number()
    key = f"key-of-the-command-test-0123456789-{number}"
    file = tmp_path / "company.yaml"
    file.write_text(CONFIGURATION.format(number=number, key=key, port=exchange.port))
    installation.manage("apply", str(file))
    exchange.wait_for(lambda one: one.listeners() == 1, PATIENCE_SECONDS)
    return Hub(installation, key)


def talking(hub: Hub, exchange: HangingSimulator) -> dict[str, Any]:
    """A client who talks with 150."""
    exchange.talk("b-1", TRUNK, PHONE, linked="sim.1")
    for name, unique, extra in (
        (TRUNK, "sim.1", {}),
        (PHONE, "sim.2", {"CallerIDNum": "150", "Exten": "150"}),
    ):
        exchange.say(
            "Newchannel", {"Channel": name, "ChannelState": "4", "Uniqueid": unique, **DIALLED, **extra}
        )
    ends = {"DestChannel": PHONE, "DestUniqueid": "sim.2", "DestLinkedid": "sim.1", "Channel": TRUNK}
    exchange.say("DialBegin", {**ends, "Uniqueid": "sim.1", "Linkedid": "sim.1", "DialString": "150"})
    exchange.say("DialEnd", {**ends, "Uniqueid": "sim.1", "Linkedid": "sim.1", "DialStatus": "ANSWER"})
    for name, unique in ((TRUNK, "sim.1"), (PHONE, "sim.2")):
        entered = {"BridgeUniqueid": "b-1", "BridgeType": "basic", "Channel": name, "Uniqueid": unique}
        exchange.say("BridgeEnter", {**entered, "Linkedid": "sim.1", "BridgeNumChannels": "2"})
    return wait_for(hub.talk, PATIENCE_SECONDS, lambda: f"nobody talks: {hub.get('/api/v1/calls/live')}")


def again(exchange: HangingSimulator) -> None:
    """The client talks with 150 as before, at the exchange."""
    exchange.channels.clear()
    exchange.talk("b-1", TRUNK, PHONE, linked="sim.1")


def killed_while(installation: Installation, exchange: HangingSimulator, before: int) -> None:
    """A worker, when the exchange has got what it holds back the answer to."""
    exchange.wait_for(lambda one: one.held == before + 1, PATIENCE_SECONDS)
    installation.wait_for_restart("worker", installation.kill("worker"))


def settled(hub: Hub, path: str, states: Collection[str]) -> dict[str, Any]:
    def over() -> dict[str, Any]:
        found = hub.get(path)
        return found if found.get("state") in states else {}

    return wait_for(over, PATIENCE_SECONDS, lambda: f"goes on: {hub.get(path)}")


def test_what_a_killed_worker_asked_the_exchange_for_is_never_asked_twice(
    installation: Installation, exchange: HangingSimulator, hub: Hub
) -> None:
    call = talking(hub, exchange)
    transfer, hangup = (f"/api/v1/calls/{call['id']}/{verb}" for verb in ("transfer", "hangup"))

    # While it looks: nothing was sent, so the next one does it, if it is there before that would surprise anybody.
    exchange.holds = {"status"}
    status, first = hub.post(transfer, extension="151")
    assert status == 202
    killed_while(installation, exchange, 0)
    found = settled(hub, f"/api/v1/call-commands/{first['id']}", ("done", "failed"))
    sent = len(exchange.asked("Redirect"))
    assert (found["state"], found["reason_code"], sent) in (("done", "", 1), ("failed", "too_late", 0))

    # Between the exchange's doing it and its answer.
    again(exchange)
    exchange.holds = {"redirect"}
    status, second = hub.post(transfer, extension="151")
    assert status == 202
    killed_while(installation, exchange, 1)
    found = settled(hub, f"/api/v1/call-commands/{second['id']}", ("done", "failed"))
    assert (found["state"], found["reason_code"]) == ("failed", "in_doubt")
    assert "a worker was interrupted" in found["reason"]
    assert len(exchange.asked("Redirect")) == sent + 1

    again(exchange)
    status, third = hub.post(hangup)
    assert status == 202
    assert settled(hub, f"/api/v1/call-commands/{third['id']}", ("done", "failed"))["state"] == "done"
    assert exchange.names() == set()

    # A click.
    exchange.holds = {"originate"}
    status, click = hub.post("/api/v1/calls/originate", extension="150", phone="+375291234599")
    assert status == 202, click
    killed_while(installation, exchange, 2)
    path = f"/api/v1/originations/{click['id']}"
    found = settled(hub, path, ("failed", "ended"))
    assert found["reason"]
    assert len(exchange.asked("Originate")) == 1
