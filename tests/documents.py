"""What the documents say, taken apart for the tests that hold it against the code."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_REDIRECTION = re.compile(r"[<>|&;]")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced piece of a document."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def paths() -> list[Path]:
    """Every document of the project, as git would see them."""
    rooms = [path.parent for path in BASE_DIR.glob("*/__init__.py")]
    found = [*BASE_DIR.glob("*.md"), *BASE_DIR.glob("docs/*.md")]
    return sorted([*found, *(path for room in rooms for path in room.rglob("*.md"))])


def name(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def blocks(*languages: str) -> list[Block]:
    return [
        Block(name(path), text[: found.start()].count("\n") + 1, found[2], _dedented(found[3], found[1]))
        for path in paths()
        for text in [path.read_text()]
        for found in _FENCE.finditer(text)
        if found[2] in languages
    ]


def _dedented(text: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))


def codes() -> Iterator[tuple[str, str]]:
    """Every `piece of code` within a line: document, text."""
    for path in paths():
        for found in _CODE.finditer(_FENCE.sub("", path.read_text())):
            yield name(path), found[1]


def links() -> Iterator[tuple[Path, str]]:
    for path in paths():
        for found in _LINK.finditer(_FENCE.sub("", path.read_text())):
            yield path, found[1]


def commands(program: str) -> Iterator[tuple[str, list[str], bool]]:
    """Every call of a program: where, its arguments, and whether it stands in a block to be copied as it is."""
    for block in blocks("sh", "bash"):
        for line in block.text.splitlines():
            for arguments in _calls(program, line):
                yield str(block), arguments, True
    for document, code in codes():
        for arguments in _calls(program, code):
            yield document, arguments, False


def _calls(program: str, line: str) -> Iterator[list[str]]:
    # The last one: what stands before it starts it.
    for found in list(re.finditer(rf"(?:^|[\s/]){re.escape(program)}(?: |$)", line))[-1:]:
        rest = _REDIRECTION.split(line[found.end() :])[0]
        yield shlex.split(rest, comments=True)
