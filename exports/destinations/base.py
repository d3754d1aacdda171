"""What every kind of destination can do, and what it is handed."""

import hashlib
import io
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from exports.destinations.failures import NotSent

CHUNK: Final = 256 * 1024
SECONDS: Final = 30.0
"""For a connection, and for each step on it."""
PROBE: Final = b"Switchboard was here to test this destination.\n"


class Interrupted(Exception):
    """The shipment was cancelled, or another worker has taken it over: nothing is to be recorded."""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A finished file. `id` is the same for every attempt; `title` is the data's, for people."""

    id: UUID
    path: Path
    size: int
    sha256: str
    content_type: str
    title: str
    link: str = ""
    """Where it can be downloaded without credentials, until `expires_at`."""
    expires_at: datetime | None = None
    reached: frozenset[str] = frozenset()
    """Of several addresses those that a former attempt has reached: they have it already."""
    is_wanted: Callable[[], bool] = lambda: True
    """Asked now and then while it is read; when it says no, reading raises Interrupted."""

    def open(self) -> "Slice":
        return self.part(0, self.size)

    def part(self, first: int, length: int) -> "Slice":
        """Some of its bytes, as a file of their own."""
        try:
            stream = self.path.open("rb")
        except FileNotFoundError as error:
            raise NotSent("file_gone") from error
        return Slice(stream, first, length, self.is_wanted)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the file is now, in the words of its place: an address without secrets."""

    place: str
    size: int


class Slice(io.RawIOBase):
    """A part of a file, read as if it were all of it: libraries ask for its length and rewind it."""

    def __init__(self, stream: BinaryIO, first: int, length: int, is_wanted: Callable[[], bool]) -> None:
        self._stream, self._first, self._length = stream, first, length
        self._is_wanted = is_wanted
        stream.seek(first)

    def __len__(self) -> int:
        return self._length

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell() - self._first

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._length}[whence]
        self._stream.seek(self._first + max(0, start + offset))
        return self.tell()

    def read(self, size: int = -1) -> bytes:
        if not self._is_wanted():
            raise Interrupted
        left = max(0, self._length - self.tell())
        return self._stream.read(left if size < 0 else min(size, left))

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class Destination(ABC):
    """Carries files to one place. What goes wrong is a NotSent, whose text is for people."""

    @abstractmethod
    def send(self, file: OutgoingFile, name: str) -> Receipt:
        """Put the file there under that name, whole or not at all. The same file a second time is recognised or replaced.

        Small in memory, whatever its size. NotSent, Interrupted.
        """

    @abstractmethod
    def check(self) -> str:
        """Write a small probe and remove it; what was done, in words. NotSent otherwise."""


def temporary_name(name: str, file: OutgoingFile) -> str:
    """Beside the final one; every attempt writes over what the former one left.

    Hidden where a dot hides, and without the ending `.part`, which Nextcloud keeps to itself.
    """
    return f".{name}.{file.id.hex[-12:]}.uploading"


def probe_name() -> str:
    return f"switchboard-test-{secrets.token_hex(4)}.txt"


def is_same(pieces: Iterator[bytes], file: OutgoingFile) -> bool:
    """Whether what is there is our file, which a former attempt left there before it could be recorded."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest() == file.sha256
