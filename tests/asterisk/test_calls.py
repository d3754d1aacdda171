"""Real calls through a real Asterisk that is configured as docs/asterisk.md says: what the CRM sees, and when."""

import pytest

from tests.asterisk.companies import MOBILE, PATIENCE, Company
from tests.asterisk.conftest import Bench
from tests.asterisk.exchange import Exchange
from tests.processes import wait_for

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(900)]

# How the exchange tells of a call: the digit of the line, and whose call it is.
WAYS = {"http": "3", "ami": "1", "both": "4", "events": "5"}


@pytest.fixture(params=["http", "ami", "both"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def company(bench: Bench, way: str) -> Company:
    return bench.companies[way]


@pytest.fixture
def line(way: str) -> str:
    """The first digit of a line that this company hears of."""
    return WAYS[way]


def test_the_manager_sees_who_calls_while_it_rings_and_the_history_follows(
    exchange: Exchange, company: Company, line: str, client: str
) -> None:
    exchange.does("150", "answer-4-60")

    exchange.calls_in(f"{line}001", client, talks=3, name="Anna")

    assert company.wait_for_popup(client) == ("150",)
    assert company.calls_of(client)[0]["status"] == "ringing"
    company.call_of(client, "talking")
    call = company.call_of(client, "answered")
    uploaded = company.wait_for_upload(client)
    assert (call["direction"], call["answered_by"], call["client_name"]) == ("in", "150", "Anna")
    assert call["did"] == f"+37517000{line}001"
    assert call["talk_seconds"] in (2, 3, 4)
    assert call["wait_seconds"] in (3, 4, 5)
    assert (uploaded.type, uploaded.result, uploaded.code) == ("in", "answered", "150")
    assert [kind for kind, _codes in company.popups_of(client)] == ["in", "hangup"]


def test_a_missed_call(exchange: Exchange, company: Company, line: str, client: str) -> None:
    exchange.calls_in(f"{line}004", client)

    assert company.wait_for_popup(client) == ("153",)
    call = company.call_of(client, "missed")
    uploaded = company.wait_for_upload(client)
    assert (call["answered_by"], call["talk_seconds"]) == ("", 0)
    assert (uploaded.result, uploaded.code) == ("no answer", "153")


def test_a_caller_who_gives_up(exchange: Exchange, company: Company, line: str, client: str) -> None:
    exchange.does("150", "silent")

    exchange.calls_in(f"{line}001", client, patience=3)

    company.wait_for_popup(client)
    company.call_of(client, "missed", "cancelled", "abandoned")
    assert company.wait_for_upload(client).result == "no answer"


def test_a_group_rings_and_one_answers(exchange: Exchange, company: Company, line: str, client: str) -> None:
    exchange.does("150", "silent")
    exchange.does("151", "answer-2-60")

    exchange.calls_in(f"{line}002", client, talks=2)

    codes = {
        code
        for kind, told in [*company.popups_of(client), ("in", company.wait_for_popup(client))]
        for code in told
    }
    call = company.call_of(client, "answered")
    company.wait_for_upload(client)
    codes |= {code for kind, told in company.popups_of(client) if kind == "in" for code in told}
    assert codes == {"150", "151"}
    assert call["answered_by"] == "151"
    assert {one["extension"] for one in call["participants"]} == {"150", "151"}


def test_a_queue_whose_first_agent_does_not_answer(
    exchange: Exchange, company: Company, line: str, client: str
) -> None:
    exchange.calls_in(f"{line}003", client, talks=2)

    call = company.call_of(client, "answered")
    uploaded = company.wait_for_upload(client)
    assert call["answered_by"] == "151"
    assert uploaded.code == "151"
    assert {one["extension"] for one in call["participants"]} == {"151", "153"}


def test_a_transfer_goes_on_with_the_other_colleague(
    exchange: Exchange, company: Company, line: str, client: str
) -> None:
    exchange.does("150", "transfer-1-2-152")

    exchange.calls_in(f"{line}001", client, talks=8)

    call = company.call_of(client, "answered")
    company.wait_for_upload(client)
    assert call["direction"] == "in"
    assert {talk["extension"] for talk in call["talks"]} == {"150", "152"}


@pytest.mark.parametrize("way", ["ami", "both"], indirect=True)
def test_a_colleague_calls_somebody(exchange: Exchange, company: Company, client: str) -> None:
    exchange.does(client, "answer-1-60")

    exchange.calls_out("150", client, talks=2)

    call = company.call_of(client, "answered")
    uploaded = company.wait_for_upload(client)
    assert call["direction"] == "out"
    assert (uploaded.type, uploaded.result, uploaded.code) == ("out", "answered", "150")


HOSTILE = [
    "'; touch /tmp/x; echo '",
    "Event: Hangup",
    "$(reboot) ${SHELL(reboot)} `reboot`",
    "a&Token=other&CallType=1",
    "<script>alert(1)</script>",
    "slash/, (brackets), {braces} and ? marks",
    "x" * 79,  # Asterisk keeps no more of what it is asked to send
]


def test_a_client_who_is_sent_on_to_a_mobile_was_answered_by_that_colleague(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    company = bench.companies["ami"]
    exchange.does(MOBILE, "answer-1-60")

    exchange.calls_in("1008", client, talks=2)

    call = company.call_of(client, "answered")
    uploaded = company.wait_for_upload(client)
    assert (call["direction"], call["answered_by"], call["responsible"]) == ("in", "152", "152")
    assert (uploaded.type, uploaded.result, uploaded.code) == ("in", "answered", "152")


def test_a_colleague_who_calls_from_a_mobile_is_told_to_no_crm(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    company = bench.companies["ami"]

    exchange.calls_in("1001", MOBILE, talks=1)
    exchange.calls_in("1001", client, talks=1)

    def internal() -> list[tuple[str, str]]:
        found = company.api("GET", "/api/v1/calls?direction=internal&extension=152")["results"]
        return [(call["status"], call["answered_by"]) for call in found]

    company.wait_for_upload(client)
    wait_for(lambda: internal() == [("answered", "150")], PATIENCE, lambda: str(internal()))
    assert company.calls_of(MOBILE) == []
    assert company.popups_of(MOBILE) == []


def test_what_strangers_call_themselves_changes_nothing_but_their_names(
    exchange: Exchange, company: Company, line: str, client: str
) -> None:
    """All at once: a call center's afternoon."""
    names = {f"{client[:-2]}{number}": name for number, name in enumerate(HOSTILE, 10)}

    for number, name in names.items():
        exchange.calls_in(f"{line}001", number, talks=2, name=name)

    for number, name in names.items():
        call = company.call_of(number, "answered")
        company.wait_for_upload(number)
        assert (call["direction"], call["answered_by"], call["client_number"]) == ("in", "150", number)
        assert call["client_name"] == name


@pytest.mark.parametrize("way", ["http", "both"], indirect=True)
def test_a_name_that_the_dialplan_looked_up(
    exchange: Exchange, company: Company, line: str, client: str
) -> None:
    exchange.calls_in(f"{line}006", client, talks=1)

    call = company.call_of(client, "answered")
    assert call["client_name"].startswith('ООО "Ромашка", O\'Neil \\')


def test_the_dialplan_may_tell_over_the_manager_interface(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    company = bench.companies["ami"]

    exchange.calls_in("5001", client, talks=2, name="Anna, Maria")

    assert company.wait_for_popup(client) == ("150",)
    call = company.call_of(client, "answered")
    assert (call["answered_by"], call["client_name"], call["did"]) == ("150", "Anna, Maria", "+375170005001")
    assert company.wait_for_upload(client).result == "answered"


class TestPowerCut:
    """Asterisk is killed in the middle of a call."""

    def test_the_call_does_not_stay_open(self, exchange: Exchange, bench: Bench, client: str) -> None:
        company = bench.companies["ami"]
        exchange.calls_in("1001", client, talks=60)
        company.call_of(client, "talking")

        exchange.kill()
        exchange.restart()

        company.call_of(client, "lost", "answered")

    def test_calls_go_on_afterwards(self, exchange: Exchange, bench: Bench, client: str) -> None:
        exchange.kill()
        exchange.restart()

        exchange.calls_in("4001", client, talks=1)

        bench.companies["both"].call_of(client, "answered")


def test_what_was_not_told_is_found_in_the_call_records(
    exchange: Exchange, bench: Bench, client: str
) -> None:
    """Lines that begin with 1 tell nothing over HTTP: to this company their calls are unknown until the records are read."""
    company = bench.companies["http"]
    exchange.calls_in("1001", client, talks=2)
    bench.companies["ami"].call_of(client, "answered")
    bench.companies["ami"].wait_for_upload(client)
    assert company.calls_of(client) == []

    told = bench.hub.manage("pbx_catch_up", "--tenant", company.number)

    assert "found only there" in told
    call = company.call_of(client, "answered")
    uploaded = company.wait_for_upload(client)
    assert (call["direction"], call["answered_by"]) == ("in", "150")
    assert (uploaded.result, uploaded.code) == ("answered", "150")
    assert company.popups_of(client) == []
    assert " 0 new" in bench.hub.manage("pbx_catch_up", "--tenant", company.number)
