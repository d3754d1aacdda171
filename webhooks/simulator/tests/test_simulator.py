"""The receiver: what it verifies, what it answers, what it shows."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from standardwebhooks import Webhook

from webhooks.simulator import Simulator
from webhooks.simulator.signature import Verdict, check, key_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"type": "call.ended", "data": {"note": "Привет"}}, ensure_ascii=False)


@pytest.fixture
def receiver():
    with Simulator(secret=SECRET).running() as running:
        yield running


def headers_for(body=BODY, identifier="msg_1", secret=SECRET, at=None):
    moment = at or datetime.now(UTC)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(identifier, moment, body),
    }


def send(receiver, headers, body=BODY, path="/hooks/crm"):
    return requests.post(receiver.url + path, data=body.encode(), headers=headers, timeout=5)


def test_published_vector_verifies(monkeypatch):
    monkeypatch.setattr("webhooks.simulator.signature.time", lambda: 1614265330)
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    arguments = (key_of(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")

    assert check(*arguments, signature, b'{"test": 2432232314}') is Verdict.GOOD
    assert check(*arguments, f"v1a,AAAA v2,x {signature}", b'{"test": 2432232314}') is Verdict.GOOD
    assert check(*arguments, signature, b'{"test":2432232314}') is Verdict.WRONG


@pytest.mark.parametrize("signatures", ["v1", "v1,", ",", "v1,é", "garbage v1,AA=="])
def test_hostile_signature_is_wrong_and_no_crash(signatures):
    now = str(int(datetime.now(UTC).timestamp()))

    assert check(b"k" * 24, "msg", now, signatures, b"\xff") is Verdict.WRONG


def test_what_the_public_library_signs_is_accepted(receiver):
    answer = send(receiver, headers_for())

    assert answer.status_code == 200
    [received] = receiver.received
    assert (received.verdict, received.webhook_id, received.type) == ("good", "msg_1", "call.ended")
    assert received.request.body == BODY.encode()


@pytest.mark.parametrize(
    ("make_headers", "verdict"),  # made when the test runs: they age
    [
        (dict, "missing"),
        (lambda: headers_for() | {"webhook-timestamp": "soon"}, "missing"),
        (lambda: headers_for(at=datetime.now(UTC) - timedelta(minutes=6)), "stale"),
        (lambda: headers_for(at=datetime.now(UTC) + timedelta(minutes=6)), "stale"),
        (lambda: headers_for(body="{}"), "wrong"),
        (lambda: headers_for(secret="whsec_" + base64.b64encode(b"another key" * 3).decode()), "wrong"),
        (lambda: headers_for() | {"webhook-id": "msg_2"}, "wrong"),
    ],
)
def test_wrong_signature_is_refused_and_still_shown(receiver, make_headers, verdict):
    assert send(receiver, make_headers()).status_code == 401

    assert [each.verdict for each in receiver.received] == [verdict]


def test_without_a_secret_nothing_is_checked():
    with Simulator().running() as receiver:
        assert send(receiver, {}, body="not json").status_code == 200

        assert [(each.verdict, each.type) for each in receiver.received] == [("unchecked", "")]


def test_repeats_of_one_id_are_counted(receiver):
    receiver.answer_with("500")
    assert send(receiver, headers_for()).status_code == 500
    receiver.answer_with("410")
    assert send(receiver, headers_for()).status_code == 410
    receiver.answer_with("200")
    assert send(receiver, headers_for()).status_code == 200

    assert [each.attempt for each in receiver.received] == [1, 2, 3]
    assert send(receiver, headers_for(identifier="msg_2")).status_code == 200
    assert receiver.received[-1].attempt == 1


def test_slow_answer_outlasts_the_senders_patience(receiver):
    receiver.answer_with("slow")

    with pytest.raises(requests.ReadTimeout):
        requests.post(receiver.url, data=BODY.encode(), headers=headers_for(), timeout=0.1)

    assert len(receiver.received) == 1


def test_page_tells_what_arrived_and_buttons_change_the_answer(receiver):
    send(receiver, headers_for())
    assert receiver.wait_until(lambda: receiver.requests[0].status == 200)

    told = requests.post(f"{receiver.url}/_page/act/mode?lang=en", json={"mode": "500"}, timeout=5)
    state = requests.get(f"{receiver.url}/_page/state?lang=en", timeout=5).json()

    assert told.json() == {"message": "The next webhooks are answered so."}
    assert (state["mode"], state["total"]) == ("500", 1)
    [shown] = state["webhooks"]
    assert (shown["type"], shown["verdict"], shown["status"], shown["target"]) == (
        "call.ended",
        "Signature verified",
        "200",
        "POST /hooks/crm",
    )
    assert '"note": "Привет"' in shown["body"]
    assert requests.post(f"{receiver.url}/_page/act/mode", json={"mode": "302"}, timeout=5).status_code == 400
    assert receiver.mode == "500"


def test_clearing_and_reset(receiver):
    receiver.answer_with("500")
    send(receiver, headers_for())

    requests.post(f"{receiver.url}/_page/act/clear", json={}, timeout=5)
    assert (receiver.received, receiver.mode) == ([], "500")
    requests.post(f"{receiver.url}/_control/reset", json={}, timeout=5)
    assert receiver.mode == "200"


@pytest.mark.parametrize(
    "body", ["[" * 100_000, "[" * 700 + "]" * 700, '"\\ud800"', "17", '{"type": 17}', "", "1" * 5000]
)
def test_hostile_body_is_shown_and_the_page_goes_on(receiver, body):
    assert send(receiver, headers_for(body), body).status_code == 200

    [shown] = requests.get(f"{receiver.url}/_page/state?lang=en", timeout=5).json()["webhooks"]
    assert shown["type"] == "no type"


def test_long_body_is_shortened_on_the_page_only(receiver):
    body = json.dumps({"type": "x", "data": "я" * 20_000})
    send(receiver, headers_for(body), body)

    [shown] = requests.get(f"{receiver.url}/_page/state", timeout=5).json()["webhooks"]

    assert len(shown["body"]) == 8_001
    assert receiver.received[0].request.body == body.encode()
