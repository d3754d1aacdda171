"""Many rows in one statement: one JSON document on PostgreSQL, a prepared statement on SQLite.

For the paths that every call and every delivery takes. Django's bulk_create and bulk_update build an expression for
every value, and psycopg quotes every text of an array in Python; both cost more there than all the rest. A JSON document is written by orjson and read by PostgreSQL in C.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final, TypeVar

import orjson
from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model
from django.utils import timezone

from tenants.fields import Sealed
from tenants.scoping import check_tenant
from tenants.work.dialect import dialect

_Row = TypeVar("_Row", bound=Model)
# What an encoder of Django's writes in another way than orjson does is left to it.
_PLAIN: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
Columns = Sequence[tuple[str, str]]
"""Pairs of column name and PostgreSQL type."""


def insert(
    table: str, columns: Columns, rows: Sequence[Sequence[Any]], *, ignore_conflicts: bool = False
) -> None:
    """Insert the rows, whose values stand in the order of the columns."""
    names = ", ".join(name for name, _kind in columns)
    tail = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    if dialect().is_postgres:
        sql = f"INSERT INTO {table} ({names}) SELECT {names} FROM {recordset(columns)}{tail}"  # noqa: S608
        _execute(sql, columns, rows)
    else:
        marks = ", ".join(["%s"] * len(columns))
        _execute_each(f"INSERT INTO {table} ({names}) VALUES ({marks}){tail}", rows)  # noqa: S608


def insert_new(
    table: str, columns: Columns, rows: Sequence[Sequence[Any]], conflict: str = "DO NOTHING"
) -> set[uuid.UUID]:
    """Insert the rows that no unique constraint refuses; the ids (the first column) of those that were."""
    if not rows:
        return set()
    names = ", ".join(name for name, _kind in columns)
    head, tail = f"INSERT INTO {table} ({names})", f"ON CONFLICT {conflict}"
    if not dialect().is_postgres:
        return _insert_new_values(table, columns[0][0], head, tail, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{head} SELECT {names} FROM {recordset(columns)} {tail} RETURNING {columns[0][0]}",  # noqa: S608
            [document(columns, rows)],
        )
        return {found for (found,) in cursor.fetchall()}


def _insert_new_values(
    table: str, key: str, head: str, tail: str, rows: Sequence[Sequence[Any]]
) -> set[uuid.UUID]:
    """Without RETURNING: for each row of it SQLite's driver lets go of the interpreter and waits for it again."""
    marks = f"({', '.join(['%s'] * len(rows[0]))})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"{head} VALUES {', '.join([marks] * len(rows))} {tail}",
            [
                adapt(value) if (adapt := _ADAPTERS.get(type(value))) else value
                for row in rows
                for value in row
            ],
        )
        ids = {row[0] for row in rows}
        if cursor.rowcount == len(ids):
            return ids
        found = cursor.execute(
            f"SELECT {key} FROM {table} WHERE {key} IN ({', '.join(['%s'] * len(ids))})",  # noqa: S608
            [id_.hex for id_ in ids],
        )
        return {uuid.UUID(one) for (one,) in found.fetchall()}


def create(objects: Sequence[Model]) -> set[uuid.UUID]:
    """Insert instances of one model; the ids of those that no unique constraint refused."""
    return _create(objects, "DO NOTHING")


def upsert(objects: Sequence[Model], unique: Sequence[str], names: Sequence[str]) -> None:
    """Insert instances of one model; of those that are there already, by the unique fields, write only the named ones."""
    if objects:
        meta = objects[0]._meta
        key, changed = (
            [str(meta.get_field(name).column) for name in chosen]  # type: ignore[union-attr]
            for chosen in (unique, names)
        )
        sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in changed)
        _create(objects, f"({', '.join(key)}) DO UPDATE SET {sets}")


def _create(objects: Sequence[Model], conflict: str) -> set[uuid.UUID]:
    if not objects:
        return set()
    for one in objects:
        check_tenant(one)
    meta = objects[0]._meta
    columns = _columns(tuple(meta.concrete_fields), connection.vendor)
    stored = insert_new(meta.db_table, columns, _cells(objects), conflict)
    for one in objects:
        one._state.adding = False
    return stored


def _cells(objects: Sequence[Model]) -> list[list[Any]]:
    """What is written of each: read field by field only where a field has something of its own to say."""
    layout, is_postgres, now = _layout(type(objects[0])), dialect().is_postgres, timezone.now()
    for name in layout.moments:
        for one in objects:
            setattr(one, name, now)
    for field in layout.asked:
        for one in objects:
            field.pre_save(one, add=True)
    rows = [list(layout.read(one)) for one in objects]
    for place, field in layout.special:
        for row in rows:
            row[place] = _cell(field, row[place], is_postgres=is_postgres)
    return rows


@dataclass(frozen=True, slots=True)
class _Layout:
    """One model: how all its fields are read at once, and those that need more than that.

    `moments` are set to the time of writing, `asked` have a rule of their own before they are written, `special` are
    written in another form than they are read.
    """

    read: Callable[[Any], tuple[Any, ...]]
    moments: tuple[str, ...]
    asked: tuple[Any, ...]
    special: tuple[tuple[int, Any], ...]


@cache
def _layout(model: type[Model]) -> _Layout:
    fields = tuple(model._meta.concrete_fields)
    plain = (Field.pre_save, DateTimeField.pre_save)
    return _Layout(
        attrgetter(*(field.attname for field in fields)),
        tuple(
            field.attname
            for field in fields
            if isinstance(field, DateTimeField) and (field.auto_now or field.auto_now_add)
        ),
        tuple(field for field in fields if type(field).pre_save not in plain),
        tuple((place, field) for place, field in enumerate(fields) if isinstance(field, JSONField | Sealed)),
    )


def blank(model: type[_Row], **values: Any) -> _Row:
    """A new instance with these values by column, and its defaults: what `model(…)` makes, several times faster."""
    template, made, places = _defaults(model)
    row = list(template)
    for place, name, default in made:
        if name not in values:
            row[place] = default()
    for name, value in values.items():
        row[places[name]] = value
    return model(*row)


_Made = tuple[tuple[int, str, Callable[[], Any]], ...]


@cache
def _defaults(model: type[Model]) -> tuple[tuple[Any, ...], _Made, dict[str, int]]:
    """The defaults that are the same for every row, those that are made for each, and where each column stands."""
    fields = list(enumerate(model._meta.concrete_fields))
    made = tuple(
        (place, field.attname, field.default)
        for place, field in fields
        if field.has_default() and callable(field.default)
    )
    places = {field.attname: place for place, field in fields}
    fixed = {place for place, _name, _default in made}
    return tuple(None if place in fixed else field.get_default() for place, field in fields), made, places


def change(objects: Sequence[Model], names: Sequence[str]) -> None:
    """Write these fields of stored instances of one model."""
    if objects:
        meta = objects[0]._meta
        fields: tuple[Any, ...] = (meta.pk, *(meta.get_field(name) for name in names))
        is_postgres = dialect().is_postgres
        cells = [
            [_cell(field, getattr(one, field.attname), is_postgres=is_postgres) for field in fields]
            for one in objects
        ]
        update(meta.db_table, _columns(fields, connection.vendor), cells)


@lru_cache(maxsize=256)
def _columns(fields: tuple[Any, ...], vendor: str) -> tuple[tuple[str, str], ...]:
    return tuple((field.column, field.db_type(connection)) for field in fields)


def _cell(field: Any, value: Any, *, is_postgres: bool) -> Any:
    if isinstance(field, JSONField):
        return orjson.Fragment(_text(field, value)) if is_postgres else _django_text(field, value)
    return field.get_prep_value(value) if isinstance(field, Sealed) else value


def _text(field: JSONField, value: Any) -> str:
    """As the field's own encoder says it, which is asked where there is anything but plain JSON."""
    try:
        return orjson.dumps(value, option=_PLAIN).decode()
    except (orjson.JSONEncodeError, TypeError):
        return _django_text(field, value)


def _django_text(field: JSONField, value: Any) -> str:
    """SQLite keeps JSON as it was written, and compares it as text: with the spaces that Django writes."""
    return json.dumps(value, cls=field.encoder, ensure_ascii=False)


def update(table: str, columns: Columns, rows: Sequence[Sequence[Any]]) -> None:
    """Set the columns of the rows whose first column, the key, is given first."""
    (key, _kind), *rest = columns
    if dialect().is_postgres:
        sets = ", ".join(f"{name} = fresh.{name}" for name, _kind in rest)
        sql = f"UPDATE {table} SET {sets} FROM {recordset(columns)} WHERE {table}.{key} = fresh.{key}"  # noqa: S608
        _execute(sql, columns, rows)
    else:
        sets = ", ".join(f"{name} = %s" for name, _kind in rest)
        _execute_each(f"UPDATE {table} SET {sets} WHERE {key} = %s", [(*row[1:], row[0]) for row in rows])  # noqa: S608


def recordset(columns: Columns) -> str:
    """PostgreSQL's words for the rows of a document, which is the one parameter."""
    return f"json_to_recordset(%s::json) AS fresh ({', '.join(f'{name} {kind}' for name, kind in columns)})"


def _execute(sql: str, columns: Columns, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [document(columns, rows)])


def document(columns: Columns, rows: Sequence[Sequence[Any]]) -> str:
    """The rows as one JSON text, for `recordset`."""
    names = [name for name, _kind in columns]
    return orjson.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_binary).decode()


def _binary(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _execute_each(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, [[_adapted(value) for value in row] for row in rows])


def _adapted(value: Any) -> Any:
    adapt = _ADAPTERS.get(type(value))
    return adapt(value) if adapt else value


@lru_cache(maxsize=256)
def _moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


_ADAPTERS: dict[type, Callable[[Any], Any]] = {
    uuid.UUID: attrgetter("hex"),
    Decimal: str,
    datetime: _moment,
    dict: _json,
    list: _json,
    tuple: _json,
}
