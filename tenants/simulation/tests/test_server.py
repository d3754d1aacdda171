"""The server under the simulators: what it records, how it reads bodies, and that it stops."""

import http.client
import logging
import socket
import threading

import pytest

from tenants.simulation.tests.echo import Echo


@pytest.fixture
def echo():
    with Echo().running() as running:
        yield running


def ask(simulator, path="/", method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection(simulator.host, simulator.port, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def talk(simulator, raw):
    """Sends bytes as they are and reads to the end."""
    with socket.create_connection((simulator.host, simulator.port), timeout=5) as connection:
        connection.sendall(raw)
        return connection.makefile("rb").read()


def test_requests_are_recorded_in_order_with_their_times(echo):
    ask(echo, "/one?a=1&a=2")
    ask(
        echo,
        "/two",
        "POST",
        "x=%D0%AF&y=",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )

    assert echo.wait_until(lambda: all(each.status for each in echo.requests))
    first, second = echo.requests
    assert (first.method, first.path, first.query_pairs) == ("GET", "/one", [("a", "1"), ("a", "2")])
    assert (second.method, second.form, second.header("CONTENT-LENGTH")) == (
        "POST",
        {"x": "Я", "y": ""},
        "11",
    )
    assert (first.status, second.status) == (200, 200)
    assert first.received_at <= second.received_at
    # The time of an answer is noted after it was sent: by then the next request may be there.
    assert first.received_at <= first.answered_at
    assert second.received_at <= second.answered_at


def test_one_connection_serves_many_requests(echo):
    connection = http.client.HTTPConnection(echo.host, echo.port, timeout=5)

    for number in range(3):
        connection.request("POST", f"/{number}", b"x" * number)
        assert connection.getresponse().read()
        used = connection.sock
    connection.request("GET", "/last")

    assert connection.sock is used
    assert connection.getresponse().status == 200
    connection.close()


def test_chunked_body_is_put_together(echo):
    head = b"POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = talk(echo, head + b"3;note=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert echo.requests[0].body == b"abcde"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: many", b"400"),
        (b"Content-Length: -1", b"400"),
        (b"Content-Length: 99999999999", b"413"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", b"413"),
    ],
)
def test_unreadable_body_is_refused_and_not_recorded(echo, head, status):
    answer = talk(echo, b"POST /x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")

    assert answer.split()[1] == status
    assert echo.requests == []


def test_bytes_that_are_no_text_are_kept_as_they_are(echo):
    ask(echo, "/x", "POST", b"\xff\x00a=%ff", {"Content-Type": "application/x-www-form-urlencoded"})

    assert echo.requests[0].body == b"\xff\x00a=%ff"
    assert list(echo.requests[0].form.values()) == ["\ufffd"]


def test_mistake_in_a_simulator_is_logged_and_costs_one_connection(echo, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(http.client.RemoteDisconnected):
        ask(echo, "/broken")

    assert ask(echo, "/fine")[0] == 200
    assert "a mistake in the simulator" in caplog.text


def test_stopping_ends_idle_hanging_and_streaming_connections():
    echo = Echo()
    with echo.running():
        echo.fail_next("hang")
        idle, hanging, streaming = (
            socket.create_connection((echo.host, echo.port), timeout=5) for _ in range(3)
        )
        hanging.sendall(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        assert echo.wait_until(lambda: bool(echo.requests))
        streaming.sendall(b"GET /_page/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert streaming.recv(12) == b"HTTP/1.1 200"

    for connection in (idle, hanging, streaming):
        while connection.recv(65536):
            continue
        connection.close()
    assert not [each for each in threading.enumerate() if "simulator-echo" in each.name]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((echo.host, echo.port), timeout=5)


def test_taken_port_is_an_error(echo):
    with pytest.raises(OSError, match="in use"), Echo(port=echo.port).running():
        pytest.fail("two simulators share a port")


def test_waiting_for_what_does_not_come_ends_in_time(echo):
    assert echo.wait_until(lambda: bool(echo.requests), timeout=0.05) is False


def test_many_clients_at_once_lose_nothing(echo):
    threads = [threading.Thread(target=ask, args=(echo, f"/{number}")) for number in range(60)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(each.path for each in echo.requests) == sorted(f"/{number}" for number in range(60))
