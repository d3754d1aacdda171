"""The listener between real processes: killed without warning in the middle of a call, and a second one that takes over."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from telephony.ami.simulator import AmiSimulator
from tests.databases import own_database
from tests.installations import StartInstallation, new_company_number
from tests.processes import PATIENCE_SECONDS, Installation, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]

CONFIGURATION = """
tenants:
- number: "{number}"
  name: June
  timezone: Europe/Minsk
  pbx_token: "a-token-of-{number}-0001"
  ami: {{host: 127.0.0.1, port: {port}, username: hub, secret: hub-secret}}
  extensions: [{{number: "150"}}]
  api_keys: [{{name: ci, key: "{key}", scopes: ["*"]}}]
"""
CHANNEL = {
    "Channel": "PJSIP/trunk-1-00000001",
    "ChannelState": "4",
    "CallerIDNum": "+375291234570",
    "Context": "from-trunk",
    "Exten": "+375173001001",
    "Uniqueid": "sim-1.1",
    "Linkedid": "sim-1.1",
}


@pytest.fixture
def exchange() -> Iterator[AmiSimulator]:
    with AmiSimulator() as simulator:
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
    """What the company's key sees."""

    def __init__(self, installation: Installation, key: str) -> None:
        self._installation, self._headers = installation, {"X-API-Key": key}

    def get(self, path: str) -> Any:
        answer = self._installation.request("GET", path, headers=self._headers)
        return json.loads(answer.body) if answer.status == 200 else {}

    def exchange(self) -> dict[str, Any]:
        found = self.get("/api/v1/telephone-exchanges").get("results", [])
        return self.get(f"/api/v1/telephone-exchanges/{found[0]['id']}") if found else {}


def test_a_killed_listener_comes_back_at_once_and_finds_what_it_missed(
    installation: Installation, exchange: AmiSimulator, tmp_path: Path
) -> None:
    number = new_company_number()
    key = f"key-of-the-listener-test-0123456789-{number}"
    file = tmp_path / "company.yaml"
    file.write_text(CONFIGURATION.format(number=number, key=key, port=exchange.port))
    installation.manage("apply", str(file))
    hub = Hub(installation, key)
    exchange.wait_for(lambda one: one.listeners() == 1, PATIENCE_SECONDS)
    exchange.say("Newchannel", CHANNEL)
    wait_for(
        lambda: (hub.exchange().get("status") or {}).get("last_event_at"),
        PATIENCE_SECONDS,
        "nothing is stored",
    )
    exchange.channels = [{**CHANNEL, "ChannelState": "6", "BridgeId": "b-1", "Duration": "00:00:20"}]

    killed = installation.kill("listener")
    exchange.wait_for(lambda one: one.listeners() == 0, PATIENCE_SECONDS)
    installation.wait_for_restart("listener", killed)

    # Its own lease is taken up again at once: nobody waits until it has run out.
    exchange.wait_for(lambda one: one.listeners() == 1, PATIENCE_SECONDS)
    found = wait_for(
        lambda: hub.exchange() if hub.exchange().get("outages") else None, PATIENCE_SECONDS, "no gap is noted"
    )
    [gap] = found["outages"]
    assert gap["reason"] == "nobody listened: Switchboard was stopped or restarted"
    assert gap["caught_up_at"] is None
    assert len(exchange.asked("Login")) == 2
