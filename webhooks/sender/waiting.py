"""Requests that wait for a free connection, fair between hosts."""

from collections import deque
from collections.abc import Iterable

from webhooks.sender.messages import Request


class Waiting:
    """First come, first served within a host; hosts take turns; a host at its limit does not hold up the others."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._queues: dict[str, deque[Request]] = {}
        self._turns: deque[str] = deque()
        self._busy: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, requests: Iterable[Request]) -> None:
        for request in requests:
            queue = self._queues.get(request.host)
            if queue is None:
                queue = self._queues[request.host] = deque()
                if self._busy.get(request.host, 0) < self._per_host:
                    self._turns.append(request.host)
            queue.append(request)
            self._count += 1

    def next(self) -> Request | None:
        """The next request that may start; it occupies its host until `free`."""
        if not self._turns:
            return None
        host = self._turns.popleft()
        queue = self._queues[host]
        request = queue.popleft()
        self._count -= 1
        self._busy[host] = self._busy.get(host, 0) + 1
        if not queue:
            del self._queues[host]
        elif self._busy[host] < self._per_host:
            self._turns.append(host)
        return request

    def free(self, host: str) -> None:
        """A request to that host has ended."""
        was_full = self._busy[host] == self._per_host
        self._busy[host] -= 1
        if not self._busy[host]:
            del self._busy[host]
        if was_full and host in self._queues:
            self._turns.append(host)

    def drain(self) -> list[Request]:
        """Take out everything that has not started."""
        left = [request for queue in self._queues.values() for request in queue]
        self._queues.clear()
        self._turns.clear()
        self._count = 0
        return left
