"""Checks a file as it arrives, before anything is stored: its name, its size, what it says it is, what it begins with."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from exports.formats.text import clean
from exports.imports.limits import LONGEST_NAME
from exports.imports.refused import FileRefused

_ANYTHING: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_TEXT: Final = frozenset(
    {"text/csv", "text/plain", "text/tab-separated-values", "application/csv", "application/vnd.ms-excel"}
)
_WORKBOOK: Final = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/zip",
        "application/x-zip-compressed",
    }
)
FORMATS: Final[Mapping[str, str]] = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx"}
_TYPES: Final[Mapping[str, frozenset[str]]] = {"csv": _TEXT | _ANYTHING, "xlsx": _WORKBOOK | _ANYTHING}
_MACROS: Final = frozenset({".xlsm", ".xltm", ".xlam", ".xlsb", ".xla"})
_ZIP: Final = b"PK\x03\x04"
# What people rename: old Excel, PDF, pictures, RTF, archives, programs, web pages.
_NO_TEXT: Final = (
    _ZIP, b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b",
    b"\x7fELF", b"MZ\x90", b"SQLite format",
)  # fmt: skip
# Many systems name a web page with a table in it .xls or .csv. Whatever the case of its letters.
_MARKUP: Final = (b"<?xml", b"<!doctype", b"<html", b"<table", b"<meta", b"<head")


def clean_name(name: str) -> str:
    """The last part of it, of characters that can be shown, short enough for a heading."""
    plain = clean(PurePath(name.replace("\\", "/")).name).replace("\n", " ").replace("\r", " ").strip()
    path = PurePath(plain or "import")
    return f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix[:20]}"


def format_of(file: Any) -> str:
    """`csv` or `xlsx` for an uploaded file; FileRefused where it is neither, or not what its name says."""
    suffix = PurePath(file.name or "").suffix.lower()
    if suffix in _MACROS:
        raise FileRefused(
            "macros", _("Workbooks with macros are not taken. Save the table as .xlsx without macros.")
        )
    if suffix not in FORMATS:
        raise FileRefused("format", _("Only .csv and .xlsx files are taken. Save the table as one of these."))
    found = FORMATS[suffix]
    if not file.size:
        raise FileRefused("empty", _("The file is empty."))
    if file.size > settings.IMPORT_MAX_FILE_SIZE:
        limit = filesizeformat(settings.IMPORT_MAX_FILE_SIZE)
        raise FileRefused("too_large", _("The file is larger than %(limit)s. Split it.") % {"limit": limit})
    said = (file.content_type or "").partition(";")[0].strip().lower()
    if said not in _TYPES[found]:
        raise FileRefused(
            "content_type",
            _("The file is sent as %(type)s, which a %(suffix)s file is not.")
            % {"type": said[:100], "suffix": suffix},
        )
    _check_beginning(file, found)
    return found


def _check_beginning(file: Any, found: str) -> None:
    file.seek(0)
    head: bytes = file.read(16)
    file.seek(0)
    is_text = found == "csv"
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if is_text and (start.startswith(_NO_TEXT) or start.lower().startswith(_MARKUP)):
        raise FileRefused("magic", _("The file is named as text, but it is something else."))
    if not is_text and not head.startswith(_ZIP):
        raise FileRefused("magic", _("The file is named as a workbook, but it is something else."))
