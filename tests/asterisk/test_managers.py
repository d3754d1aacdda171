"""What goes from the CRM to the exchange: calls that were asked for by a click, and clients who are put through to their manager."""

from typing import Any

import pytest

from tests.asterisk.companies import CUSTOMERS, PATIENCE, Company
from tests.asterisk.conftest import Bench
from tests.asterisk.exchange import Exchange
from tests.processes import wait_for

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(900)]

WAITING, CALLING = (
    customer.phone for customer in CUSTOMERS
)  # one for each test: a call is known by its client
MANAGER = "151"


def click(company: Company, phone: str, extension: str = "150") -> str:
    asked: dict[str, Any] = company.api(
        "POST", "/api/v1/calls/originate", {"phone": phone, "extension": extension}
    )
    return str(asked["id"])


def wait_for_state(company: Company, key: str, *states: str) -> dict[str, Any]:
    def state() -> dict[str, Any] | None:
        row: dict[str, Any] = company.api("GET", f"/api/v1/originations/{key}")
        return row if row["state"] in states else None

    row = wait_for(state, PATIENCE, lambda: str(company.api("GET", f"/api/v1/originations/{key}")))
    assert row is not None
    return row


def command(company: Company, path: str, body: Any = None) -> dict[str, Any]:
    """What became of it."""
    key = company.api("POST", path, body)["id"]

    def settled() -> dict[str, Any] | None:
        row: dict[str, Any] = company.api("GET", f"/api/v1/call-commands/{key}")
        return row if row["state"] != "pending" else None

    row = wait_for(settled, PATIENCE, lambda: company.hub.output[-2000:])
    assert row is not None
    return row


def wait_for_talk(company: Company, client: str, extension: str) -> None:
    """Until the client talks with that colleague."""

    def talks() -> bool:
        live: dict[str, Any] = company.api("GET", "/api/v1/calls/live")
        return any(
            call["client_number"] == client
            and (call["phase"], call["extensions"]) == ("talking", [extension])
            for call in live["calls"]
        )

    wait_for(talks, PATIENCE, lambda: str(company.calls_of(client)))


def test_a_click_rings_the_colleague_and_then_the_client(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    company = bench.companies["ami"]
    exchange.does(client, "answer-1-3")

    key = click(company, client)

    wait_for_state(company, key, "talking", "ended")
    call = company.call_of(client, "answered")
    row = wait_for_state(company, key, "ended")
    assert (call["direction"], call["answered_by"] or call["responsible"]) == ("out", "150")
    assert row["agent_answered_at"] is not None
    uploaded = company.wait_for_upload(client)
    assert (uploaded.type, uploaded.result, uploaded.code) == ("out", "answered", "150")


def test_a_click_while_the_colleague_is_not_there_says_so(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    company = bench.companies["ami"]
    exchange.does("153", "busy")

    row = wait_for_state(company, click(company, client, "153"), "failed")

    assert row["reason"]
    assert company.calls_of(client) == []


def test_a_click_by_the_exchanges_command_line(exchange: Exchange, bench: Bench, client: str) -> None:
    """Over SSH, through the script that docs/telephony-ssh.md shows."""
    company = bench.companies["both"]
    exchange.does(client, "answer-1-3")

    key = click(company, client)

    wait_for_state(company, key, "talking", "ended")
    call = company.call_of(client, "answered")
    row = wait_for_state(company, key, "ended")
    assert (call["direction"], call["answered_by"] or call["responsible"]) == ("out", "150")
    assert row["agent_answered_at"] is not None


@pytest.mark.parametrize("way", ["ami", "both"])
def test_a_talk_is_given_to_a_colleague_and_ended(
    exchange: Exchange, bench: Bench, client: str, way: str
) -> None:
    """Over the manager interface, and where clicks go by SSH by the command line."""
    company = bench.companies[way]
    exchange.calls_in("1001", client, talks=60)
    call = company.call_of(client, "talking")

    given = command(company, f"/api/v1/calls/{call['id']}/transfer", {"extension": "151"})

    assert (given["state"], given["talker"]) == ("done", "150"), str(given)
    wait_for_talk(company, client, "151")

    ended = command(company, f"/api/v1/calls/{call['id']}/hangup")

    assert (ended["state"], ended["talker"]) == ("done", "151"), str(ended)
    over = company.call_of(client, "answered")
    assert (over["direction"], over["answered_by"], over["responsible"]) == ("in", "150", "151")
    assert {one["extension"] for one in over["participants"]} == {"150", "151"}


def test_a_client_who_was_called_is_given_to_a_colleague(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    company = bench.companies["ami"]
    exchange.does(client, "answer-1-60")
    wait_for_state(company, click(company, client), "talking")
    call = company.call_of(client, "talking")

    given = command(company, f"/api/v1/calls/{call['id']}/transfer", {"extension": "151"})

    assert given["state"] == "done", str(given)
    wait_for_talk(company, client, "151")
    ended = command(company, f"/api/v1/calls/{call['id']}/hangup")
    assert ended["state"] == "done", str(ended)
    over = company.call_of(client, "answered")
    assert (over["direction"], over["responsible"]) == ("out", "151")


def test_a_client_who_waits_is_moved_to_the_manager(exchange: Exchange, bench: Bench) -> None:
    """The exchange is told: the client hears ringing, and nobody's phone has rung."""
    company = bench.companies["both"]
    exchange.calls_in("1007", WAITING, talks=1)
    waiting = company.call_of(WAITING, "ringing", "new")
    channel = company.api("GET", f"/api/v1/calls/{waiting['id']}")["legs"][0]["device"]

    asked = {"phone": WAITING, "unique_id": waiting["external_id"], "channel": channel}
    decided = company.api("POST", "/api/smart-redirect", asked)

    call = company.call_of(WAITING, "answered")
    row = company.api("GET", f"/api/v1/redirects/{decided['id']}")
    assert (row["outcome"], row["extension"]) == ("redirected", MANAGER), str(row)
    assert call["answered_by"] == MANAGER
    assert {one["extension"] for one in call["participants"]} == {MANAGER}


def test_a_client_is_put_through_to_the_manager(exchange: Exchange, bench: Bench) -> None:
    company = bench.companies["both"]

    exchange.calls_in("4005", CALLING, talks=1)

    call = company.call_of(CALLING, "answered")
    assert call["answered_by"] == MANAGER
    assert {one["extension"] for one in call["participants"]} == {MANAGER}


def test_somebody_unknown_rings_everywhere(exchange: Exchange, bench: Bench, client: str) -> None:
    company = bench.companies["both"]
    exchange.does("151", "silent")

    exchange.calls_in("4005", client, talks=1)

    call = company.call_of(client, "answered")
    assert call["answered_by"] == "150"
    assert {one["extension"] for one in call["participants"]} == {"150", "151"}
