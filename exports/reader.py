"""Streams a dataset's rows in blocks: one query, one snapshot, never more than a block in memory."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import and_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet

from exports.columns import DatasetColumn
from exports.formats.base import Row
from exports.registry import Dataset
from tenants.models import Member

BLOCK_ROWS = 2_000


class Reader:
    """One dataset with the chosen columns and filters. Needs a tenant scope; filters were checked when the export was asked for."""

    def __init__(
        self,
        dataset: Dataset,
        columns: Sequence[str],
        filters: Mapping[str, Any],
        zone: ZoneInfo,
        member: Member | None = None,
    ) -> None:
        self.dataset = dataset
        self.member = member
        self.columns: tuple[DatasetColumn, ...] = tuple(dataset.columns[name] for name in columns)
        self._condition = condition(dataset, filters, zone)

    def queryset(self) -> QuerySet[Model]:
        """The rows as instances, unordered: to count or to look at."""
        return self._select(self._rows())

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Sequence[Row]]:
        """Blocks of raw rows in the dataset's order."""
        rows = (
            self._plain_rows(size) if all(column.path for column in self.columns) else self._python_rows(size)
        )
        while block := list(islice(rows, size)):
            yield block

    def _plain_rows(self, size: int) -> Iterator[Row]:
        """Straight from the database: no model instance is ever made."""
        paths = [column.path for column in self.columns if column.path]
        expressions = {
            column.name: column.expression for column in self.columns if column.expression is not None
        }
        queryset = self._select(self._rows().annotate(**expressions))
        return queryset.order_by(*self.dataset.order).values_list(*paths).iterator(chunk_size=size)

    def _python_rows(self, size: int) -> Iterator[Row]:
        """Through model instances, because a column is computed in Python."""
        resource = self.dataset.resource()
        fields = [resource.fields[column.name] for column in self.columns]
        methods = [
            None if column.path else getattr(resource, field.get_dehydrate_method(column.name))
            for column, field in zip(self.columns, fields, strict=True)
        ]
        queryset = self._select(resource.with_columns(self._rows())).order_by(*self.dataset.order)
        for instance in queryset.iterator(chunk_size=size):
            yield tuple(
                field.get_value(instance) if method is None else method(instance)
                for field, method in zip(fields, methods, strict=True)
            )

    def _rows(self) -> QuerySet[Model]:
        return self.dataset.resource.rows_for(self.member)

    def _select(self, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(self._condition)


def condition(dataset: Dataset, filters: Mapping[str, Any], zone: ZoneInfo) -> Q:
    """All filters at once; FilterError when one is impossible."""
    return reduce(and_, (dataset.filters_by_name[name].q(raw, zone) for name, raw in filters.items()), Q())
