"""Opens a stored file as rows of cells."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from exports.imports.reading.rows import OpenFile
from exports.imports.reading.text import open_text
from exports.imports.reading.workbook import open_workbook

Recognise = Callable[[Sequence[str]], int]
"""How many of these headings are known: the delimiter that gives most of them is the file's."""

_OPENERS: Final[Mapping[str, Callable[[Path, Recognise], AbstractContextManager[OpenFile]]]] = {
    "csv": open_text,
    "xlsx": open_workbook,
}


def opened(path: Path, format: str, recognise: Recognise) -> AbstractContextManager[OpenFile]:
    """FileRefused for what cannot be read, when it is opened or later, on the way."""
    return _OPENERS[format](path, recognise)
