"""The control endpoints and the page, as any language's HTTP client meets them."""

import http.client
import json

import pytest

from tenants.simulation.tests.echo import Echo
from tenants.simulation.tests.test_server import ask

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def echo():
    with Echo().running() as running:
        yield running


def test_fault_is_ordered_listed_used_and_cleared(echo):
    status, body = ask(echo, "/_control/faults", "POST", '{"kind": "503", "path": "/api", "times": 2}', JSON)
    assert (status, json.loads(body)["times"]) == (201, 2)

    assert ask(echo, "/api/x")[0] == 503
    assert json.loads(ask(echo, "/_control/faults")[1])["faults"][0]["times"] == 1

    assert ask(echo, "/_control/faults", "DELETE")[0] == 204
    assert ask(echo, "/api/x")[0] == 200


def test_requests_can_be_read(echo):
    ask(echo, "/api/x?y=1", "POST", b"body")
    assert echo.wait_until(lambda: echo.requests[0].status == 200)

    [found] = json.loads(ask(echo, "/_control/requests")[1])["requests"]

    assert (found["method"], found["target"], found["body"], found["status"]) == (
        "POST",
        "/api/x?y=1",
        "body",
        200,
    )
    assert found["answered_at"] >= found["received_at"]


def test_reset_forgets_requests_and_faults(echo):
    echo.fail("500")
    ask(echo, "/x")

    assert ask(echo, "/_control/reset", "POST", "{}", JSON)[0] == 204

    assert echo.requests == []
    assert ask(echo, "/x")[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ('{"kind": "500"}', {"Content-Type": "text/plain"}, 415),  # what another origin's form could send
        ("kind=500", JSON, 400),
        ("[]", JSON, 400),
        ('{"kind": "nope"}', JSON, 400),
    ],
)
def test_wrong_orders_change_nothing(echo, body, headers, status):
    assert ask(echo, "/_control/faults", "POST", body, headers)[0] == status

    assert echo.faults.open() == []


@pytest.mark.parametrize(
    "path", ["/_control/", "/_control/nope", "/_page/nope.js", "/_page/..%2fbase.html", "/_page/screen.html"]
)
def test_other_paths_of_the_simulator_itself_do_not_exist(echo, path):
    assert ask(echo, path)[0] == 404
    assert echo.requests == []


def test_page_escapes_and_forbids_inline_script(echo):
    connection = http.client.HTTPConnection(echo.host, echo.port, timeout=5)
    connection.request("GET", "/?lang=en")
    answer = connection.getresponse()
    page = answer.read().decode()
    policy = answer.getheader("Content-Security-Policy", "")
    connection.close()

    assert "Echo &amp; &lt;co&gt;" in page
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("?lang=ru", "en", "ru"),
        ("?lang=en", "ru", "en"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "de,ru;q=0.5", "ru"),
        ("?lang=../..", "en", "en"),
    ],
)
def test_language_is_asked_for_or_the_browsers(echo, query, accepted, language):
    _status, page = ask(echo, f"/{query}", headers={"Accept-Language": accepted})

    assert f'<html lang="{language}">'.encode() in page
    assert f'lang="{language}" aria-current="true"'.encode() in page


def test_page_files_are_served(echo):
    for name in ("base.css", "live.js", "icon.svg"):
        assert ask(echo, f"/_page/{name}")[0] == 200


def test_stream_tells_the_state_now_and_after_each_change(echo):
    connection = http.client.HTTPConnection(echo.host, echo.port, timeout=5)
    connection.request("GET", "/_page/stream?lang=en")
    stream = connection.getresponse()

    assert stream.getheader("Content-Type") == "text/event-stream"
    assert _next_state(stream) == {"language": "en", "done": 0}
    ask(echo, "/x")
    assert _next_state(stream) == {"language": "en", "done": 1}
    connection.close()


def test_buttons_take_json_only(echo):
    assert ask(echo, "/_page/act/greet", "POST", '{"name": "Anna"}', JSON) == (
        200,
        b'{"message": "Hello, Anna"}',
    )
    assert ask(echo, "/_page/act/greet", "POST", '{"name": "Anna"}')[0] == 415
    assert ask(echo, "/_page/act/greet", "POST", "[]", JSON)[0] == 400
    assert ask(echo, "/_page/act/nope", "POST", "{}", JSON)[0] == 404


def _next_state(stream):
    line = next(each for each in iter(stream.readline, b"") if each.startswith(b"data: "))
    return json.loads(line.removeprefix(b"data: "))
