"""The real web process on the wire: odd but legal requests, hostile ones, and its last answers when it stops."""

import json
import os
import signal
import socket
from collections.abc import Iterable
from contextlib import ExitStack

import pytest

from tests.processes import PATIENCE_SECONDS, Answer, Installation, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]
SLOW_SENDERS = 1500  # more than files that Linux gives a process unasked
PBX_PATHS = ("/start", "/dial", "/bridge", "/hangup")
DJANGO_PATHS = ("/health", "/admin/login/", "/api/v1/exports/")


@pytest.fixture(scope="module")
def installation(shared_installation: Installation) -> Installation:
    return shared_installation


def connect(installation: Installation) -> socket.socket:
    return socket.create_connection(("127.0.0.1", installation.port), timeout=PATIENCE_SECONDS)


def read_answer(connection: socket.socket) -> Answer:
    received = b""
    while b"\r\n\r\n" not in received and (piece := connection.recv(65536)):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return Answer(int(head.split(b" ")[1]) if head else 0, body)


def post(path: str, body: bytes, headers: Iterable[str] = (), method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(installation: Installation, raw: bytes) -> Answer:
    with connect(installation) as connection:
        connection.sendall(raw)
        return read_answer(connection)


@pytest.mark.parametrize("path", [*PBX_PATHS, *DJANGO_PATHS])
def test_a_body_that_is_not_chunked_as_it_says_is_refused(installation: Installation, path: str) -> None:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked"]

    answer = send(installation, "\r\n".join(lines).encode() + b'\r\n\r\n{"Token": "x"}\r\n')

    assert answer.status == 400


def test_a_header_that_repeats_a_question_holds_no_control_character(installation: Installation) -> None:
    raw = b"GET /api/schema/?version=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert send(installation, raw).status == 200


@pytest.mark.parametrize("path", [*PBX_PATHS, *DJANGO_PATHS])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_repeated_content_type_changes_nothing(installation: Installation, path: str, times: int) -> None:
    """Asterisk's CURL() adds a Content-Type to those that CURLOPT already set."""
    once = send(installation, post(path, b"{}", ["Content-Type: application/json"]))

    repeated = send(installation, post(path, b"{}", ["Content-Type: application/json"] * times))

    assert repeated.status == once.status
    assert repeated.status not in (0, 400, 500)


@pytest.mark.parametrize("path", [*PBX_PATHS, *DJANGO_PATHS])
def test_a_body_over_every_limit_gets_a_413_and_the_server_goes_on(
    installation: Installation, path: str
) -> None:
    answer = send(installation, post(path, b"x" * 6 * 1024 * 1024, ["Content-Type: application/json"]))

    assert answer.status == 413
    assert json.loads(answer.body)["status"] == 413
    assert installation.health().status == 200


@pytest.mark.parametrize(
    "target", ["/%ff%fe", "/a%00b", "/health%0d%0aX-Injected:%201", "//health", "/health?" + "a=1&" * 2000]
)
def test_an_odd_target_is_no_error_of_ours(installation: Installation, target: str) -> None:
    answer = send(installation, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    assert answer.status in (200, 301, 302, 400, 404, 414)


@pytest.mark.parametrize("path", [*PBX_PATHS, *DJANGO_PATHS])
def test_oversize_headers_are_refused_and_the_server_goes_on(installation: Installation, path: str) -> None:
    """One of 100 kB, and two hundred small ones."""
    for headers in (["Cookie: " + "x" * 100_000], [f"X-Filler-{number}: x" for number in range(200)]):
        assert send(installation, post(path, b"{}", headers)).status == 431
    assert installation.health().status == 200


def test_a_large_but_honest_header_is_taken(installation: Installation) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nCookie: a=" + b"x" * 16_000 + b"\r\n\r\n"

    assert send(installation, request).status == 200


def test_forged_forwarding_headers_reach_nobody(installation: Installation) -> None:
    answer = send(
        installation,
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n\r\n",
    )

    assert answer.status == 200


def test_hundreds_of_slow_senders_shut_nobody_out(installation: Installation) -> None:
    with ExitStack() as slow:
        for number in range(SLOW_SENDERS):
            connection = slow.enter_context(connect(installation))
            connection.sendall(post("/start", b"{" * 500)[: -499 if number % 2 else 30])

        assert send(installation, post("/start", b'{"Token": "x"}')).status == 401
        assert installation.health().status == 200


def test_connections_are_reused(installation: Installation) -> None:
    with connect(installation) as connection:
        statuses = []
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            statuses.append(read_answer(connection).status)

    assert statuses == [200, 200, 200]


def test_what_is_under_way_is_answered_when_the_web_process_stops(installation: Installation) -> None:
    web = installation.process_id("web")
    request = post("/health", b"0123456789", method="GET")
    with connect(installation) as connection:
        connection.sendall(request[:-5])
        healthy = "the first half was not taken"
        wait_for(lambda: installation.health().status == 200, PATIENCE_SECONDS, healthy)

        os.kill(web, signal.SIGTERM)
        wait_for(lambda: is_closed(installation), PATIENCE_SECONDS, "the server did not begin to stop")
        connection.sendall(request[-5:])

        assert read_answer(connection).status == 200
    installation.wait_for_restart("web", web)
    installation.wait_until_healthy()


def is_closed(installation: Installation) -> bool:
    """Whether new connections are refused: the server has begun to stop."""
    try:
        connect(installation).close()
    except OSError:
        return True
    return False
