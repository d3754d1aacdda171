"""Reads whose SQL is put together once: for the few that every call takes, many times a second.

Django builds and compiles a queryset anew for each use, and on a small result that costs several times what the
database does. Here the condition is SQL, and what comes back are ordinary instances.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import orjson
from django.db import connection
from django.db.models import Model
from django.db.models.expressions import Col

from tenants.scoping import ScopeMissing, TenantManager, current_tenant_id, is_scoped
from tenants.work.dialect import dialect

ModelT = TypeVar("ModelT", bound=Model)
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    head: str
    tail: str
    converters: Sequence[tuple[int, Convert]]


class Read(Generic[ModelT]):
    """Instances of one model for which `where` holds, in the active scope.

    `where` is SQL about the model's own columns; each `{among}` in it stands for "is one of", and takes one collection
    of ids, texts or numbers when the read is called. `without` names fields that are left out, `lock` keeps the rows
    from being changed or deleted until the transaction ends, in the order of `order`.
    """

    def __init__(
        self,
        model: type[ModelT],
        where: str,
        *,
        order: str = "",
        without: Sequence[str] = (),
        lock: bool = False,
    ) -> None:
        self._model, self._where, self._order, self._lock = model, where, order, lock
        self._without = frozenset(without)
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, *values: Iterable[Any]) -> list[ModelT]:
        if connection.vendor not in self._compiled:
            self._compiled[connection.vendor] = self._compile()
        compiled = self._compiled[connection.vendor]
        scope, scope_values = self._scope()
        adapt: Callable[[Iterable[Any]], Any] = list if dialect().is_postgres else _json
        with connection.cursor() as cursor:
            cursor.execute(
                compiled.head + scope + compiled.tail, [*[adapt(one) for one in values], *scope_values]
            )
            rows = cursor.fetchall()
        return [self._instance(row, compiled.converters) for row in rows]

    @cached_property
    def _fields(self) -> list[Any]:
        return [field for field in self._model._meta.concrete_fields if field.name not in self._without]

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._fields]

    def _compile(self) -> _Compiled:
        words, quote = dialect(), connection.ops.quote_name
        table = quote(self._model._meta.db_table)
        columns = ", ".join(f"{table}.{quote(field.column)}" for field in self._fields)
        among = "= ANY (%s)" if words.is_postgres else "IN (SELECT value FROM json_each(%s))"
        where = self._where.replace("{among}", among)
        order = f" ORDER BY {self._order}" if self._order else ""
        lock = " FOR NO KEY UPDATE" if self._lock and words.is_postgres else ""
        return _Compiled(
            f"SELECT {columns} FROM {table} WHERE ({where})",  # noqa: S608 written by us, values apart
            order + lock,
            [(place, convert) for place, field in enumerate(self._fields) for convert in _converters(field)],
        )

    def _scope(self) -> tuple[str, list[int]]:
        if not isinstance(self._model._default_manager, TenantManager):
            return "", []
        if not is_scoped():
            raise ScopeMissing(f"{self._model.__name__} was queried without a tenant scope")
        tenant_id = current_tenant_id()
        return (" AND tenant_id = %s", [tenant_id]) if tenant_id else ("", [])

    def _instance(self, row: Sequence[Any], converters: Sequence[tuple[int, Convert]]) -> ModelT:
        values = list(row)
        for place, convert in converters:
            values[place] = convert(values[place])
        return self._model.from_db(connection.alias, self._names, values)


def _converters(field: Any) -> list[Convert]:
    """What Django does to this column's values on their way in."""
    column: Col = field.get_col(
        field.model._meta.db_table
    )  # which knows the type of what a foreign key points to
    found = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
    return [_bound(convert, column) for convert in found]


def _bound(convert: Callable[[Any, Any, Any], Any], column: Col) -> Convert:
    return lambda value: convert(value, column, connection)


def _json(values: Iterable[Any]) -> str:
    return orjson.dumps([value.hex if isinstance(value, uuid.UUID) else value for value in values]).decode()
