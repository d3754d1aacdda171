"""The front by itself: routing, bodies, refusals and the life of its services."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from config.front import Front, FrontRequest, FrontResponse, Route, bodies
from config.front.application import MOST_HEADER_BYTES
from config.front.patience import Patience
from config.front.proxies import Proxies
from config.front.registry import Registry


async def echo(request: FrontRequest) -> FrontResponse:
    return FrontResponse(200, request.body, "text/plain")


async def broken(request: FrontRequest) -> FrontResponse:
    raise ZeroDivisionError


async def django(scope: Any, receive: Any, send: Any) -> None:
    await FrontResponse(200, b"django").send_with(send)


class Sent(list[Any]):
    async def __call__(self, message: Any) -> None:
        self.append(message)

    @property
    def status(self) -> int:
        return int(self[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self[1:])


def make_front(*routes: Route, services: Iterable[Any] = ()) -> Front:
    registry = Registry()
    for route in routes:
        registry.add(route, is_prefix=route.path.endswith("/"))
    registry.services.extend(services)
    return Front(django, Proxies([]), registry)


def route(
    path: str = "/echo", handler: Any = echo, methods: Iterable[str] = ("POST",), limit: int = 10
) -> Route:
    return Route(path, handler, frozenset(methods), limit)


def request(
    front: Front, path: str, pieces: Iterable[bytes] = (b"",), method: str = "POST", headers: Any = ()
) -> Sent:
    pieces = list(pieces)
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    sent = Sent()
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        "client": ("192.0.2.7", 1234),
    }
    asyncio.run(front(scope, receive, sent))
    return sent


def test_a_registered_path_is_answered_by_its_handler() -> None:
    sent = request(make_front(route()), "/echo", [b"he", b"llo"])

    assert (sent.status, sent.body) == (200, b"hello")


def test_a_trailing_slash_does_not_matter() -> None:
    assert request(make_front(route()), "/echo/", [b"hello"]).body == b"hello"


def test_the_longest_prefix_wins() -> None:
    async def special(request: FrontRequest) -> FrontResponse:
        return FrontResponse(200, b"special")

    front = make_front(route("/hooks/"), route("/hooks/special/", special))

    assert request(front, "/hooks/a", [b"x"]).body == b"x"
    assert request(front, "/hooks/special/a", [b"x"]).body == b"special"


def test_everything_else_goes_to_django() -> None:
    assert request(make_front(route()), "/other").body == b"django"


def test_a_path_has_one_owner() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        make_front(route(), route())


def test_the_handler_gets_the_request_as_it_came() -> None:
    seen: list[FrontRequest] = []

    async def look(request: FrontRequest) -> FrontResponse:
        seen.append(request)
        return FrontResponse()

    repeated = [(b"content-type", b"application/json")] * 3
    request(make_front(route(handler=look)), "/echo", [b"{}"], headers=repeated)

    assert seen == [FrontRequest("POST", "/echo", b"", repeated, b"{}", "192.0.2.7")]
    assert seen[0].header(b"content-type") == b"application/json"


def test_another_method_is_refused_with_what_is_allowed() -> None:
    sent = request(make_front(route()), "/echo", method="GET")

    assert sent.status == 405
    assert sent.headers[b"allow"] == b"POST"
    assert json.loads(sent.body)["detail"] == "Use POST."


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"11")]])
def test_a_body_over_the_limit_is_refused(headers: Any) -> None:
    sent = request(make_front(route(limit=10)), "/echo", [b"12345678901"], headers=headers)

    assert sent.status == 413
    assert sent.headers[b"connection"] == b"close"
    assert json.loads(sent.body)["detail"] == "At most 10 bytes are taken here."


def test_a_body_at_the_limit_is_taken() -> None:
    assert request(make_front(route(limit=10)), "/echo", [b"1234567890"]).status == 200


@pytest.mark.parametrize("path", ["/echo", "/admin/login/"])
@pytest.mark.parametrize(
    "headers",
    [[(b"cookie", b"x" * MOST_HEADER_BYTES)], [(f"x-{n}".encode(), b"y" * 100) for n in range(400)]],
    ids=["one", "many"],
)
def test_headers_over_the_limit_are_refused(path: str, headers: Any) -> None:
    sent = request(make_front(route()), path, headers=headers)

    assert sent.status == 431
    assert sent.headers[b"connection"] == b"close"


def test_large_but_honest_headers_are_taken() -> None:
    sent = request(make_front(route()), "/echo", headers=[(b"cookie", b"x" * (MOST_HEADER_BYTES - 100))])

    assert sent.status == 200


def test_a_slow_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "reading", Patience(0.01))

    async def never() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(bodies.BodyTooSlow):
        asyncio.run(bodies.read_body([], never, 10))


def test_only_what_takes_too_long_is_ended() -> None:
    patience = Patience(0.05)

    async def wait(seconds: float) -> str:
        with patience:
            await asyncio.sleep(seconds)
        return "done"

    async def play() -> list[Any]:
        waiting = [asyncio.create_task(wait(seconds)) for seconds in (0, 30, 0.01, 30)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    for _loop in range(2):
        ended = asyncio.run(play())

        assert [str(one) or type(one) for one in ended] == ["done", TimeoutError, "done", TimeoutError]


def test_who_is_cancelled_from_outside_is_not_too_slow() -> None:
    patience = Patience(30)

    async def play() -> None:
        async def wait() -> None:
            with patience:
                await asyncio.Event().wait()

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(play())


def test_a_body_that_ends_too_early_is_refused() -> None:
    """Such as one that is not chunked as it says. A sender that went away reads no answer."""
    sent = request(make_front(route()), "/echo", [])

    assert (sent.status, sent.headers[b"connection"]) == (400, b"close")


def test_a_failing_handler_asks_the_sender_to_come_back(caplog: pytest.LogCaptureFixture) -> None:
    sent = request(make_front(route(handler=broken)), "/echo")

    assert sent.status == 503
    assert sent.headers[b"retry-after"] == b"1"
    assert json.loads(sent.body)["title"] == "Service Unavailable"
    assert "ZeroDivisionError" in caplog.text


class Writer:
    """A service that notes what happens to it."""

    def __init__(self, name: str, notes: list[str], *, fails: bool = False) -> None:
        self.name = name
        self._notes = notes
        self._fails = fails

    async def start(self) -> None:
        if self._fails:
            raise OSError("no disk")
        self._notes.append(f"{self.name} started")

    async def stop(self) -> None:
        self._notes.append(f"{self.name} stopped")


def run_lifespan(front: Front) -> list[str]:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return messages.pop(0)

    sent = Sent()
    asyncio.run(front({"type": "lifespan"}, receive, sent))
    return [message["type"] for message in sent]


def test_services_live_as_long_as_the_worker() -> None:
    notes: list[str] = []
    front = make_front(services=[Writer("one", notes), Writer("two", notes)])

    types = run_lifespan(front)

    assert types == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert notes == ["one started", "two started", "two stopped", "one stopped"]


def test_a_service_that_fails_stops_the_start() -> None:
    notes: list[str] = []
    front = make_front(services=[Writer("one", notes), Writer("two", notes, fails=True)])

    types = run_lifespan(front)

    assert types == ["lifespan.startup.failed"]
    assert notes == ["one started", "one stopped"]


def test_services_stop_only_after_the_last_answer() -> None:
    notes: list[str] = []

    async def scenario() -> None:
        finish = asyncio.Event()

        async def slow(request: FrontRequest) -> FrontResponse:
            await finish.wait()
            notes.append("answered")
            return FrontResponse()

        front = make_front(route(handler=slow), services=[Writer("writer", notes)])
        lifespan: asyncio.Queue[Any] = asyncio.Queue()
        lifespan.put_nowait({"type": "lifespan.startup"})
        life = asyncio.create_task(front({"type": "lifespan"}, lifespan.get, Sent()))

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/echo",
            "query_string": b"",
            "headers": [],
            "client": None,
        }
        answer = asyncio.create_task(front(scope, receive, Sent()))
        await asyncio.sleep(0)
        lifespan.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.sleep(0)
        assert not life.done()
        finish.set()
        await asyncio.gather(life, answer)

    asyncio.run(scenario())

    assert notes == ["writer started", "answered", "writer stopped"]
