"""Reads what COPY sends, a block at a time: psycopg's own iteration goes through its whole machinery for every row."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Copy
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.waiting import Ready, Wait

LINE_END = b"\n"


@dataclass(frozen=True, slots=True)
class Block:
    """Rows as COPY sent them, each with its line end; what stands between two `quote` bytes is somebody's text."""

    data: bytearray
    count: int
    quote: bytes

    def __len__(self) -> int:
        return self.count

    def with_line_ends(self, line_end: bytes) -> bytearray:
        """Others after its rows; those inside of texts stay as they are."""
        if self.data.count(LINE_END) == self.count:
            return self.data.replace(LINE_END, line_end)
        # A quote inside of a text is doubled: so every second piece, and no other, is text.
        pieces = self.data.split(self.quote)
        pieces[0::2] = [piece.replace(LINE_END, line_end) for piece in pieces[0::2]]
        return bytearray(self.quote).join(pieces)

    def rows(self) -> list[bytes]:
        """One by one, without their line ends."""
        if self.data.count(LINE_END) == self.count:
            return bytes(self.data).split(LINE_END)[:-1]
        rows, row = [], b""
        for number, piece in enumerate(bytes(self.data).split(self.quote)):
            if number:
                row += self.quote
            if number % 2:
                row += piece
                continue
            *ended, rest = piece.split(LINE_END)
            for end in ended:
                rows.append(row + end)
                row = b""
            row += rest
        return rows


def blocks(stream: Copy, quote: bytes, size: int, least: int) -> Iterator[Block]:
    """Blocks of so many bytes and rows at least; only the last one has fewer."""
    has_ended = False
    while not has_ended:
        block, has_ended = stream.connection.wait(_block(stream.connection.pgconn, quote, size, least))
        if block.count:
            yield block


def _block(
    connection: Any, quote: bytes, size: int, least: int
) -> Generator[Wait, Ready | int, tuple[Block, bool]]:
    # No list of rows: as many objects that live for a while keep the garbage collector busier than all the rest.
    data = bytearray()
    count = 0
    take = connection.get_copy_data
    while count < least or len(data) < size:
        length, row = take(1)
        if length > 0:
            data += row
            count += 1
        elif length == 0:  # what has arrived is read
            while not (yield Wait.R):
                continue
            connection.consume_input()
        else:
            yield from _end(connection)
            return Block(data, count, quote), True
    return Block(data, count, quote), False


def _end(connection: Any) -> Generator[Wait, Ready | int, None]:
    """The server's last word: how many rows there were, or what went wrong."""
    [result] = yield from fetch_many(connection)
    if result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result)
