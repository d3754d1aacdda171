"""Failures on order: each kind looks on the wire as it does in life, as often and where it was ordered."""

import http.client
import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

import pytest

from tenants.simulation import Fault, Kind
from tenants.simulation.tests.echo import Echo
from tenants.simulation.tests.test_server import ask


@pytest.fixture
def echo():
    with Echo().running() as running:
        yield running


@pytest.mark.parametrize(
    ("kind", "order", "status", "body"),
    [
        ("429", {}, 429, b'{"error": "Too Many Requests"}'),
        ("503", {}, 503, b'{"error": "Service Unavailable"}'),
        ("500", {}, 500, b'{"error": "Internal Server Error"}'),
        ("status", {"status": 410}, 410, b"{}"),
        ("empty", {}, 200, b""),
        ("truncated", {}, 200, b'{"path": "/x", "si'),
    ],
)
def test_fault_spoils_one_request_and_is_used_up(echo, kind, order, status, body):
    echo.fail_next(kind, **order)

    assert ask(echo, "/x") == (status, body)
    assert ask(echo, "/x")[0] == 200
    assert echo.wait_until(lambda: echo.requests[-1].status is not None)
    assert [each.fault for each in echo.requests] == [kind, ""]


def test_html_stands_where_json_belongs(echo):
    echo.fail_next("html")
    echo.fail_next("html", status=405)

    first, second = ask(echo, "/x"), ask(echo, "/x")

    assert (first[0], second[0]) == (200, 405)
    assert first[1].startswith(b"<html>")


def test_retry_after_is_sent(echo):
    echo.fail_next("429", retry_after="7")
    connection = http.client.HTTPConnection(echo.host, echo.port, timeout=5)

    connection.request("GET", "/x")

    assert connection.getresponse().getheader("Retry-After") == "7"
    connection.close()


def test_reset_is_a_reset_and_not_an_end_of_file(echo):
    echo.fail_next("reset")

    with socket.create_connection((echo.host, echo.port), timeout=5) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert echo.done == []


def test_hang_ends_with_the_patience_of_the_client(echo):
    echo.fail_next("hang")

    with socket.create_connection((echo.host, echo.port), timeout=0.1) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert echo.requests[0].status is None

    assert echo.wait_until(lambda: echo.requests[0].status == 0)


def test_hang_of_so_many_seconds_closes_after_them(echo):
    echo.fail_next("hang", seconds=0.05)

    with pytest.raises(http.client.RemoteDisconnected):
        ask(echo, "/x")


def test_latency_is_added_before_a_proper_answer_or_another_fault(echo):
    echo.fail_next("latency", seconds=0.05)
    echo.fail_next("latency", seconds=0.05)
    echo.fail_next("503")
    started = monotonic()

    status, _body = ask(echo, "/x")

    assert status == 503
    assert monotonic() - started >= 0.1
    assert echo.faults.open() == []


def test_after_loses_the_answer_of_work_that_was_done(echo):
    echo.fail_next("500", after=True)
    echo.fail_next("500")

    ask(echo, "/done")
    ask(echo, "/refused")

    assert echo.done == ["/done"]


def test_fault_applies_to_its_path_and_method_only(echo):
    echo.fail_next("500", path="/calls", method="post", times=2)

    found = [
        ask(echo, *request)[0]
        for request in [("/users",), ("/calls",), ("/calls/1", "POST"), ("/calls", "POST")]
    ]

    assert found == [200, 200, 500, 500]
    assert ask(echo, "/calls", "POST")[0] == 200


def test_standing_fault_lasts_until_cleared(echo):
    echo.fail("503")

    assert [ask(echo, "/x")[0] for _ in range(3)] == [503, 503, 503]
    echo.clear_faults()
    assert ask(echo, "/x")[0] == 200


def test_page_and_controls_work_while_the_system_is_down(echo):
    echo.fail("hang")

    assert ask(echo, "/")[0] == 200
    assert ask(echo, "/_control/faults")[0] == 200
    assert echo.requests == []


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({}, "is not a valid Kind"),
        ({"kind": "boom"}, "is not a valid Kind"),
        ({"kind": "500", "often": 2}, "unknown: often"),
        ({"kind": "500", "times": 0}, "at least 1"),
        ({"kind": "500", "times": "2"}, "times has the wrong type"),
        ({"kind": "500", "times": True}, "times has the wrong type"),
        ({"kind": "500", "after": 1}, "after has the wrong type"),
        ({"kind": "latency"}, "latency needs seconds"),
        ({"kind": "status", "status": 99}, "between 100 and 599"),
        ({"kind": "skew"}, "skew needs seconds"),
        ({"kind": "skew", "seconds": 5, "times": 1}, "times must be null"),
        ({"kind": "500", "share": 0}, "share must be above 0"),
        ({"kind": "500", "skip": -1}, "skip must not be negative"),
    ],
)
def test_wrong_order_is_refused_by_name(order, complaint):
    with pytest.raises(ValueError, match=complaint):
        Fault.parse(order)


def test_order_is_read_from_json():
    order = {"kind": "429", "path": "/api", "times": None, "retry_after": "3"}

    assert Fault.parse(order) == Fault(Kind.TOO_MANY, path="/api", times=None, retry_after="3")


def test_order_is_read_from_the_command_line():
    assert Fault.from_text("503,share=0.5,path=/api,times=3") == Fault(
        Kind.UNAVAILABLE, path="/api", times=3, share=0.5
    )
    assert Fault.from_text("429, retry_after=null") == Fault(Kind.TOO_MANY, times=None, retry_after=None)
    assert Fault.from_text("429,retry_after=7").retry_after == "7"
    assert Fault.from_text("skew,seconds=-90").seconds == -90
    with pytest.raises(ValueError, match="'often' is not NAME=VALUE"):
        Fault.from_text("503,often")


def test_without_retry_after_nobody_says_how_long(echo):
    echo.fail_next("429", retry_after=None)
    connection = http.client.HTTPConnection(echo.host, echo.port, timeout=5)

    connection.request("GET", "/x")
    answer = connection.getresponse()

    assert (answer.status, answer.getheader("Retry-After")) == (429, None)
    connection.close()


def test_some_are_let_through_first(echo):
    echo.fail_next("500", skip=2, times=2)

    assert [ask(echo, "/x")[0] for _ in range(5)] == [200, 200, 500, 500, 200]


def test_chance_hits_its_share_and_the_same_ones_again(echo):
    def hits() -> list[int]:
        echo.clear_faults()
        echo.faults.seed(7)
        echo.fail("503", share=0.5)
        return [ask(echo, "/x")[0] for _ in range(30)]

    first = hits()

    assert hits() == first
    assert 5 < first.count(503) < 25


@pytest.mark.parametrize(("kind", "status"), [("excess", 429), ("revoked", 401)])
def test_system_has_words_of_its_own(echo, kind, status):
    echo.fail_next(kind)

    assert ask(echo, "/x")[0] == status
    assert echo.done == []


def test_list_changes_behind_a_proper_answer(echo):
    echo.fail_next("inserted", times=2)
    echo.fail_next("removed", path="/elsewhere")

    assert ask(echo, "/x") == (200, b'{"path": "/x", "size": 0, "form": {}}')
    assert echo.done == ["/x", "inserted"]
    ask(echo, "/y")
    ask(echo, "/z")

    assert echo.done == ["/x", "inserted", "/y", "inserted", "/z"]
    assert echo.requests[0].fault == "inserted"


def test_what_a_system_does_not_list_cannot_change(echo):
    with pytest.raises(ValueError, match="echo has no lists of which something could be moved"):
        echo.fail_next("moved")


def test_skewed_clock_shows_in_every_answer_until_cleared(echo):
    def ahead() -> float:
        connection = http.client.HTTPConnection(echo.host, echo.port, timeout=5)
        connection.request("GET", "/x")
        told = parsedate_to_datetime(connection.getresponse().getheader("Date") or "")
        connection.close()
        return (told - datetime.now(UTC)).total_seconds()

    echo.fail("skew", seconds=-600)
    echo.fail("skew", seconds=-300)
    assert -905 < ahead() < -895
    assert -905 < (echo.clock.now() - datetime.now(UTC)).total_seconds() < -895

    echo.clear_faults()
    assert -5 < ahead() < 5
