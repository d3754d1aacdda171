"""Which tables were written to, seen by the database itself: what nothing was written to needs no second look.

SQLite's triggers note it in a temporary table, which a rollback empties of what it takes back. They are made in no transaction:
after each rollback of one that changed the schema, SQLite reads the whole schema again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

TOUCHED = "strangers_touched"
DEEDS = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def noted(blocker: Any) -> Iterator[None]:
    """Until its end, each write to a table of this connection's database leaves the table's name."""
    with blocker.unblock():
        names = connection.introspection.table_names()
        _make(names)
        try:
            yield
        finally:
            _remove(names)


def _make(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {TOUCHED} (name TEXT)")
        for name in names:
            for deed in DEEDS:
                cursor.execute(
                    f"CREATE TEMP TRIGGER {_trigger(name, deed)} AFTER {deed} ON main.{connection.ops.quote_name(name)} "
                    # Not OR IGNORE: a trigger's statement is bound to what its statement says of conflicts.
                    f"BEGIN INSERT INTO {TOUCHED} SELECT '{name}' "
                    f"WHERE NOT EXISTS (SELECT 1 FROM {TOUCHED} WHERE name = '{name}'); END"
                )


def _remove(names: list[str]) -> None:
    with connection.cursor() as cursor:
        for name in names:
            for deed in DEEDS:
                cursor.execute(f"DROP TRIGGER IF EXISTS temp.{_trigger(name, deed)}")
        cursor.execute(f"DROP TABLE IF EXISTS temp.{TOUCHED}")


def _trigger(name: str, deed: str) -> str:
    return connection.ops.quote_name(f"touched_{name}_{deed.lower()}")


def touched() -> frozenset[str]:
    """The tables to which something was written that has not been rolled back, since the last `forget` that was not, either."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM temp.{TOUCHED}")
        return frozenset(name for (name,) in cursor.fetchall())


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM temp.{TOUCHED}")
