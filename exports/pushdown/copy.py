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
from exports.pushdown.rows import Block, blocks
from exports.pushdown.sources import source
from exports.pushdown.zones import server_agrees

# Large enough that what is done once for a block does not count, small enough that nobody notices its memory.
BLOCK_BYTES = 1 << 18
# How the server speaks and computes meanwhile: not with all of its cores, which others need as well, and without compiling, which
# takes longer than it saves.
_SETTINGS = {"DateStyle": "ISO, YMD", "jit": "off", "max_parallel_workers_per_gather": "0"}
# Never fewer in the first block than a sheet guesses its widths from.
LEAST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Copy:
    """A statement that is ready to run; `blocks` once, inside the snapshot and the scope in which it was compiled."""

    sql: str
    params: Sequence[Any]
    zone: ZoneInfo
    quote: bytes

    def blocks(self) -> Generator[Block, None, None]:
        """Rows as COPY sent them, with their line ends."""
        with _speaking(self.zone), connection.wrap_database_errors, connection.cursor() as cursor:
            raw: Any = cursor  # Django's wrapper hands on what it does not know
            with raw.copy(self.sql, self.params) as stream:
                yield from blocks(stream, self.quote, BLOCK_BYTES, LEAST_ROWS)


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
    return Copy(f"COPY ({select}) TO STDOUT ({dialect.copy_options})", params, zone, dialect.quote.encode())


@contextmanager
def _speaking(zone: ZoneInfo) -> Iterator[None]:
    """The session's moments are the tenant's; as before afterwards, for Django takes them all for UTC."""
    wanted = {"TimeZone": zone.key, **_SETTINGS}
    present = ", ".join(f"current_setting('{name}')" for name in wanted)
    change = ", ".join(f"set_config('{name}', %s, true)" for name in wanted)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {present}, {change}", [*wanted.values()])
        before = cursor.fetchone()[: len(wanted)]
    try:
        yield
    finally:
        if connection.connection.info.transaction_status != TransactionStatus.INERROR:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {change}", before)
