"""Failures on order: which requests a simulator spoils, how, and how often; kept in the order given."""

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tenants.simulation.messages import Request, parse_json


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
    EXCESS = "excess"  # too many requests, in this system's own words
    REVOKED = "revoked"  # our credentials hold no longer, in this system's own words
    # After a proper answer, before the next request: what is listed changes.
    INSERTED = "inserted"
    REMOVED = "removed"
    MOVED = "moved"
    # What the system sends to us.
    TWICE = "twice"
    LATE = "late"  # behind the next one, after `seconds` at the latest
    LOST = "lost"
    # Its clock is `seconds` ahead of ours, or behind.
    SKEW = "skew"


STIRRING = frozenset({Kind.INSERTED, Kind.REMOVED, Kind.MOVED})
SENDING = frozenset({Kind.TWICE, Kind.LATE, Kind.LOST})
_BESIDES = STIRRING | SENDING | {Kind.LATENCY, Kind.SKEW}  # what leaves the answer as it is


@dataclass(frozen=True, slots=True)
class Fault:
    """One order. `times` None means until cleared; `after`: the work is done, its answer is lost.

    `skip` requests are let through first; of the others each is hit with the probability `share`. `retry_after` is the
    header of 429 and 503; None leaves it out where it is usual. `path` is that of the request, or of the address to
    which the system sends.
    """

    kind: Kind
    path: str = "/"
    times: int | None = 1
    method: str = ""
    seconds: float | None = None
    retry_after: str | None = ""
    status: int = 0
    after: bool = False
    skip: int = 0
    share: float = 1.0

    TYPES: ClassVar[dict[str, Any]] = {
        "path": str,
        "times": (int, type(None)),
        "method": str,
        "seconds": (int, float, type(None)),
        "retry_after": (str, type(None)),
        "status": int,
        "after": bool,
        "skip": int,
        "share": (int, float),
    }

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError('times must be at least 1, or null for "until cleared"')
        if self.kind is Kind.LATENCY and not (self.seconds and self.seconds > 0):
            raise ValueError("latency needs seconds")
        if self.kind is Kind.SKEW and (not self.seconds or self.times is not None):
            raise ValueError("skew needs seconds, and lasts until it is cleared: times must be null")
        if self.kind is Kind.STATUS and not 100 <= self.status <= 599:
            raise ValueError("status must be between 100 and 599")
        if self.skip < 0:
            raise ValueError("skip must not be negative")
        if not 0 < self.share <= 1:
            raise ValueError("share must be above 0, and 1 at most")

    @classmethod
    def parse(cls, data: dict[str, Any]) -> "Fault":
        """Reads an order from JSON; raises ValueError that names what is wrong."""
        unknown = set(data) - set(cls.__slots__)
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        values: dict[str, Any] = dict(data)
        for key, kinds in cls.TYPES.items():
            if key in values and (
                not isinstance(values[key], kinds) or isinstance(values[key], bool) != (kinds is bool)
            ):
                raise ValueError(f"{key} has the wrong type")
        kind = Kind(str(values.get("kind", "")))
        return cls(**({"times": None} if kind is Kind.SKEW else {}) | values | {"kind": kind})

    @classmethod
    def from_text(cls, text: str) -> "Fault":
        """`503,share=0.1,path=/api`: until cleared, unless `times` says otherwise; raises ValueError."""
        kind, *parts = (part.strip() for part in text.split(","))
        data: dict[str, Any] = {"kind": kind, "times": None}
        for part in parts:
            name, sign, value = part.partition("=")
            if not sign:
                raise ValueError(f"{part!r} is not NAME=VALUE")
            data[name] = _value(name, value)
        return cls.parse(data)

    def matches(self, path: str, method: str) -> bool:
        return path.startswith(self.path) and self.method.upper() in ("", method)

    def describe(self) -> dict[str, Any]:
        return asdict(self)


def _value(name: str, text: str) -> Any:
    """Texts need no quotation marks, and null is nothing at all."""
    if Fault.TYPES.get(name) is str or (name == "retry_after" and text != "null"):
        return text
    try:
        return parse_json(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class Taken:
    """What one request is met with: a pause, then its answer or the fault instead, then changes of what is listed."""

    delay: float = 0.0
    fault: Fault | None = None
    stirs: tuple[Kind, ...] = ()


class Faults:
    """The orders still open, in the order given; thread-safe."""

    def __init__(self) -> None:
        self._open: list[Fault] = []
        self._lock = threading.Lock()
        self._random = random.Random()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._open.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._open.clear()

    def seed(self, seed: int) -> None:
        """From now on chance hits the same requests each time."""
        self._random.seed(seed)

    def open(self) -> list[Fault]:
        with self._lock:
            return list(self._open)

    def skew(self) -> float:
        """Seconds by which the system's clock is ahead."""
        with self._lock:
            return sum(fault.seconds or 0.0 for fault in self._open if fault.kind is Kind.SKEW)

    def take(self, request: Request) -> Taken:
        """Uses up what applies: all matching latencies, summed, the first fault of the answer, every change of lists."""
        path, method = request.path, request.method
        with self._lock:
            delays = self._hits(path, method, lambda kind: kind is Kind.LATENCY)
            chosen = self._hits(path, method, lambda kind: kind not in _BESIDES, most=1)
            stirs = self._hits(path, method, lambda kind: kind in STIRRING)
        delay = sum(fault.seconds or 0.0 for fault in delays)
        return Taken(delay, next(iter(chosen), None), tuple(fault.kind for fault in stirs))

    def take_sending(self, url: str) -> Fault | None:
        """Uses up what applies to a request that the system sends."""
        with self._lock:
            found = self._hits(urlsplit(url).path or "/", "POST", lambda kind: kind in SENDING, most=1)
        return next(iter(found), None)

    def _hits(self, path: str, method: str, wanted: Callable[[Kind], bool], most: int = 0) -> list[Fault]:
        """The orders that hit now; each is used once."""
        found: list[Fault] = []
        left: list[Fault] = []
        for fault in self._open:
            if not wanted(fault.kind) or not fault.matches(path, method) or (most and len(found) >= most):
                left.append(fault)
            elif fault.skip:
                left.append(replace(fault, skip=fault.skip - 1))
            elif fault.share < 1 and self._random.random() >= fault.share:
                left.append(fault)
            else:
                found.append(fault)
                if fault.times is None:
                    left.append(fault)
                elif fault.times > 1:
                    left.append(replace(fault, times=fault.times - 1))
        self._open = left
        return found
