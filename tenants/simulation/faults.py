"""Failures on order: which requests a simulator spoils, how, and how often."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from tenants.simulation.messages import Reply, Request


class Kind(StrEnum):
    """The ways in which an outside system goes wrong."""

    LATENCY = "latency"  # answers properly, `seconds` late
    RESET = "reset"  # the connection is torn down (TCP RST)
    HANG = "hang"  # accepts and never answers; with `seconds`, closes after them
    TOO_MANY = "429"
    UNAVAILABLE = "503"
    ERROR = "500"
    STATUS = "status"  # any other `status`, with an empty JSON object
    HTML = "html"  # a proxy's page where JSON belongs; status 200 unless `status` says otherwise
    EMPTY = "empty"
    TRUNCATED = "truncated"  # the proper answer, cut in the middle


@dataclass(frozen=True, slots=True)
class Fault:
    """One order. `times` None means until cleared; `after`: the work is done, its answer is lost."""

    kind: Kind
    path: str = "/"
    times: int | None = 1
    method: str = ""
    seconds: float | None = None
    retry_after: str = ""
    status: int = 0
    after: bool = False

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError('times must be at least 1, or null for "until cleared"')
        if self.kind is Kind.LATENCY and not self.seconds:
            raise ValueError("latency needs seconds")
        if self.kind is Kind.STATUS and not 100 <= self.status <= 599:
            raise ValueError("status must be between 100 and 599")

    @classmethod
    def parse(cls, data: dict[str, Any]) -> "Fault":
        """Reads an order from JSON; raises ValueError that names what is wrong."""
        unknown = set(data) - set(cls.__slots__)
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        values: dict[str, Any] = dict(data)
        for key, kinds in _FIELD_TYPES.items():
            if key in values and (
                not isinstance(values[key], kinds) or isinstance(values[key], bool) != (kinds is bool)
            ):
                raise ValueError(f"{key} has the wrong type")
        return cls(**{**values, "kind": Kind(str(values.get("kind", "")))})

    def matches(self, request: Request) -> bool:
        return request.path.startswith(self.path) and self.method.upper() in ("", request.method)

    def describe(self) -> dict[str, Any]:
        return asdict(self)


_FIELD_TYPES: dict[str, Any] = {
    "path": str,
    "times": (int, type(None)),
    "method": str,
    "seconds": (int, float, type(None)),
    "retry_after": str,
    "status": int,
    "after": bool,
}


class Faults:
    """The orders still open, in the order given; thread-safe."""

    def __init__(self) -> None:
        self._open: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._open.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._open.clear()

    def open(self) -> list[Fault]:
        with self._lock:
            return list(self._open)

    def take(self, request: Request) -> tuple[float, Fault | None]:
        """Uses up what applies to this request: all matching latencies, summed, and the first other fault."""
        delay, chosen = 0.0, None
        with self._lock:
            for index, fault in reversed(list(enumerate(self._open))):
                if fault.matches(request) and fault.kind is Kind.LATENCY:
                    delay += fault.seconds or 0.0
                    self._use(index)
            for index, fault in enumerate(self._open):
                if fault.matches(request) and fault.kind is not Kind.LATENCY:
                    chosen = fault
                    self._use(index)
                    break
        return delay, chosen

    def _use(self, index: int) -> None:
        fault = self._open[index]
        if fault.times is None:
            return
        if fault.times == 1:
            del self._open[index]
        else:
            self._open[index] = replace(fault, times=fault.times - 1)


def spoil(fault: Fault, work: Callable[[], Reply]) -> Reply:
    """The reply under this fault; `work` is what the system would have done."""
    if fault.kind is Kind.TRUNCATED:
        reply = work()
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if fault.after:
        work()
    return _SPOILED[fault.kind](fault)


def _refusal(fault: Fault) -> Reply:
    status = int(fault.kind)
    headers = (("Retry-After", fault.retry_after or "1"),) if status == HTTPStatus.TOO_MANY_REQUESTS else ()
    if status == HTTPStatus.SERVICE_UNAVAILABLE and fault.retry_after:
        headers = (("Retry-After", fault.retry_after),)
    return Reply.json({"error": HTTPStatus(status).phrase}, status, headers)


_SPOILED: dict[Kind, Callable[[Fault], Reply]] = {
    Kind.RESET: lambda fault: Reply(breaks="reset"),
    Kind.HANG: lambda fault: Reply(breaks="hang", seconds=fault.seconds),
    Kind.TOO_MANY: _refusal,
    Kind.UNAVAILABLE: _refusal,
    Kind.ERROR: _refusal,
    Kind.STATUS: lambda fault: Reply.json({}, fault.status),
    Kind.HTML: lambda fault: Reply.html(
        "<html><head><title>Maintenance</title></head><body><h1>Be right back</h1></body></html>",
        fault.status or 200,
    ),
    Kind.EMPTY: lambda fault: Reply(fault.status or 200),
}
