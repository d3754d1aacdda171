"""Reads a part of a workbook tag by tag: no tree is built, and whatever the part has in it takes no more memory than a piece of it."""

from collections.abc import Iterator
from typing import IO, Final
from xml.parsers import expat

PIECE: Final = 1 << 16
# One tag, comment or instruction, which the parser has to see whole.
LONGEST_TAG: Final = 1 << 20
# The parser remembers each name that it has seen once; a sheet has some dozens.
MOST_NAMES: Final = 10_000
DEEPEST: Final = 100


class Malformed(ValueError):
    """No markup, or none that a workbook has."""


class Part:
    """What is done with the tags of one part. `path` are the local names of the open ones."""

    def __init__(self) -> None:
        self.path: list[str] = []

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        pass

    def closed(self, name: str) -> None:
        pass

    def text(self, data: str) -> None:
        pass

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if len(self.path) >= DEEPEST:
            raise Malformed("tags in tags in tags")
        self.opened(name, attributes)
        self.path.append(name)

    def end(self, _tag: str) -> None:
        self.closed(self.path.pop())


def pieces(stream: IO[bytes], part: Part) -> Iterator[int]:
    """How many bytes were read, after each piece whose tags the part has seen. Malformed."""
    names: dict[str, str] = {}
    parser = expat.ParserCreate(None, None, names)
    parser.buffer_text = True
    parser.StartElementHandler = part.start
    parser.EndElementHandler = part.end
    parser.CharacterDataHandler = part.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    read = 0
    try:
        while piece := stream.read(PIECE):
            read += len(piece)
            parser.Parse(piece, False)
            if read - max(parser.CurrentByteIndex, 0) > LONGEST_TAG or len(names) > MOST_NAMES:
                raise Malformed("an endless tag, or names without end")
            yield read
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Malformed(str(error)) from error
    yield read


def _refuse_doctype(*_told: object) -> None:
    raise Malformed("a document type")
