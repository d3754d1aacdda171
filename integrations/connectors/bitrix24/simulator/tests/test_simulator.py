"""The simulated portal over real HTTP, asked by a stranger: it refuses what Bitrix24 refuses."""

import pytest
import requests

from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.simulator.state import CONTACT

CALL = {
    "USER_ID": 1,
    "PHONE_NUMBER": "+375291234567",
    "TYPE": 2,
    "CALL_START_DATE": "2026-06-10T14:03:00+03:00",
}


@pytest.fixture
def portal():
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def call(portal):
    access = portal.oauth.issue()["access_token"]

    def made(method, **params):
        return requests.post(f"{portal.url}/rest/{method}", json={"auth": access, **params}, timeout=5)

    return made


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"USER_ID": 999}, "not found or is not active"),
        ({"USER_ID": ""}, "should be set"),
        ({"TYPE": 9}, "Unknown TYPE"),
        ({"PHONE_NUMBER": "8 (029) 1"}, "Unsupported phone number format"),
        ({"CALL_START_DATE": "2026-06-10 14:03"}, "ISO-8601"),
        ({"LINE_NUMBER": "1"}, "Unknown line"),
    ],
)
def test_wrong_registrations_are_refused_and_leave_nothing(portal, call, wrong, words):
    answer = call("telephony.externalCall.register", **{**CALL, **wrong})

    assert (answer.status_code, answer.json()["error"] in ("ERROR_CORE", "INVALID_ARG_VALUE")) == (400, True)
    assert words in answer.json()["error_description"]
    assert portal.calls == []


def test_recording_comes_after_the_end_and_is_sound(portal, call):
    call_id = call("telephony.externalCall.register", **CALL).json()["result"]["CALL_ID"]
    url = "https://hub.example.com/a.mp3"

    def attach(link):
        return call("telephony.externalCall.attachRecord", CALL_ID=call_id, RECORD_URL=link).status_code

    assert attach(url) == 400
    call("telephony.externalCall.finish", CALL_ID=call_id, USER_ID=1, DURATION=5)
    assert [attach(one) for one in ("https://hub.example.com/a.ogg", "http://10.0.0.1/a.mp3", url)] == [
        400,
        400,
        200,
    ]
    assert [(row.code, row.record_url) for row in portal.journal] == [("200", url)]


def test_webhook_may_not_do_what_is_for_applications(portal):
    answer = requests.post(f"{portal.webhook_url}telephony.externalCall.register", json=CALL, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (403, "WRONG_AUTH_TYPE")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/rest/profile", "NO_AUTH_FOUND"),
        ("/rest/1/wrong-secret/profile", "INVALID_CREDENTIALS"),
        ("/rest/2/simulator-webhook-secret/profile", "INVALID_CREDENTIALS"),
        ("/rest/1/simulator-webhook-secret/no.such", "ERROR_METHOD_NOT_FOUND"),
    ],
)
def test_strangers_and_unknown_methods_are_refused(portal, path, code):
    assert requests.post(portal.url + path, json={}, timeout=5).json()["error"] == code


def test_batch_answers_each_and_may_name_earlier_results(portal):
    item = next(iter(portal.portal.items[CONTACT].values()))
    answer = requests.post(
        f"{portal.webhook_url}batch",
        data={
            "halt": "0",
            "cmd[found]": "crm.duplicate.findbycomm?type=PHONE&values[]=%2B375291234567",
            "cmd[one]": "crm.item.get?entityTypeId=3&id=$result[found][CONTACT][0]",
            "cmd[bad]": "crm.item.get?entityTypeId=3&id=999999",
            "cmd[deep]": "batch?cmd[]=profile",
        },
        timeout=5,
    ).json()["result"]

    assert answer["result"]["one"]["item"]["id"] == item["id"]
    assert {name: error["error"] for name, error in answer["result_error"].items()} == {
        "bad": "NOT_FOUND",
        "deep": "ERROR_BATCH_METHOD_NOT_ALLOWED",
    }


def test_bucket_overflows_at_fifty_and_says_so():
    with Simulator().running() as portal:
        answers = [requests.post(f"{portal.webhook_url}profile", timeout=5) for _number in range(60)]

    refused = [answer for answer in answers if answer.status_code == 503]
    assert answers[49].status_code == 200
    assert {answer.json()["error"] for answer in refused} == {"QUERY_LIMIT_EXCEEDED"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"cmd": 5}',
        b'{"cmd": {"a": null}}',
        b"\xff\x00",
        b'{"cmd": {"a": "?a[b]=1&a=2&[=3"}}',
    ],
)
def test_garbage_gets_an_answer(portal, body):
    answer = requests.post(
        f"{portal.webhook_url}batch", data=body, headers={"Content-Type": "application/json"}, timeout=5
    )

    assert answer.status_code in (200, 400)
    assert "result" in answer.json() or "error" in answer.json()


@pytest.mark.parametrize("method", ["crm.item.list", "crm.item.add", "crm.item.update", "user.get"])
@pytest.mark.parametrize("odd", ["text", 5, ["a"], {"a": {"b": []}}])
def test_odd_parameters_get_an_answer(portal, call, method, odd):
    item = next(iter(portal.portal.items[CONTACT]))
    found = call(method, entityTypeId=CONTACT, id=item, filter=odd, fields=odd, order=odd, FILTER=odd)

    assert found.status_code in (200, 400)
    assert found.headers["content-type"] == "application/json"


def test_page_shows_cards_the_history_and_contacts_in_both_languages(portal, call):
    call("telephony.externalCall.register", **CALL)

    for language in ("ru", "en"):
        assert requests.get(f"{portal.url}/?lang={language}", timeout=5).status_code == 200
        state = requests.get(f"{portal.url}/_page/state?lang={language}", timeout=5).json()
        assert [card["phone"] for card in state["managers"][0]["cards"]] == ["+375291234567"]
        assert state["totals"] == {"calls": 0, "contacts": 2, "ringing": 1}


def test_button_calls_by_a_click(portal):
    contact = next(iter(portal.portal.items[CONTACT]))

    answers = [
        requests.post(f"{portal.url}/_page/act/call", json={"id": one}, timeout=5).status_code
        for one in (contact, 999, "odd", None)
    ]

    assert answers == [200, 400, 400, 400]
    assert [call.phone for call in portal.calls] == ["+375291234567"]
