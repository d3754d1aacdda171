"""A limit on the whole of an attempt, which a peer that sends one byte now and then cannot stretch.

The time limits of `requests` hold for each single read of the socket. Here every read gets no more than what is left.
"""

import http.client
import io
import socket
import time
from contextvars import ContextVar
from functools import cache
from typing import Any

import requests


class Attempt:
    """The clock of one attempt: when it must be over, and what took how long.

    `dns_ms`, `connect_ms` and `tls_ms` are lengths, and empty where a connection was used again; `first_byte_ms` is
    counted from the beginning of the attempt.
    """

    __slots__ = ("connect_ms", "deadline", "dns_ms", "first_byte_ms", "read_limit", "started", "tls_ms")

    def __init__(self, seconds: float, read_limit: float) -> None:
        self.started = time.monotonic()
        self.deadline = self.started + seconds
        self.read_limit = read_limit
        self.dns_ms: float | None = None
        self.connect_ms: float | None = None
        self.tls_ms: float | None = None
        self.first_byte_ms: float | None = None

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def elapsed_ms(self) -> float:
        return _since(self.started)

    def timings(self) -> dict[str, float | None]:
        """In milliseconds."""
        return {
            "dns": self.dns_ms,
            "connect": self.connect_ms,
            "tls": self.tls_ms,
            "first_byte": self.first_byte_ms,
        }


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 2)


current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


class _BoundedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, attempt: Attempt) -> None:
        self._sock, self._raw, self._attempt = sock, raw, attempt

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._attempt.left()
        if left <= 0:
            raise TimeoutError("the time for the whole request is used up")
        self._sock.settimeout(min(left, self._attempt.read_limit))
        count: int | None = self._raw.readinto(buffer)
        if self._attempt.first_byte_ms is None:
            self._attempt.first_byte_ms = self._attempt.elapsed_ms()
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedAnswer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        attempt = current.get()
        if attempt is not None:
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_BoundedReader(sock, raw, attempt))


class _Timed:
    """Mixed into urllib3's connection classes."""

    response_class = _BoundedAnswer

    def connect(self) -> None:
        begun = time.monotonic()
        super().connect()  # type: ignore[misc]  # of the class that it is mixed into
        attempt = current.get()
        if attempt is not None and hasattr(self, "ssl_context"):
            before = (attempt.dns_ms or 0.0) + (attempt.connect_ms or 0.0)
            attempt.tls_ms = round(max(_since(begun) - before, 0.0), 2)

    def _resolve(self) -> Any:
        begun = time.monotonic()
        found = super()._resolve()  # type: ignore[misc]
        if (attempt := current.get()) is not None:
            attempt.dns_ms = _since(begun)
        return found

    def _connect_first(self, found: list[Any]) -> socket.socket:
        begun = time.monotonic()
        sock: socket.socket = super()._connect_first(found)  # type: ignore[misc]
        if (attempt := current.get()) is not None:
            attempt.connect_ms = _since(begun)
        return sock


def bound(session: requests.Session) -> requests.Session:
    """Make every connection of the session observe the current attempt."""
    for adapter in set(session.adapters.values()):
        manager: Any = getattr(adapter, "poolmanager")  # noqa: B009 of HTTPAdapter, which the session's type does not promise
        manager.pool_classes_by_scheme = {
            scheme: _bounded_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
        }
    return session


@cache
def _bounded_pool(pool: Any) -> Any:
    connection = type(f"Bounded{pool.ConnectionCls.__name__}", (_Timed, pool.ConnectionCls), {})
    return type(f"Bounded{pool.__name__}", (pool,), {"ConnectionCls": connection})
