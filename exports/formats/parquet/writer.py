"""Writes Parquet by pyarrow, one row group after another; no more than one of them is in memory."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet as pq

from exports.formats.base import OutputColumn, Row, Writer
from exports.formats.outlet import Outlet
from exports.formats.parquet.types import typed

# A row group is as large as readers like, and as small as the memory of a worker wants.
GROUP_ROWS = 65_536
GROUP_BYTES = 8 << 20


class ParquetWriter(Writer):
    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self._columns = [typed(column) for column in columns]
        names = [column.name for column in columns]
        self._schema = pa.schema(
            [pa.field(name, column.type) for name, column in zip(names, self._columns, strict=True)]
        )
        self._file = pq.ParquetWriter(
            pa.PythonFile(Outlet(stream), mode="w"), self._schema, compression="snappy", store_schema=False
        )
        self._group: list[pa.Table] = []

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        arrays = [
            column.array(values)
            for column, values in zip(self._columns, zip(*rows, strict=True), strict=True)
        ]
        self._group.append(pa.Table.from_arrays(arrays, schema=self._schema))
        if (
            sum(map(len, self._group)) >= GROUP_ROWS
            or sum(part.nbytes for part in self._group) >= GROUP_BYTES
        ):
            self._end_group()

    def close(self) -> None:
        self._end_group()
        self._file.close()

    def _end_group(self) -> None:
        if not self._group:
            return
        table: Any = pa.concat_tables(self._group)
        self._group = []
        self._file.write_table(table, row_group_size=len(table))
