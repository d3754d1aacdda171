"""The simulated amoCRM as a stranger meets it: by plain HTTP, from what its documentation says."""

import pytest
import requests

from integrations.connectors.amocrm.simulator import Simulator
from integrations.connectors.amocrm.simulator.oauth import ACCESS_SECONDS, CODE_SECONDS
from integrations.connectors.amocrm.simulator.server import DEFAULT_CLIENT, DEFAULT_TOKEN
from tenants.simulation import BaseSimulator, Reply

CALL = {"direction": "inbound", "duration": 5, "source": "hub", "phone": "+79001234567", "uniq": "1"}


@pytest.fixture
def sim():
    with Simulator(limits_rate=False, has_people=True).running() as running:
        yield running


def ask(sim, method, path, token=DEFAULT_TOKEN, **fields):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, sim.url + path, headers=headers, timeout=5, **fields)


def token(sim, **fields):
    body = {
        "client_id": DEFAULT_CLIENT.client_id,
        "client_secret": DEFAULT_CLIENT.secret,
        "redirect_uri": DEFAULT_CLIENT.redirect_uri,
    }
    return requests.post(f"{sim.url}/oauth2/access_token", json=body | fields, timeout=5)


def by_code(sim, code):
    return token(sim, grant_type="authorization_code", code=code)


def by_refresh(sim, refresh):
    return token(sim, grant_type="refresh_token", refresh_token=refresh)


def test_refresh_tokens_work_once_and_access_ends_after_a_day(sim):
    first = by_code(sim, sim.oauth.new_code()).json()
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 86400)
    assert ask(sim, "GET", "/api/v4/account", first["access_token"]).ok
    sim.oauth.skew = ACCESS_SECONDS + 1
    assert ask(sim, "GET", "/api/v4/account", first["access_token"]).status_code == 401

    second = by_refresh(sim, first["refresh_token"])
    again = by_refresh(sim, first["refresh_token"])

    assert ask(sim, "GET", "/api/v4/account", second.json()["access_token"]).ok
    assert (again.status_code, again.json()["hint"]) == (401, "Token has been revoked")


def test_codes_work_once_and_for_twenty_minutes(sim):
    code, late = sim.oauth.new_code(), sim.oauth.new_code()
    assert by_code(sim, code).ok
    assert by_code(sim, code).status_code == 400
    sim.oauth.skew = CODE_SECONDS + 1
    assert by_code(sim, late).status_code == 400
    assert token(sim, grant_type="refresh_token", client_secret="wrong").status_code == 401
    assert token(sim, grant_type="password").status_code == 400


def test_more_than_seven_a_second_are_refused_and_the_stubborn_are_locked_out():
    with Simulator().running() as sim:
        answers = [ask(sim, "GET", "/api/v4/account") for _number in range(70)]

    statuses = [one.status_code for one in answers]
    assert statuses[:7] == [200] * 7
    assert statuses[7] == 429
    assert answers[7].headers["Content-Type"].startswith("text/html")
    assert statuses[-1] == 403


def test_nothing_is_204_without_a_body_and_pages_are_linked(sim):
    first = ask(sim, "GET", "/api/v4/contacts?limit=2").json()
    rest = requests.get(
        first["_links"]["next"]["href"], headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"}, timeout=5
    )
    beyond = ask(sim, "GET", "/api/v4/contacts?limit=2&page=3")

    assert [len(one["_embedded"]["contacts"]) for one in (first, rest.json())] == [2, 1]
    assert "next" not in rest.json()["_links"]
    assert (beyond.status_code, beyond.content) == (204, b"")
    assert ask(sim, "GET", "/api/v4/contacts?limit=251").status_code == 400
    assert ask(sim, "GET", "/api/v4/contacts?filter[unheard]=1").status_code == 400
    assert ask(sim, "GET", "/api/v4/contacts/9999").status_code == 204


def test_call_of_an_unknown_number_is_not_stored(sim):
    known, unknown = CALL, CALL | {"phone": "+375291234500"}

    refused = ask(sim, "POST", "/api/v4/calls", json=[unknown])
    mixed = ask(sim, "POST", "/api/v4/calls", json=[known, unknown])

    assert (refused.status_code, refused.json()["_total_items"]) == (400, 0)
    assert [one["title"] for one in refused.json()["errors"]] == ["Entity not found"]
    assert mixed.status_code == 200
    assert (len(mixed.json()["_embedded"]["calls"]), len(mixed.json()["errors"])) == (1, 1)
    assert len(sim.account.calls) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"direction": "in"},
        {"duration": "5"},
        {"duration": True},
        {"call_status": 9},
        {"created_by": 77},
        {"link": "http://hub.example/a.mp3"},
        {"link": "https://hub.example/a.wav"},
        {"unheard_of": 1},
        {"source": None},
    ],
)
def test_illegal_calls_are_refused_and_leave_nothing(sim, fields):
    answer = ask(sim, "POST", "/api/v4/calls", json=[CALL | fields])

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["validation-errors"][0]["errors"][0]["path"] == next(iter(fields))
    assert sim.account.calls == []


def test_batch_with_one_wrong_object_is_refused_whole(sim):
    before = len(sim.account.tables["contacts"])
    items = [{"name": "Ann", "request_id": "a"}, {"name": 7, "request_id": "b"}]

    answer = ask(sim, "POST", "/api/v4/contacts", json=items)

    assert answer.status_code == 400
    assert [row["request_id"] for row in answer.json()["validation-errors"]] == ["b"]
    assert len(sim.account.tables["contacts"]) == before


def test_changes_are_sent_to_whoever_wants_to_know(sim):
    class Receiver(BaseSimulator):
        name, title, folder = "receiver", "Receiver", Simulator.folder

        def respond(self, request):
            return Reply.json({})

        def snapshot(self, language):
            return {}

    with Receiver().running() as receiver:
        body = {"destination": f"{receiver.url}/hook?token=x", "settings": ["update_lead", "status_lead"]}
        assert ask(sim, "POST", "/api/v4/webhooks", json=body).status_code == 201
        [lead] = sim.account.tables["leads"]
        ask(sim, "PATCH", "/api/v4/leads", json=[{"id": lead, "status_id": 142}])
        assert receiver.wait_until(lambda: len(receiver.requests) == 2)
        assert sim.wait_until(lambda: len(sim.webhooks.made) == 2)

    form = receiver.requests[1].form
    assert form["leads[status][0][id]"] == str(lead)
    assert form["account[subdomain]"] == "demo"
    assert receiver.requests[1].header("user-agent") == "amoCRM-Webhooks/3.0"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_page_shows_toasts_calls_and_who_waits(sim, language):
    ask(sim, "POST", "/api/v2/events", json={"add": [{"type": "phone_call", "phone_number": "+79001234567", "users": [501]}]})  # fmt: skip
    ask(sim, "POST", "/api/v4/calls", json=[CALL | {"call_status": 4}])
    metadata = {"from": "+375291234500", "phone": "+78005553535", "called_at": 1, "duration": 0, "link": "", "service_code": "x", "uniq": "9"}  # fmt: skip
    item = {"source_name": "hub", "source_uid": "u", "metadata": metadata}
    assert ask(sim, "POST", "/api/v4/leads/unsorted/sip", json=[item]).ok

    state = requests.get(f"{sim.url}/_page/state", params={"lang": language}, timeout=5).json()

    assert state["managers"][0]["cards"][0]["customer"] == "Поставка"  # the only deal of the caller
    assert (state["totals"]["calls"], state["totals"]["unsorted"], state["totals"]["contacts"]) == (1, 1, 3)
    document = requests.get(sim.url, params={"lang": language}, timeout=5)
    assert f'lang="{language}"' in document.text
    accepted = requests.post(
        f"{sim.url}/_page/act/accept", json={"uid": state["unsorted"][0]["id"]}, timeout=5
    )
    assert accepted.ok
    assert len(sim.account.tables["contacts"]) == 4
