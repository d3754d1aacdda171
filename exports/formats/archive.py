"""A zip written straight through: one entry at a time, deflated by isal at level 1, sizes patched in at its end.

The standard library's zipfile cannot take another deflate. isal's level 1 reaches the ratio of zlib's level 1 at four times its speed.
Entries and archive stay below 4 GiB, so the file needs no ZIP64, which Excel answers with its "repair" question. Where the
stream cannot go back, as inside of another archive, the sizes follow each entry instead.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

MAX_SIZE = 0xFFFF_FFFF
_DEFLATED = 8
_VERSION = 20
# The first day that the format knows (1980-01-01): equal data gives equal files.
_TIME, _DATE = 0, 33

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_SIZES_AT = 14
_SIZES = struct.Struct("<3L")
_SIZES_FOLLOW = 1 << 3


class ArchiveTooLarge(Exception):
    """The archive would pass 4 GiB."""


@dataclass(slots=True)
class _Entry:
    name: bytes
    offset: int
    crc: int = 0
    size: int = 0
    compressed: int = 0


class Archive:
    """`open` an entry, `write` to it, and go on with the next; `close` writes the directory."""

    def __init__(self, stream: BinaryIO, level: int = 1) -> None:
        self._stream = stream
        self._written = 0
        self._flags = 0 if stream.seekable() else _SIZES_FOLLOW
        self._level = level
        self._entries: list[_Entry] = []
        self._deflate = isal_zlib.compressobj(level, _DEFLATED, -15)

    def open(self, name: str) -> None:
        self._finish_entry()
        entry = _Entry(name.encode("ascii"), self._written)
        head = (_VERSION, self._flags, _DEFLATED, _TIME, _DATE, 0, 0, 0, len(entry.name), 0)
        self._put(_LOCAL.pack(b"PK\3\4", *head) + entry.name)
        self._deflate = isal_zlib.compressobj(self._level, _DEFLATED, -15)
        self._entries.append(entry)

    def write(self, data: bytes) -> None:
        entry = self._entries[-1]
        entry.crc = isal_zlib.crc32(data, entry.crc)
        entry.size += len(data)
        self._append(self._deflate.compress(data))

    def add(self, name: str, data: bytes) -> None:
        self.open(name)
        self.write(data)

    @property
    def entry_size(self) -> int:
        """How many bytes the open entry has, uncompressed."""
        return self._entries[-1].size

    def close(self) -> None:
        self._finish_entry()
        start = self._written
        for entry in self._entries:
            head = _CENTRAL.pack(
                b"PK\1\2", _VERSION, _VERSION, self._flags, _DEFLATED, _TIME, _DATE,
                entry.crc, entry.compressed, entry.size, len(entry.name), 0, 0, 0, 0, 0, entry.offset,
            )  # fmt: skip
            self._put(head + entry.name)
        count, end = len(self._entries), self._written
        if end > MAX_SIZE:
            raise ArchiveTooLarge
        self._put(_END.pack(b"PK\5\6", 0, 0, count, count, end - start, start, 0))
        self._entries = []

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._written += len(data)

    def _append(self, compressed: bytes) -> None:
        if not compressed:
            return
        entry = self._entries[-1]
        entry.compressed += len(compressed)
        if entry.offset + entry.compressed > MAX_SIZE or entry.size > MAX_SIZE:
            raise ArchiveTooLarge
        self._put(compressed)

    def _finish_entry(self) -> None:
        if not self._entries:
            return
        self._append(self._deflate.flush())
        entry = self._entries[-1]
        sizes = _SIZES.pack(entry.crc, entry.compressed, entry.size)
        if self._flags & _SIZES_FOLLOW:
            self._put(b"PK\7\x08" + sizes)
            return
        self._stream.seek(entry.offset + _SIZES_AT)
        self._stream.write(sizes)
        self._stream.seek(self._written)
