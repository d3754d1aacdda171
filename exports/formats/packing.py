"""Packs a file while it is written: gzip, or a ZIP archive of one file. Excel workbooks are archives already."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from io import BufferedIOBase
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _
from isal import igzip

from exports.formats.archive import Archive
from exports.formats.base import Format, Option

COMPRESS = Option(
    "compress",
    _("Compression"),
    (("none", _("None")), ("gzip", _("gzip")), ("zip", _("ZIP"))),
)
TYPES = {"gzip": "application/gzip", "zip": "application/zip"}


class Pack(ABC):
    """A stream that takes the plain bytes; `close` ends the packing, the file below stays open."""

    @abstractmethod
    def write(self, data: bytes) -> int: ...

    @abstractmethod
    def close(self) -> None: ...


class ZipPack(Pack):
    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._archive = Archive(stream)
        self._archive.open(name)

    def write(self, data: bytes) -> int:
        self._archive.write(data)
        return len(data)

    def close(self) -> None:
        self._archive.close()


class GzipPack(Pack):
    def __init__(self, stream: BinaryIO, name: str) -> None:
        # No time inside: equal data gives equal files.
        self._file: BufferedIOBase = igzip.IGzipFile(
            filename=name, mode="wb", compresslevel=1, fileobj=stream, mtime=0
        )

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()


_PACKS: Mapping[str, Any] = {"zip": ZipPack, "gzip": GzipPack}


def pack(options: Mapping[str, str], stream: BinaryIO, name: str) -> Pack | None:
    """What the writer writes to instead of the stream; None when it shall not be packed. `name` is the file's inside, in ASCII."""
    chosen = _PACKS.get(options.get("compress", ""))
    packed: Pack | None = chosen(stream, name) if chosen else None
    return packed


def extension(format: Format, options: Mapping[str, str]) -> str:
    """Of the file as it is stored and downloaded: `csv`, `csv.gz`, `zip`."""
    chosen = options.get("compress", "none")
    if chosen == "zip":
        return "zip"
    return f"{format.extension}.gz" if chosen == "gzip" else format.extension


def content_type(format: Format, options: Mapping[str, str]) -> str:
    return TYPES.get(options.get("compress", ""), format.content_type)
