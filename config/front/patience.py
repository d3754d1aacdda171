"""Ends what takes too long: one look a second at all that are under way, because a timer for each costs more than reading most bodies."""

import asyncio
from types import TracebackType
from typing import Final, Self

LOOK_SECONDS: Final = 1.0

Task = asyncio.Task[object]


class Patience:
    """`with patience:` around an await raises TimeoutError there after that many seconds, up to `LOOK_SECONDS` later."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began: dict[Task, float] = {}
        self._overdue: set[Task] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        loop = task.get_loop()
        if self._loop is not loop:  # the first one, or the loop of another time
            self._loop = loop
            self._began.clear()
            self._overdue.clear()
            self._look_later()
        self._began[task] = loop.time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._began.pop(task, None)
        if task in self._overdue:
            self._overdue.discard(task)
            if task.uncancel() == 0 and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def _look_later(self) -> None:
        assert self._loop is not None
        self._loop.call_later(min(LOOK_SECONDS, self.seconds), self._look)

    def _look(self) -> None:
        assert self._loop is not None
        earliest = self._loop.time() - self.seconds
        for task in [task for task, began in self._began.items() if began <= earliest]:
            del self._began[task]
            self._overdue.add(task)
            task.cancel()
        self._look_later()
