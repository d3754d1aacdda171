"""Counters of this process, exposed at /metrics in Prometheus' text form."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import prometheus_client
from django.db import DatabaseError, InterfaceError
from prometheus_client.core import GaugeMetricFamily


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


Reading = tuple[tuple[str, ...], float]
"""The labels' values, and the number."""


class _Gauges:
    """Numbers that are read when somebody asks, from where every process can see them."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str], read: Callable[[], Iterable[Reading]]
    ) -> None:
        self._name, self._text, self._labels, self._read = name, text, labels, read

    def describe(self) -> list[GaugeMetricFamily]:
        """Without it the registry would read at once, while the program still starts."""
        return [GaugeMetricFamily(self._name, self._text, labels=self._labels)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        try:
            for labels, value in self._read():
                family.add_metric(labels, value)
        except (DatabaseError, InterfaceError):
            return  # the other numbers are there all the same
        yield family


def gauges(name: str, text: str, labels: Sequence[str], read: Callable[[], Iterable[Reading]]) -> None:
    """Register numbers that `read` gives at each look at /metrics."""
    prometheus_client.REGISTRY.register(_Gauges(name, text, labels, read))


def exposition() -> bytes:
    return prometheus_client.generate_latest()
