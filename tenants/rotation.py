"""Seals everything anew with the newest key, while the installation runs.

Rows are taken in batches by their key, read as they lie in the database and written back only if nobody else wrote
meanwhile. What is current already is not even read, so a run that was interrupted goes on where it stopped, and a
second run does nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import connection, models, transaction

from config import keyring
from tenants.fields import SealedField
from tenants.scoping import all_tenants

BATCH: Final = 500
_TOKEN: Final = re.compile(rf"{keyring.FORMAT}\.[^.\s\"']+\.[A-Za-z0-9_\-=]+")
_TOKEN_KEY: Final = re.compile(rf"{keyring.FORMAT}\.([^.\s\"']+)\.[A-Za-z0-9_\-=]+")
_LIKE: Final = f"%{keyring.FORMAT}.%"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the database that holds sealed values. `is_embedded`: they stand somewhere within its JSON."""

    model: type[models.Model]
    column: str
    context: str
    is_embedded: bool = False

    @property
    def name(self) -> str:
        return f"{self.model._meta.label}.{self.column}"

    @property
    def table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def key(self) -> str:
        return connection.ops.quote_name(str(self.model._meta.pk.column))

    @property
    def quoted(self) -> str:
        return connection.ops.quote_name(self.column)

    @property
    def text(self) -> str:
        return f"CAST({self.quoted} AS text)" if self.is_embedded else self.quoted

    @property
    def mark(self) -> str:
        """The parameter of a new value."""
        return "%s::jsonb" if self.is_embedded and connection.vendor == "postgresql" else "%s"


_elsewhere: list[Column] = []


@dataclass(frozen=True, slots=True)
class Progress:
    """After each batch: rows sealed anew, and rows that no key opens."""

    column: Column
    done: int
    unreadable: int


def columns() -> list[Column]:
    """Every encrypted column of every room, and what other packages store for us sealed."""
    found = [
        Column(model, str(field.column), field.context)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField)
    ]
    return [*found, *_elsewhere]


def also_rotate(column: Column) -> None:
    """A column that is sealed by hand, not by a field."""
    _elsewhere.append(column)


def keys_in_use() -> dict[str, int]:
    """Key id -> how many values are sealed with it."""
    found: Counter[str] = Counter()
    with all_tenants(), connection.cursor() as cursor:
        for one in columns():
            if one.is_embedded:
                cursor.execute(f"SELECT {one.text} FROM {one.table} WHERE {one.text} LIKE %s", [_LIKE])  # noqa: S608
                found.update(key for (text,) in cursor.fetchall() for key in _TOKEN_KEY.findall(text))
                continue
            rest = f"substr({one.quoted}, {len(keyring.FORMAT) + 2})"
            dot = f"strpos({rest}, '.')" if connection.vendor == "postgresql" else f"instr({rest}, '.')"
            cursor.execute(
                f"SELECT substr({rest}, 1, {dot} - 1), count(*) FROM {one.table}"  # noqa: S608 our own names
                f" WHERE {one.quoted} LIKE %s GROUP BY 1",
                [f"{keyring.FORMAT}.%"],
            )
            for key_id, count in cursor.fetchall():
                found[key_id] += count
    return dict(found)


def rotate(column: Column, batch: int = BATCH) -> Iterator[Progress]:
    """Seal one column anew, batch by batch."""
    done = unreadable = 0
    reached: Any = None
    while rows := _read(column, reached, batch):
        reached = rows[-1][0]
        for key, sealed in rows:
            try:
                fresh = _TOKEN.sub(lambda token: _resealed(token[0], column.context), sealed)
            except keyring.Unreadable:
                unreadable += 1
                continue
            if fresh != sealed:
                done += _write(column, key, sealed, fresh)
        yield Progress(column, done, unreadable)


def _resealed(token: str, context: str) -> str:
    ring = keyring.ring()
    return token if ring.is_current(token) else ring.seal(keyring.open_(token, context), context)


def _read(column: Column, after: Any, batch: int) -> Sequence[tuple[Any, str]]:
    """The next rows that an older key sealed, as (primary key, sealed text), both as the database has them."""
    conditions = [f"{column.text} LIKE %s"]
    values: list[Any] = [_LIKE if column.is_embedded else f"{keyring.FORMAT}.%"]
    if not column.is_embedded:
        current = f"{keyring.FORMAT}.{keyring.ring().newest_id}."
        conditions.append(f"substr({column.quoted}, 1, %s) <> %s")
        values += [len(current), current]
    if after is not None:
        conditions.append(f"{column.key} > %s")
        values.append(after)
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column.key}, {column.text} FROM {column.table}"  # noqa: S608 our own names
            f" WHERE {' AND '.join(conditions)} ORDER BY {column.key} LIMIT %s",
            [*values, batch],
        )
        return cursor.fetchall()


def _write(column: Column, key: Any, before: str, after: str) -> int:
    """In a transaction of its own, so that nobody waits for a batch; nothing when somebody else was first."""
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {column.table} SET {column.quoted} = {column.mark}"  # noqa: S608 our own names
            f" WHERE {column.key} = %s AND {column.text} = %s",
            [after, key, before],
        )
        return int(cursor.rowcount)
