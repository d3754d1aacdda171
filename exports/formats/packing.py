"""Packs a file while it is written: gzip, or a ZIP archive of one file, with a password where one was asked for.

Excel workbooks and Parquet are compressed already: a ZIP around them only carries the password.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedIOBase
from typing import Any, BinaryIO

import pyzipper
from django.utils.translation import gettext_lazy as _
from isal import igzip
from pyzipper.zipfile_aes import WZ_AES_V2

from exports.formats.archive import Archive
from exports.formats.base import Format, Option
from exports.formats.outlet import Outlet

COMPRESS = Option(
    "compress",
    _("Compression"),
    (("none", _("None")), ("gzip", _("gzip")), ("zip", _("ZIP"))),
)
TYPES = {"gzip": "application/gzip", "zip": "application/zip"}
_AES_256 = {"nbits": 256, "force_wz_aes_version": WZ_AES_V2}


class Pack(ABC):
    """A stream that takes the plain bytes; `close` ends the packing, the file below stays open."""

    @abstractmethod
    def write(self, data: bytes) -> int: ...

    @abstractmethod
    def close(self) -> None: ...

    def abandon(self) -> None:
        """The writing failed: not another byte goes to the stream."""
        return

    def seekable(self) -> bool:
        """What has been packed stays as it is."""
        return False


class ZipPack(Pack):
    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._archive = Archive(stream)
        self._archive.open(name)

    def write(self, data: bytes) -> int:
        self._archive.write(data)
        return len(data)

    def close(self) -> None:
        self._archive.close()


class EncryptedZipPack(Pack):
    """AES-256 in WinZip's second form (AE-2), which tells no checksum of the plain text.

    The name of the file inside and its size are not hidden. Whoever reads AES in a ZIP reads ZIP64 as well, so sizes know no limit.
    """

    def __init__(self, stream: BinaryIO, name: str, password: str, *, is_packed: bool) -> None:
        self._outlet = Outlet(stream)
        self._zip = pyzipper.AESZipFile(
            self._outlet,
            "w",
            compression=pyzipper.ZIP_STORED if is_packed else pyzipper.ZIP_DEFLATED,
            compresslevel=None if is_packed else 1,
            encryption=pyzipper.WZ_AES,
            encryption_kwargs=_AES_256,
        )
        self._zip.setpassword(password.encode("ascii"))
        self._entry = self._zip.open(name, "w", force_zip64=True)

    def write(self, data: bytes) -> int:
        written: int = self._entry.write(data)
        return written

    def close(self) -> None:
        self._entry.close()
        self._zip.close()

    def abandon(self) -> None:
        # The library ends an archive when it is dropped, and complains of one that it was hindered to end.
        self._outlet.stop()
        self._entry.close()
        self._zip.fp = None


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


@contextmanager
def packed(
    format: Format, options: Mapping[str, str], stream: BinaryIO, name: str, password: str = ""
) -> Iterator[Any]:
    """What the writer writes to: the stream itself, or what packs it. `name` is the file's inside, in ASCII.

    The packing is only ended when all was written; a file that failed is thrown away as it is.
    """
    pack = _pack(format, options, stream, name, password)
    if pack is None:
        yield stream
        return
    try:
        yield pack
        pack.close()
    except BaseException:
        pack.abandon()
        raise


def _pack(
    format: Format, options: Mapping[str, str], stream: BinaryIO, name: str, password: str
) -> Pack | None:
    if password:
        return EncryptedZipPack(stream, name, password, is_packed=format.is_packed)
    chosen = _PACKS.get(options.get("compress", ""))
    pack: Pack | None = chosen(stream, name) if chosen else None
    return pack


def extension(format: Format, options: Mapping[str, str], *, is_encrypted: bool) -> str:
    """Of the file as it is stored and downloaded: `csv`, `csv.gz`, `zip`."""
    chosen = options.get("compress", "none")
    if is_encrypted or chosen == "zip":
        return "zip"
    return f"{format.extension}.gz" if chosen == "gzip" else format.extension


def content_type(format: Format, options: Mapping[str, str], *, is_encrypted: bool) -> str:
    return TYPES.get("zip" if is_encrypted else options.get("compress", ""), format.content_type)
