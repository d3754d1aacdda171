"""The simulated Planfix as a stranger meets it: by plain HTTP, from what its documentation says."""

import pytest
import requests

from integrations.connectors.planfix.simulator import Simulator

TOKEN = "simulator-token"
CALL = {"type": "in", "phone": "79001234567", "callid": "1", "ext": "150", "diversion": "78005553535"}
END = {"duration": "61", "is_recorded": "0", "status": "Success"}


@pytest.fixture
def sim():
    with Simulator().running() as running:
        yield running


def post(sim, command, token=TOKEN, **fields):
    return requests.post(
        f"{sim.url}/tel/api", data={"cmd": command, "planfix_token": token, **fields}, timeout=5
    )


def event(sim, name, **fields):
    return post(sim, "event", event=name, **(CALL | fields))


def test_wrong_token_is_refused_before_anything_else(sim):
    answer = post(sim, "ping", token="wrong")

    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid token"})


def test_ping_tells_where_the_exchange_is(sim):
    assert set(post(sim, "ping").json()) == {"pbxToken", "pbxUrl"}


def test_contact_names_the_caller_and_who_is_responsible(sim):
    assert post(sim, "contact", phone="79001234567", callid="1").json() == {
        "contact_name": "Петров Иван",
        "responsible": 150,
    }
    assert post(sim, "contact", phone="79990000000").json() == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"phone": "+79001234567"},
        {"phone": ""},
        {"type": "inbound"},
        {"ext": ""},
        {"callid": ""},
        {"event": "OUTGOING"},
        {"event": "COMPLETED"},
        {"event": "COMPLETED", **END, "status": "success"},
        {"event": "COMPLETED", **END, "status": "NoAnswer"},
        {"event": "COMPLETED", **END, "duration": "1:01"},
        {"event": "COMPLETED", **END, "is_recorded": "yes"},
        {"event": "COMPLETED", **END, "record_link": "file:///etc/passwd"},
    ],
)
def test_illegal_events_are_refused_and_leave_nothing(sim, fields):
    answer = post(sim, **({"command": "event", "event": "INCOMING"} | CALL | fields))

    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid parameters"})
    assert (sim.events, sim.cards, sim.journal) == ([], [], [])


def test_cancelled_closes_one_card_and_success_makes_an_entry_each_time(sim):
    for extension in ("150", "151"):
        event(sim, "INCOMING", ext=extension)
    event(sim, "ACCEPTED")
    event(sim, "COMPLETED", ext="151", **(END | {"status": "Cancelled", "duration": "0"}))
    assert [card.state for card in sim.cards] == ["talking", "ended"]

    event(sim, "COMPLETED", **END)
    event(sim, "COMPLETED", **END)

    assert [card.state for card in sim.cards] == ["ended", "ended"]
    assert len(sim.journal) == 2


def test_recording_may_follow(sim):
    event(sim, "COMPLETED", **(END | {"is_recorded": "1"}))
    assert sim.journal[0].is_record_awaited

    assert post(sim, "record", callid="1", record_link="https://hub.example/a.mp3", is_temp="0").ok
    assert post(sim, "record", callid="other", record_link="https://hub.example/a.mp3").status_code == 400

    assert sim.journal[0].record_link == "https://hub.example/a.mp3"


def test_rest_takes_one_request_a_second_and_gives_only_the_fields_asked_for(sim):
    def users(**body):
        return requests.post(
            f"{sim.url}/rest/user/list", json=body, headers={"Authorization": "Bearer simulator-rest-token"}, timeout=5
        )  # fmt: skip

    first, second = users(pageSize=2, fields="id,name"), users(pageSize=2)

    assert first.json()["users"] == [{"id": 5, "name": "Анна"}, {"id": 6, "name": "Борис"}]
    assert second.status_code == 429


@pytest.mark.parametrize("language", ["en", "ru"])
def test_page_shows_cards_and_the_journal(sim, language):
    event(sim, "INCOMING")
    event(sim, "COMPLETED", **END, callid="2")

    state = requests.get(f"{sim.url}/_page/state", params={"lang": language}, timeout=5).json()

    assert state["totals"] == {"calls": 1, "ringing": 1, "contacts": 3}
    assert state["managers"][0]["cards"][0]["customer"] == "Петров Иван"
    assert state["calls"][0]["duration"] == "1:01"
    document = requests.get(sim.url, params={"lang": language}, timeout=5)
    assert document.ok
    assert f'lang="{language}"' in document.text
    assert requests.get(f"{sim.url}/_page/calls.css", timeout=5).ok
