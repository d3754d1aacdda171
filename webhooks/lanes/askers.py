"""Threads for what waits on strangers' servers: one company has at most a few of them at once, so nobody holds all."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

Work = Callable[[], None]


class Askers:
    """Threads begin with the first work. Work sees to its own errors."""

    def __init__(self, threads: int, most_of_a_company: int) -> None:
        self._threads = threads
        self._most = most_of_a_company
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._busy: Counter[int] = Counter()
        self._waiting: defaultdict[int, deque[Work]] = defaultdict(deque)

    def submit(self, company: int, work: Work) -> None:
        with self._lock:
            if self._busy[company] >= self._most:
                self._waiting[company].append(work)
            else:
                self._busy[company] += 1
                self._begin(company, work)

    def stop(self) -> None:
        """What has not begun is forgotten; the rows that it was for become due again with the end of their leases."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._busy.clear()
            self._waiting.clear()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, company: int, work: Work) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="webhook-tokens")
        self._pool.submit(self._work, self._pool, company, work)

    def _work(self, pool: ThreadPoolExecutor, company: int, work: Work) -> None:
        try:
            work()
        finally:
            with self._lock:
                if pool is self._pool:  # after a stop, nothing of this is counted any more
                    self._next(company)

    def _next(self, company: int) -> None:
        """To the end of the pool's queue: work of others that waits there comes first."""
        waiting = self._waiting[company]
        if waiting:
            self._begin(company, waiting.popleft())
            return
        self._waiting.pop(company)
        self._busy[company] -= 1
        if not self._busy[company]:
            del self._busy[company]
