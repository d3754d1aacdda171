"""Where PostgreSQL and SQLite differ for long reads: the snapshot, the estimate, breaking a query off."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model, QuerySet


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one moment, and nothing can be written."""
    if connection.in_atomic_block:
        # Somebody's transaction surrounds us, so its snapshot counts.
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with _sqlite_snapshot():
            yield


@contextmanager
def _sqlite_snapshot() -> Iterator[None]:
    # Not atomic(): its BEGIN IMMEDIATE would hold the only write lock for as long as the export takes.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=ON")
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            _end_sqlite_snapshot()


def _end_sqlite_snapshot() -> None:
    """A query that is broken off while it still has rows to give takes along whatever comes after it, the end of the snapshot too.

    A connection that stayed in it would neither write nor see what others write: it goes, and the next query opens another.
    """
    try:
        with connection.cursor() as cursor:
            if connection.connection.in_transaction:
                cursor.execute("ROLLBACK")
            cursor.execute("PRAGMA query_only=OFF")
    except DatabaseError:
        connection.close()


def estimate(queryset: QuerySet[Model]) -> int:
    """How many rows about: PostgreSQL's planner knows without counting; SQLite has to count, and is small enough."""
    if connection.vendor == "postgresql":
        text = queryset.order_by().values("pk").explain(format="json")
        if not text:
            return 0  # a filter that nothing can meet: Django asks the database nothing
        plan: list[dict[str, Any]] = json.loads(text)
        return int(plan[0]["Plan"]["Plan Rows"])
    return queryset.order_by().count()


def interrupter() -> Callable[[], None]:
    """Breaks off whatever this thread's connection is doing; to be called from another thread."""
    connection.ensure_connection()
    raw = connection.connection
    return raw.cancel_safe if connection.vendor == "postgresql" else raw.interrupt
