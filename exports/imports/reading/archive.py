"""Looks through a workbook's archive before anything in it is read: bombs, macros, links to elsewhere."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from exports.imports.limits import LARGEST_RATIO, MOST_ENTRIES, MOST_TEXTS, MOST_UNPACKED, RATIO_FROM
from exports.imports.refused import FileRefused

_CHUNK: Final = 1 << 18
_ENCRYPTED: Final = 0x1
_TYPES: Final = "[content_types].xml"
_TEXTS: Final = "xl/sharedstrings.xml"
# A document type is where entities are declared, and with them the bombs; Excel writes none.
_DECLARATIONS: Final = (b"<!doctype", b"<!entity")
_OVERLAP: Final = max(map(len, _DECLARATIONS)) - 1
_MACROS: Final = ("vbaproject", "vbadata", "xl/macrosheets/", "xl/dialogsheets/", "xl/activex/")
_ELSEWHERE: Final = ("xl/externallinks/", "xl/embeddings/", "xl/connections.xml", "xl/querytables/")
_PARSED: Final = (".xml", ".rels", ".vml")


def check_names(path: Path) -> None:
    """What the archive's table says: quick, so it is asked when the file arrives."""
    with _archive(path) as archive:
        entries = archive.infolist()
        names = [entry.filename.lower().replace("\\", "/") for entry in entries]
        if len(entries) > MOST_ENTRIES:
            raise _bomb()
        if _TYPES not in names or not any(name.startswith("xl/") for name in names):
            raise FileRefused(
                "not_a_workbook", _("This is no Excel workbook. Save the table as .xlsx or .csv.")
            )
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise FileRefused("encrypted", _("The workbook is protected by a password. Save it without one."))
        if any(part in name for name in names for part in _MACROS):
            raise FileRefused(
                "macros", _("Workbooks with macros are not taken. Save the table as .xlsx without macros.")
            )
        if any(name.startswith(_ELSEWHERE) for name in names):
            raise FileRefused(
                "links",
                _(
                    "The workbook has links to other files or data sources. Copy the table as values into a new one."
                ),
            )


def check_contents(path: Path) -> None:
    """What is really in it, unpacked and counted piece by piece: nothing of it is kept."""
    total = 0
    with _archive(path) as archive:
        for entry in archive.infolist():
            name = entry.filename.lower()
            if name.endswith(_PARSED):
                total = _check_entry(archive, entry, name, total)


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, total: int) -> int:
    """The sum of bytes with this entry's."""
    size, tail = 0, b""
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                _check_size(name, size, total + size, max(entry.compress_size, 1))
                seen = tail + chunk.lower()
                _check_text(name, seen, is_first=size == len(chunk))
                tail = seen[-_OVERLAP:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _broken(error) from error
    return total + size


def _check_size(name: str, size: int, total: int, packed: int) -> None:
    if name == _TEXTS and size > MOST_TEXTS:
        raise FileRefused(
            "too_many_texts", _("The workbook has too much text to be read as one. Save the table as CSV.")
        )
    if total > MOST_UNPACKED or (size > RATIO_FROM and size > packed * LARGEST_RATIO):
        raise _bomb()


def _check_text(name: str, seen: bytes, *, is_first: bool) -> None:
    # In UTF-16 the words below would look otherwise.
    if is_first and b"\x00" in seen[:64]:
        raise FileRefused(
            "encoding", _("The workbook is not written in UTF-8. Save it once more with Excel.")
        )
    if any(word in seen for word in _DECLARATIONS):
        raise FileRefused(
            "entities", _("The workbook declares entities, which no table needs: it is not read.")
        )
    if name == _TYPES and b"macroenabled" in seen:
        raise FileRefused(
            "macros", _("Workbooks with macros are not taken. Save the table as .xlsx without macros.")
        )


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _broken(error) from error


def _broken(error: Exception) -> FileRefused:
    return FileRefused(
        "broken", _("The workbook is damaged. Open it in Excel and save it again."), repr(error)
    )


def _bomb() -> FileRefused:
    return FileRefused(
        "bomb", _("The workbook unpacks to far more than a table of this size: it is not read.")
    )
