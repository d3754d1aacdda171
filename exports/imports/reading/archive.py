"""Looks through a workbook's archive before anything in it is read: bombs, macros, links to elsewhere."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from exports.imports.limits import (
    LARGEST_RATIO,
    MOST_ENTRIES,
    MOST_PART,
    MOST_TEXTS,
    MOST_UNPACKED,
    RATIO_FROM,
)
from exports.imports.reading.markup import Malformed, Part, pieces
from exports.imports.refused import FileRefused

_CHUNK: Final = 1 << 18
_ENCRYPTED: Final = 0x1
_TYPES: Final = "[content_types].xml"
_TEXTS: Final = "xl/sharedstrings.xml"
_TEXTS_TYPE: Final = "sharedstrings+xml"
_BOOK_TYPE: Final = "main+xml"
# What is read at once, whatever the table of contents calls it.
_WHOLE: Final = (_TYPES, "xl/styles.xml", "xl/theme/theme1.xml", "docprops/core.xml", "docprops/custom.xml")
# A document type is where entities are declared, and with them the bombs; Excel writes none.
_DECLARATIONS: Final = (b"<!doctype", b"<!entity")
_OVERLAP: Final = max(map(len, _DECLARATIONS)) - 1
_MACROS: Final = ("vbaproject", "vbadata", "xl/macrosheets/", "xl/dialogsheets/", "xl/activex/")
_ELSEWHERE: Final = ("xl/externallinks/", "xl/embeddings/", "xl/connections.xml", "xl/querytables/")
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_PARSED: Final = (".xml", ".rels", ".vml")
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


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
        limits = _limits(archive)
        for entry in archive.infolist():
            total = _check_entry(archive, entry, limits, total)


def _limits(archive: zipfile.ZipFile) -> Mapping[str, int]:
    """How large parts may be of which there is more in memory than a piece: readers go by the table of contents, not by names."""
    found = {**dict.fromkeys(_WHOLE, MOST_PART), _TEXTS: MOST_TEXTS}
    for name, kind in _contents(archive):
        if kind.endswith(_TEXTS_TYPE):
            found[name] = min(MOST_TEXTS, found.get(name, MOST_TEXTS))
        if kind.endswith(_BOOK_TYPE):
            found[name] = MOST_PART
    return found


def _contents(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The parts that the table of contents names, with their types."""
    try:
        entry = next(one for one in archive.infolist() if one.filename.lower() == _TYPES)
        with archive.open(entry) as stream:
            table = stream.read(MOST_PART + 1)
        _check_text(_TYPES, table.lower(), is_first=True)
        if len(table) > MOST_PART:
            raise _bomb()
        listed = _Listed()
        for _read in pieces(io.BytesIO(table), listed):
            pass
    except (Malformed, StopIteration, *_UNREADABLE) as error:
        raise _broken(error) from error
    if not listed.parts:
        raise _broken(ValueError("an empty table of contents"))
    return listed.parts


class _Listed(Part):
    """The table of contents: what parts are there, and what is said of each."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[str, str]] = []

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) != 1:
            return
        # Each part is named once, and each ending.
        if len(self.parts) > MOST_ENTRIES * 2:
            raise _bomb()
        place, kind = attributes.get("PartName", ""), attributes.get("ContentType", "")
        self.parts.append((place.lower().lstrip("/"), kind.lower()))


def _check_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Mapping[str, int], total: int
) -> int:
    """The sum of bytes with this entry's. Pictures and the like are only counted."""
    name = entry.filename.lower()
    most = min(limits.get(name, MOST_UNPACKED), MOST_PART if name.endswith(".rels") else MOST_UNPACKED)
    size, tail, is_markup = 0, b"", name.endswith(_PARSED)
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                is_first = not size
                size += len(chunk)
                is_markup = is_markup or (is_first and _looks_like_markup(chunk))
                _check_size(size, total + size, max(entry.compress_size, 1), most)
                if is_markup:
                    seen = tail + chunk.lower()
                    _check_text(name, seen, is_first=is_first)
                    tail = seen[-_OVERLAP:]
    except _UNREADABLE as error:
        raise _broken(error) from error
    return total + size


def _looks_like_markup(head: bytes) -> bool:
    """Whatever its name: any part may be named as a sheet."""
    start = head.lstrip(b" \t\r\n\x00")
    return not start or start.startswith((b"<", *_MARKS))


def _check_size(size: int, total: int, packed: int, most: int) -> None:
    if size > most == MOST_TEXTS:
        raise FileRefused(
            "too_many_texts", _("The workbook has too much text to be read as one. Save the table as CSV.")
        )
    if size > most or total > MOST_UNPACKED or (size > RATIO_FROM and size > packed * LARGEST_RATIO):
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
