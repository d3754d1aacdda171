"""The sending engine against real sockets: good receivers, slow ones, hostile ones, and its own limits."""

import resource
import socket
import threading
import time

import pytest

from webhooks.sender import Engine, Limits, Reply, Request
from webhooks.sender.transfer import Transfer
from webhooks.sender.waiting import Waiting
from webhooks.tests.receiver import receiving


class Collector:
    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._arrived = threading.Condition()

    def __call__(self, replies: list[Reply]) -> None:
        with self._arrived:
            self.replies += replies
            self._arrived.notify_all()

    def wait_for(self, count: int, seconds: float = 15) -> list[Reply]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.replies) >= count, seconds), (
                f"only {len(self.replies)}"
            )
            return self.replies


@pytest.fixture
def receiver(settings):
    settings.EGRESS_ALLOW = "127.0.0.0/8"
    with receiving() as running:
        yield running


@pytest.fixture
def collector():
    return Collector()


@pytest.fixture
def engine(collector):
    made = Engine(collector, Limits(connections=20, per_host=10))
    yield made
    made.stop(5)


def request(receiver, path="/ok", token=0, body=b"{}", timeout_ms=10_000, url=None):
    return Request(
        token=token,
        url=url or receiver.url(path),
        host=receiver.host,
        headers=lambda: [f"webhook-id: {token}", "Content-Type: application/json"],
        body=body,
        timeout_ms=timeout_ms,
        connect_timeout_ms=2_000,
    )


def one(engine, collector, *args, **kwargs) -> Reply:
    engine.send([request(*args, **kwargs)])
    return collector.wait_for(1)[0]


def test_the_bytes_and_headers_arrive_as_given(engine, collector, receiver):
    body = b'{"text": "\xd0\xb4\xd0\xb0 \x00 and %00"}'

    reply = one(engine, collector, receiver, token=7, body=body)

    (got,) = receiver.requests
    assert got.body == body
    assert got.headers["webhook-id"] == "7"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("Switchboard-Webhooks/")
    assert "expect" not in got.headers
    assert "accept-encoding" not in got.headers
    assert (reply.error, reply.status, reply.body, reply.is_reused) == ("", 200, b"ok", False)
    assert reply.headers.startswith(b"HTTP/1.1 200")
    assert 0 < reply.first_byte_ms <= reply.total_ms < 5_000
    assert reply.sent_headers == ["webhook-id: 7", "Content-Type: application/json"]


def test_larger_bodies_are_sent_without_asking_first(engine, collector, receiver):
    reply = one(engine, collector, receiver, body=b"x" * 3_000_000)

    assert reply.status == 200
    assert len(receiver.requests[0].body) == 3_000_000


def test_connections_are_kept_and_the_host_limit_holds(engine, collector, receiver):
    engine.send([request(receiver, token=number) for number in range(500)])

    replies = collector.wait_for(500)

    assert sorted(reply.request.token for reply in replies) == list(range(500))
    assert all(reply.status == 200 for reply in replies)
    assert receiver.connections <= 10
    assert receiver.most_at_once <= 10
    assert sum(reply.is_reused for reply in replies) >= 490


def test_a_busy_host_does_not_hold_up_another(engine, collector, receiver):
    with receiving() as other:
        engine.send([request(receiver, "/held", token="held") for _ in range(50)])
        engine.send([request(other, token="quick") for _ in range(20)])

        replies = collector.wait_for(20)

        assert {reply.request.token for reply in replies} == {"quick"}
        receiver.release.set()
        assert len(collector.wait_for(70)) == 70
        assert receiver.most_at_once <= 10


@pytest.mark.parametrize("status", [200, 204, 302, 400, 404, 410, 429, 500, 503])
def test_every_status_is_a_complete_reply(engine, collector, receiver, status):
    reply = one(engine, collector, receiver, f"/status/{status}")

    assert (reply.error, reply.status) == ("", status)


def test_redirects_are_not_followed(engine, collector, receiver):
    reply = one(engine, collector, receiver, "/redirect")

    assert reply.status == 302
    assert [got.path for got in receiver.requests] == ["/redirect"]


@pytest.mark.parametrize(
    ("path", "error", "status"),
    [
        ("/silent", "timeout", 0),
        ("/drip", "timeout", 200),
        ("/reset", "reset", 0),
        ("/half", "reset", 200),
        ("/torn", "reset", 200),
        ("/garbage", "not_http", 0),
        ("/chunks", "not_http", 200),
        ("/headers/many", "headers_too_large", 200),
        ("/headers/line", "headers_too_large", 200),
        ("/headers/large", "headers_too_large", 200),
        ("/headers/torn", "reset", 200),
    ],
)
def test_receivers_that_fail_are_told_apart(engine, collector, receiver, path, error, status):
    began = time.monotonic()

    reply = one(engine, collector, receiver, path, timeout_ms=500)

    assert (reply.error, reply.status) == (error, status)
    assert time.monotonic() - began < 5


def test_headers_without_end_are_cut_off(engine, collector, receiver):
    engine.send(
        [request(receiver, f"/headers/{kind}") for kind in ("many", "line", "large") for _ in range(5)]
    )

    replies = collector.wait_for(15)

    assert {reply.error for reply in replies} == {"headers_too_large"}
    assert max(len(reply.headers) for reply in replies) < 320_000
    assert receiver.sent_bytes < 10 * 8 * 1024 * 1024


def test_hints_before_and_trailers_after_belong_to_a_whole_answer(engine, collector, receiver):
    reply = one(engine, collector, receiver, "/trailers")

    assert (reply.error, reply.status, reply.body) == ("", 200, b"ok")
    assert reply.headers.endswith(b"X-Digest: x\r\n")


def test_ten_megabytes_of_reply_are_cut_off_and_count_as_an_answer(engine, collector, receiver):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    engine.send([request(receiver, "/flood") for _ in range(10)])
    replies = collector.wait_for(10)

    assert {(reply.error, reply.status, len(reply.body), reply.is_cut) for reply in replies} == {
        ("", 200, 16384, True)
    }
    assert receiver.sent_bytes < 10 * 9 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 * 1024


def test_a_compressed_reply_is_not_unpacked(engine, collector, receiver):
    reply = one(engine, collector, receiver, "/bomb")

    assert reply.body[:2] == b"\x1f\x8b"
    assert len(reply.body) < 16384


def test_refused_unresolvable_and_denied_targets(engine, collector, receiver, settings):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.EGRESS_ALLOW = "127.0.0.1/32"

    engine.send(
        [
            request(receiver, token="refused", url=f"http://127.0.0.1:{port}/"),
            request(receiver, token="dns", url="http://nowhere.invalid/"),
            request(receiver, token="denied", url=f"http://127.0.0.2:{receiver.port}/ok"),
            request(receiver, token="denied too", url=f"http://0x7f000002:{receiver.port}/ok"),
            request(receiver, token="tls", url=f"https://127.0.0.1:{receiver.port}/ok"),
        ]
    )
    errors = {reply.request.token: reply.error for reply in collector.wait_for(5)}

    assert errors == {
        "refused": "connect",
        "dns": "dns",
        "denied": "target_not_allowed",
        "denied too": "target_not_allowed",
        "tls": "tls",
    }
    assert receiver.requests == []


def test_a_connection_closed_while_idle_is_replaced_in_silence(engine, collector, receiver):
    for number in range(1, 6):
        engine.send([request(receiver, "/closing", token=number)])
        collector.wait_for(number)

    assert [reply.status for reply in collector.replies] == [200] * 5


def test_headers_are_asked_for_when_the_request_starts(collector, receiver):
    engine = Engine(collector, Limits(connections=1, per_host=1))
    asked: list[int] = []

    def headers(number):
        asked.append(number)
        return [f"webhook-id: {number}"]

    waiting = [request(receiver, "/held") for _ in range(2)]
    for number, made in enumerate(waiting):
        made.headers = lambda number=number: headers(number)
    engine.send(waiting)
    while not receiver.requests:
        threading.Event().wait(0.01)

    assert asked == [0]
    receiver.release.set()
    collector.wait_for(2)
    assert asked == [0, 1]
    engine.stop(5)


@pytest.mark.parametrize("defect", [ValueError("no signature"), KeyError("no signature")])
def test_a_request_that_cannot_be_made_comes_back_as_failed(engine, collector, receiver, defect):
    def broken() -> list[str]:
        raise defect

    bad = request(receiver, token="bad")
    bad.headers = broken
    engine.send([bad, request(receiver, token="good")])

    replies = {reply.request.token: reply for reply in collector.wait_for(2)}

    assert replies["bad"].error == "transfer_failed"
    assert "no signature" in replies["bad"].detail
    assert replies["good"].status == 200


def test_a_defect_in_the_loop_fails_its_requests_and_the_engine_goes_on(
    engine, collector, receiver, monkeypatch
):
    real, calls = Transfer.finish, []

    def defective_once(self, *args):
        calls.append(args)
        if len(calls) == 1:
            raise KeyError("defect")
        return real(self, *args)

    monkeypatch.setattr(Transfer, "finish", defective_once)

    assert one(engine, collector, receiver).error == "transfer_failed"

    engine.send([request(receiver, token="good") for _ in range(30)])
    assert [reply.status for reply in collector.wait_for(31)[1:]] == [200] * 30


def test_stop_finishes_what_is_on_the_wire_and_gives_the_rest_back(collector, receiver):
    engine = Engine(collector, Limits(connections=2, per_host=2))
    engine.send([request(receiver, "/held", token=number) for number in range(5)])
    while len(receiver.requests) < 2:
        threading.Event().wait(0.01)
    threading.Timer(0.2, receiver.release.set).start()

    left = engine.stop(10)

    assert sorted(reply.request.token for reply in collector.replies) == [0, 1]
    assert sorted(made.token for made in left) == [2, 3, 4]
    with pytest.raises(RuntimeError):
        engine.send([request(receiver)])


def test_waiting_hosts_take_turns():
    waiting = Waiting(per_host=2)

    def entry(host, number):
        return Request((host, number), "", host, list, b"", 1, 1)

    waiting.add([entry("a", number) for number in range(4)] + [entry("b", number) for number in range(2)])
    order = [waiting.next().token for _ in range(4)]
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert waiting.next() is None
    assert len(waiting) == 2

    waiting.free("a")
    assert waiting.next().token == ("a", 2)
    waiting.free("b")
    waiting.free("b")
    assert waiting.next() is None
    waiting.add([entry("b", 2)])
    assert waiting.next().token == ("b", 2)
    assert [left.token for left in waiting.drain()] == [("a", 3)]
