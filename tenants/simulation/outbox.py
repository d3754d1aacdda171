"""What a simulated system sends to us by itself: once, unless it was ordered twice, late or not at all."""

import threading
from collections.abc import Callable
from typing import TypeVar

from tenants.simulation.faults import Faults, Kind

LATEST_SECONDS = 1.0
T = TypeVar("T")


class Outbox:
    """Whatever leaves by itself goes through `send`; from any thread. `faults` None spoils nothing."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults
        self._held: list[tuple[threading.Timer, Callable[[], object]]] = []
        self._lock = threading.Lock()
        self._is_over = False

    def send(self, url: str, post: Callable[[], T], unsent: T) -> T:
        """What the request came to; `unsent` where it is lost, or leaves later."""
        fault = self._faults.take_sending(url) if self._faults else None
        if fault is not None and fault.kind is Kind.LOST:
            return unsent
        if fault is not None and fault.kind is Kind.LATE:
            self._hold(post, fault.seconds or LATEST_SECONDS)
            return unsent
        found = post()
        if fault is not None and fault.kind is Kind.TWICE:
            post()
        self._release()
        return found

    def close(self) -> None:
        """What is held back is not sent any more."""
        with self._lock:
            self._is_over = True
            held, self._held = self._held, []
        for timer, _post in held:
            timer.cancel()

    def _hold(self, post: Callable[[], object], seconds: float) -> None:
        timer = threading.Timer(seconds, self._release)
        timer.daemon = True
        with self._lock:
            if self._is_over:
                return
            self._held.append((timer, post))
        timer.start()

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held, []
        for timer, post in held:
            timer.cancel()
            post()
