"""What the formats of records share: pieces of JSON between the names of their columns."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

from exports.formats.base import CopyWriter, OutputColumn, Row
from exports.formats.copied import BORDER_BYTE, interleave, join
from exports.formats.records.fragments import encoder
from exports.pushdown.rows import Block


class RecordWriter(CopyWriter):
    """Row by row the same shape: `before` each cell its name, `between` rows their border, `head` and `foot` around all."""

    head: ClassVar[bytes] = b""
    foot: ClassVar[bytes] = b""
    # The whole file when there is no row.
    nothing: ClassVar[bytes] = b""
    row_foot: ClassVar[bytes]
    between: ClassVar[bytes]

    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self._encoders = [encoder(column.kind) for column in columns]
        names = [self.before(at, column.name) for at, column in enumerate(columns)]
        self._row_end = self.row_foot + self.between
        self._frames = [self._row_end + names[0], *names[1:]]
        self._is_empty = True

    @abstractmethod
    def before(self, at: int, name: str) -> bytes:
        """What stands before the cell of this column."""

    def write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = [
            encode(values) for encode, values in zip(self._encoders, zip(*rows, strict=True), strict=True)
        ]
        cells = [cell for row in zip(*columns, strict=True) for cell in row]
        self._put(cells, len(rows))

    def write_copied(self, block: Block) -> None:
        """The database's JSON has no control characters: every border is one."""
        self._put(join(block.rows()).split(BORDER_BYTE), len(block))

    def close(self) -> None:
        self.stream.write(self.nothing if self._is_empty else self.row_foot + self.foot)

    def finish(self, block: bytes) -> bytes:
        """A last pass over each block."""
        return block

    def _put(self, cells: Sequence[bytes], rows: int) -> None:
        block: Any = interleave(self._frames, cells, rows, b"")
        if self._is_empty:
            block = self.head + block.removeprefix(self._row_end)
            self._is_empty = False
        self.stream.write(self.finish(block))
