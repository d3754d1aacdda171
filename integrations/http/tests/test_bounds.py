"""One attempt's time is bounded whatever the peer does with single bytes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from integrations.http.bounds import Attempt
from integrations.http.draft import Outgoing
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from integrations.http.transport import Transport
from tenants.errors import ConfigError, TransientError


def get(attempt: Attempt, url: str) -> Response:
    return Transport().send(attempt, Outgoing("GET", url, {}, None))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"


@contextmanager
def peer(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server for one connection that behaves as told until the block ends."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            try:
                behave(connection, over)
            except OSError:
                over.wait(0)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        over.set()
        listener.close()
        thread.join(60)


def drip(data: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            if over.wait(0.02):
                return

    return behave


@pytest.mark.parametrize(
    "sent", [drip(HEAD + b" " * 400), lambda c, over: (c.sendall(HEAD), drip(b" " * 400)(c, over))]
)
def test_dripping_peer_is_cut_off_at_the_limit(sent):
    with peer(sent) as url:
        attempt = Attempt(0.3, read_limit=10)

        with pytest.raises(OutcomeUnknown, match="in time"):
            get(attempt, url)

    assert 0.25 <= time.monotonic() - attempt.started < 1.5


def test_answer_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("integrations.http.transport.LARGEST_BODY", 100)

    with (
        peer(lambda c, over: c.sendall(HEAD + b" " * 400)) as url,
        pytest.raises(OutcomeUnknown, match="too large"),
    ):
        get(Attempt(5, 5), url)


def test_redirect_is_an_answer_and_not_followed():
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"

    with peer(lambda c, over: c.sendall(answer)) as url:
        response = get(Attempt(5, 5), url)

    assert response.status == 302


def test_timings_are_measured():
    with peer(lambda c, over: c.sendall(HEAD + b" " * 400)) as url:
        attempt = Attempt(5, 5)
        response = get(attempt, url)

    assert len(response.body) == 400
    assert attempt.connect_ms is not None
    assert attempt.first_byte_ms is not None
    assert attempt.connect_ms <= attempt.first_byte_ms <= attempt.elapsed_ms()


def test_refused_connection_is_certainly_unsent():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(TransientError, match="refuses") as raised:
        get(Attempt(5, 5), f"http://127.0.0.1:{port}/")

    assert not isinstance(raised.value, OutcomeUnknown)


def test_private_address_is_not_dialled(settings):
    settings.EGRESS_ALLOW = []

    with pytest.raises(ConfigError, match="not allowed"):
        get(Attempt(5, 5), "http://127.0.0.1:9/")
