"""Counters of this process, exposed at /metrics in Prometheus' text form."""

from collections.abc import Sequence
from functools import cache

import prometheus_client


class Counter:
    """A number that only grows, by labels."""

    def __init__(self, name: str, text: str, labels: Sequence[str]) -> None:
        self._counter = prometheus_client.Counter(name, text, labels)
        self._has_labels = bool(labels)

    def inc(self, *labels: str, by: float = 1) -> None:
        (self._counter.labels(*labels) if self._has_labels else self._counter).inc(by)

    def value(self, *labels: str) -> float:
        child = self._counter.labels(*labels) if self._has_labels else self._counter
        return float(child._value.get())


@cache
def _counter(name: str, text: str, labels: tuple[str, ...]) -> Counter:
    return Counter(name, text, labels)


def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
    """The counter of that name, created at the first call."""
    return _counter(name, text, tuple(labels))


def exposition() -> bytes:
    return prometheus_client.generate_latest()
