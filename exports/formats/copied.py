"""Puts rows from COPY together: cells between border bytes go between pieces of markup, a whole block in a few passes in C."""

import re
from collections.abc import Sequence
from typing import Any

from exports.pushdown.dialects import BORDER, QUOTE

BORDER_BYTE, QUOTE_BYTE = BORDER.encode(), QUOTE.encode()
_CELL = re.compile(f"(?:{QUOTE}((?:[^{QUOTE}]|{QUOTE}{QUOTE})*){QUOTE}|([^{BORDER}]*))(?:{BORDER}|\\Z)")


def join(rows: Sequence[bytes]) -> bytes:
    """A block as one text, border after border."""
    return BORDER_BYTE.join(rows)


def interleave(frames: Sequence[Any], cells: Sequence[Any], rows: int, empty: Any) -> Any:
    """Each cell after its piece of markup: `frames` is what stands before the cells of one row."""
    pieces: list[Any] = [empty] * (2 * len(cells))
    pieces[0::2] = list(frames) * rows
    pieces[1::2] = cells
    return empty.join(pieces)


def cells_of(row: bytes) -> list[str]:
    """One row cell by cell, whatever bytes are in its texts: for blocks in which borders cannot be told by counting."""
    text = row.decode()
    if QUOTE not in text:
        return text.split(BORDER)
    cells: list[str] = []
    at = 0
    while True:
        found = _CELL.match(text, at)
        assert found is not None, "COPY quotes what it has to"
        quoted, plain = found.groups()
        cells.append(plain if quoted is None else quoted.replace(QUOTE + QUOTE, QUOTE))
        at = found.end()
        if not found.group().endswith(BORDER):
            return cells
