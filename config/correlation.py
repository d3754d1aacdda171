"""The correlation id: one id runs from the arriving event through every effect, so that all of it is one timeline."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[uuid.UUID | None] = ContextVar("correlation", default=None)


def current_correlation() -> uuid.UUID | None:
    return _current.get()


@contextmanager
def correlated(correlation_id: uuid.UUID | None) -> Iterator[None]:
    """Everything recorded inside belongs to that id."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)
