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
from tenants.fields import EncryptedBytesField, Sealed
from tenants.scoping import all_tenants

BATCH: Final = 500
BATCH_OF_BYTES: Final = 16  # bodies of up to two megabytes are in memory at once
_TOKEN: Final = re.compile(rf"{keyring.FORMAT}\.[^.\s\"']+\.[A-Za-z0-9_\-=]+")
_TOKEN_KEY: Final = re.compile(rf"{keyring.FORMAT}\.([^.\s\"']+)\.[A-Za-z0-9_\-=]+")
_LIKE: Final = f"%{keyring.FORMAT}.%"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the database that holds sealed values.

    `is_embedded`: they stand somewhere within its JSON. `is_bytes`: the column is one of bytes, not of text.
    """

    model: type[models.Model]
    column: str
    context: str
    is_embedded: bool = False
    is_bytes: bool = False

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

    def begins_with(self, prefix: str, *, not_: bool = False) -> tuple[str, list[Any]]:
        """The condition, and its parameters."""
        sign = "<>" if not_ else "="
        return f"substr({self.quoted}, 1, {len(prefix)}) {sign} %s", [self.literal(prefix)]

    def literal(self, text: str) -> str | bytes:
        """A text as the column has it."""
        return text.encode() if self.is_bytes else text


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
        Column(model, str(field.column), field.context, is_bytes=isinstance(field, EncryptedBytesField))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if isinstance(field, Sealed)
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
            dot = f"position(%s in {rest})" if connection.vendor == "postgresql" else f"instr({rest}, %s)"
            is_sealed, prefix = one.begins_with(f"{keyring.FORMAT}.")
            cursor.execute(
                f"SELECT substr({rest}, 1, {dot} - 1), count(*) FROM {one.table}"  # noqa: S608 our own names
                f" WHERE {is_sealed} GROUP BY 1",
                [one.literal("."), *prefix],
            )
            for key_id, count in cursor.fetchall():
                found[bytes(key_id).decode() if one.is_bytes else key_id] += count
    return dict(found)


def rotate(column: Column, batch: int = BATCH) -> Iterator[Progress]:
    """Seal one column anew, batch by batch."""
    done = unreadable = 0
    batch = min(batch, BATCH_OF_BYTES) if column.is_bytes else batch
    reached: Any = None
    while rows := _read(column, reached, batch):
        reached = rows[-1][0]
        for key, sealed in rows:
            try:
                fresh = _sealed_anew(column, sealed)
            except keyring.Unreadable:
                unreadable += 1
                continue
            if fresh != sealed:
                done += _write(column, key, sealed, fresh)
        yield Progress(column, done, unreadable)


def _sealed_anew(column: Column, sealed: Any) -> str | bytes:
    if column.is_bytes:
        return keyring.seal_bytes(keyring.open_bytes(bytes(sealed), column.context), column.context)
    return _TOKEN.sub(lambda token: _resealed(token[0], column.context), sealed)


def _resealed(token: str, context: str) -> str:
    ring = keyring.ring()
    return token if ring.is_current(token) else ring.seal(keyring.open_(token, context), context)


def _read(column: Column, after: Any, batch: int) -> Sequence[tuple[Any, Any]]:
    """The next rows that an older key sealed, as (primary key, sealed value), both as the database has them."""
    conditions, values = _of_older_keys(column)
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


def _of_older_keys(column: Column) -> tuple[list[str], list[Any]]:
    if column.is_embedded:
        return [f"{column.text} LIKE %s"], [_LIKE]
    is_sealed, prefix = column.begins_with(f"{keyring.FORMAT}.")
    is_older, current = column.begins_with(keyring.ring().current_prefix, not_=True)
    return [is_sealed, is_older], [*prefix, *current]


def _write(column: Column, key: Any, before: Any, after: str | bytes) -> int:
    """In a transaction of its own, so that nobody waits for a batch; nothing when somebody else was first."""
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {column.table} SET {column.quoted} = {column.mark}"  # noqa: S608 our own names
            f" WHERE {column.key} = %s AND {column.text} = %s",
            [after, key, before],
        )
        return int(cursor.rowcount)
