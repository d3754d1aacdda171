"""The base of every simulator: a small real HTTP server that stands in for one outside system."""

import argparse
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tenants.simulation.changes import Changes
from tenants.simulation.clock import Clock
from tenants.simulation.control import Control
from tenants.simulation.faults import STIRRING, Fault, Faults, Kind, Taken
from tenants.simulation.messages import Reply, Request
from tenants.simulation.outbox import Outbox
from tenants.simulation.screens import Screen
from tenants.simulation.server import Server
from tenants.simulation.spoiling import spoil

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Takes what the page sent, returns what to tell the person; raises ValueError, with a text, for a wrong one.
Action = Callable[[dict[str, Any]], str]

# A demo may run for days: the oldest requests are forgotten.
REQUESTS_KEPT = 10_000


class BaseSimulator(ABC):
    """Subclasses answer as their system does (`respond`) and show a page (`folder`, `snapshot`, `actions`).

    Under test:

        with Simulator(api_key="k").running() as sim:
            sim.fail_next("503")
            …
            assert sim.wait_until(lambda: len(sim.requests) == 2)
    """

    name: ClassVar[str]
    title: ClassVar["StrOrPromise"]
    # Where the page's screen.html, screen.css and screen.js are.
    folder: ClassVar[Path]

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host, self.port = host, port
        self.faults = Faults()
        self.clock, self.outbox = Clock(self.faults), Outbox(self.faults)
        self.changes = Changes()
        self._requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self._lock = threading.RLock()
        self._screen = Screen(self)
        self._control = Control(self)

    # What a system defines.

    @abstractmethod
    def respond(self, request: Request) -> Reply:
        """The system's answer to one request."""

    @abstractmethod
    def snapshot(self, language: str) -> dict[str, Any]:
        """What the page shows now, ready for people in this language."""

    def excess(self, request: Request) -> Reply:
        """How it refuses too many requests."""
        return Reply.json({"error": "too many requests"}, 429)

    def refusal(self, request: Request) -> Reply:
        """How it refuses credentials that hold no longer."""
        return Reply.json({"error": "unauthorized"}, 401)

    def stirs(self) -> Mapping[Kind, Callable[[Request], object]]:
        """How people change what a request listed, by `inserted`, `removed` (the first) and `moved` (the first)."""
        return {}

    def actions(self) -> dict[str, Action]:
        """What the buttons of the page can do, by name."""
        return {}

    def reset(self) -> None:
        """Forgets what came in, and every order to fail."""
        self.faults.clear()
        with self._lock:
            self._requests.clear()
        self.changes.touch()

    def how_to_connect(self) -> dict[str, str]:
        """What is entered to connect it: values by the names of the connector's settings and credentials."""
        return {}

    @classmethod
    def described(cls) -> dict[str, Any]:
        """What people describe beside the access, by the names of the connector's settings."""
        return {}

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Declares the system's own options on the command line."""
        return

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        """Builds it from the command line; raises ValueError with a text for people."""
        return cls(host=options["host"], port=options["port"])

    # What tests and the command line use.

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in order of arrival; those not answered yet have no status."""
        with self._lock:
            return list(self._requests)

    def fail_next(self, kind: str, times: int = 1, **order: Any) -> None:
        """Spoils the next requests; `order` takes the other fields of Fault."""
        self.order(Fault(Kind(kind), times=times, **order))

    def fail(self, kind: str, **order: Any) -> None:
        """Spoils every request until `clear_faults`."""
        self.order(Fault(Kind(kind), times=None, **order))

    def order(self, fault: Fault) -> None:
        """Takes an order to fail; ValueError for what this system cannot do."""
        if fault.kind in STIRRING - self.stirs().keys():
            raise ValueError(f"{self.name} has no lists of which something could be {fault.kind.value}")
        self.faults.add(fault)

    def clear_faults(self) -> None:
        self.faults.clear()

    def wait_until(self, holds: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Waits for a condition over this simulator's state; whether it came true."""
        return self.changes.wait_until(holds, timeout)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Serves in a background thread for the length of a block; a port of 0 becomes a free one."""
        server = Server((self.host, self.port), self)
        self.port = server.server_port
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name=f"simulator-{self.name}", daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.changes.close()
            self.outbox.close()
            server.stop()
            thread.join()

    # What the server calls.

    def answer(self, request: Request) -> Reply:
        own = self._screen.reply(request) or self._control.reply(request)
        if own is not None:
            return own
        with self._lock:
            self._requests.append(request)
        self.changes.touch()
        taken = self.faults.take(request)
        request.fault = _name_of(taken)
        if taken.delay:
            self.changes.pause(taken.delay)
        reply = self._answer(request, taken.fault)
        for way in taken.stirs:
            self.stirs()[way](request)
        return reply

    def _answer(self, request: Request, fault: Fault | None) -> Reply:
        if fault is None:
            return self.respond(request)
        own = {Kind.EXCESS: lambda: self.excess(request), Kind.REVOKED: lambda: self.refusal(request)}
        return spoil(fault, lambda: self.respond(request), own)

    def answered(self, request: Request, status: int) -> None:
        request.status, request.answered_at = status, monotonic()
        self.changes.touch()


def _name_of(taken: Taken) -> str:
    """What is noted of a request: the fault that ruined its answer, else what came with it."""
    if taken.fault:
        return taken.fault.kind.value
    return Kind.LATENCY.value if taken.delay else next((way.value for way in taken.stirs), "")
