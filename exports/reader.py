"""Streams a dataset's rows in blocks: one query, one snapshot, never more than a block in memory.

Where the database can write the finished cells it does (`pushdown`); otherwise values come row by row and become cells here.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import and_, attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Field, Model, Q, QuerySet

from exports.chosen import Entry, made_of, resolved, sources_of
from exports.columns import DatasetColumn, find_field
from exports.documents import with_documents
from exports.formats.base import Row
from exports.pushdown.copy import Copy, compile_copy
from exports.pushdown.dialects import Dialect
from exports.registry import Dataset
from exports.resources import DatasetResource
from tenants.models import Member

BLOCK_ROWS = 2_000


class Reader:
    """One dataset with the chosen columns and filters. Needs a tenant scope; filters were checked when the export was asked for."""

    def __init__(
        self,
        dataset: Dataset,
        columns: Sequence[Entry],
        filters: Mapping[str, Any],
        zone: ZoneInfo,
        member: Member | None = None,
        limit: int | None = None,
    ) -> None:
        self.dataset = dataset
        self.member = member
        self.columns = resolved(dataset, columns, zone)
        # What is read for them: computed columns are made of others.
        self._sources = sources_of(dataset, self.columns)
        self._zone = zone
        self._limit = limit
        self._condition = condition(dataset, filters, zone)

    def queryset(self) -> QuerySet[Model]:
        """The rows as instances, unordered: to count or to look at."""
        return self._select(self._rows())

    def fields(self) -> list["Field[Any, Any] | None"]:
        """For each column the field that the database has its values in; None for what only Python can compute."""
        annotations = self._annotated().query.annotations
        return [
            None
            if column.path is None
            else annotations[column.name].output_field
            if column.expression is not None
            else find_field(self.dataset.model, column.path)
            for column in self.columns
        ]

    def blocks(self, size: int = BLOCK_ROWS) -> Generator[Sequence[Row], None, None]:
        """Blocks of raw rows in the dataset's order. Closed before the end, it leaves no query open."""
        rows: Iterator[Row] = (
            self._plain_rows(size) if all(one.path for one in self._sources) else self._python_rows(size)
        )
        if self._sources != self.columns:
            rows = map(made_of(self._sources, self.columns), rows)
        while block := list(islice(rows, size)):
            yield block

    def copy(self, dialect: Dialect) -> Copy | None:
        """The same rows in the same order, as cells that the database writes; None where it cannot."""
        if self._sources != self.columns:
            return None
        return compile_copy(self._annotated(), self._finish, self.columns, dialect, self._zone)

    def _annotated(self) -> QuerySet[Model]:
        expressions = {
            column.name: column.expression for column in self._sources if column.expression is not None
        }
        return self._select(self._rows().annotate(**expressions))

    def _plain_rows(self, size: int) -> Iterator[Row]:
        """Straight from the database: no model instance is ever made."""
        queryset, documents = with_documents(self._annotated(), self._sources)
        paths = [documents.get(column.name, column.path) for column in self._sources if column.path]
        return self._finish(queryset.values_list(*paths)).iterator(chunk_size=size)

    def _python_rows(self, size: int) -> Iterator[Row]:
        """Through model instances, because a column is computed in Python."""
        resource = self.dataset.resource()
        queryset = self._select(resource.with_columns(self._rows()))
        queryset, documents = with_documents(queryset, self._sources)
        getters = [_getter(resource, column, documents) for column in self._sources]
        for instance in self._finish(queryset).iterator(chunk_size=size):
            yield tuple(get(instance) for get in getters)

    def _finish(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """In the dataset's order, and not more than were asked for."""
        return queryset.order_by(*self.dataset.order)[: self._limit]

    def _rows(self) -> QuerySet[Model]:
        return self.dataset.resource.rows_for(self.member)

    def _select(self, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(self._condition)


def _getter(
    resource: DatasetResource, column: DatasetColumn, documents: Mapping[str, str]
) -> Callable[[Any], Any]:
    """How a column's value is taken from an instance."""
    if column.name in documents:
        return attrgetter(documents[column.name])
    field = resource.fields[column.name]
    if column.path:
        getter: Callable[[Any], Any] = field.get_value
        return getter
    method: Callable[[Any], Any] = getattr(resource, field.get_dehydrate_method(column.name))
    return method


def condition(dataset: Dataset, filters: Mapping[str, Any], zone: ZoneInfo) -> Q:
    """All filters at once; FilterError when one is impossible."""
    return reduce(and_, (dataset.filters_by_name[name].q(raw, zone) for name, raw in filters.items()), Q())
