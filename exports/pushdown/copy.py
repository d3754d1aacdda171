"""One COPY whose rows are finished cells: compiled from a dataset's columns, streamed in blocks."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from psycopg.pq import TransactionStatus

from exports.columns import DatasetColumn
from exports.pushdown.dialects import Dialect
from exports.pushdown.expressions import Sql
from exports.pushdown.sources import source
from exports.pushdown.zones import server_agrees

# Large enough that what is done once for a block does not count, small enough that nobody notices its memory.
BLOCK_BYTES = 1 << 18
# Never fewer in the first block than a sheet guesses its widths from.
LEAST_ROWS = 50

Block = list[bytes]


@dataclass(frozen=True, slots=True)
class Copy:
    """A statement that is ready to run; `blocks` once, inside the snapshot and the scope in which it was compiled."""

    sql: str
    params: Sequence[Any]
    zone: ZoneInfo

    def blocks(self) -> Generator[Block, None, None]:
        """Rows as COPY sent them, without their line ends."""
        with _speaking(self.zone), connection.wrap_database_errors, connection.cursor() as cursor:
            raw: Any = cursor  # Django's wrapper hands on what it does not know
            block: Block = []
            size = 0
            with raw.copy(self.sql, self.params) as stream:
                for row in stream:
                    block.append(bytes(row[:-1]))
                    size += len(row)
                    if size >= BLOCK_BYTES and len(block) >= LEAST_ROWS:
                        yield block
                        block, size = [], 0
            if block:
                yield block


def compile_copy(
    queryset: QuerySet[Model],
    finish: Callable[[QuerySet[Any]], QuerySet[Any]],
    columns: Sequence[DatasetColumn],
    dialect: Dialect,
    zone: ZoneInfo,
) -> Copy | None:
    """The rows, annotated with the columns' expressions and put in order by `finish`, as one COPY; None where Python has to do it."""
    if connection.vendor != "postgresql" or len(columns) < dialect.min_columns:
        return None
    cells: dict[str, Sql] = {}
    for number, column in enumerate(columns):
        found = source(queryset, column)
        cell = dialect.cell(column, found) if found else None
        if cell is None:
            return None
        cells[f"cell_{number}"] = cell
    if not server_agrees(zone):
        return None
    try:
        select, params = finish(queryset.annotate(**cells).values_list(*cells)).query.sql_with_params()
    except EmptyResultSet:
        return None  # a filter that nothing can meet
    return Copy(f"COPY ({select}) TO STDOUT ({dialect.copy_options})", params, zone)


@contextmanager
def _speaking(zone: ZoneInfo) -> Iterator[None]:
    """The session's moments are the tenant's; as before afterwards, for Django takes them all for UTC."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('TimeZone'), current_setting('DateStyle'), current_setting('jit'),"
            " set_config('TimeZone', %s, true), set_config('DateStyle', 'ISO, YMD', true), set_config('jit', 'off', true)",
            [zone.key],
        )
        before = cursor.fetchone()[:3]
    try:
        yield
    finally:
        if connection.connection.info.transaction_status != TransactionStatus.INERROR:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('TimeZone', %s, true), set_config('DateStyle', %s, true),"
                    " set_config('jit', %s, true)",
                    before,
                )
