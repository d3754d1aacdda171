"""What has to be known of a workbook before its rows: which sheet is the first, which styles are dates, the texts of its cells."""

import posixpath
import re
import zipfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from exports.imports.limits import LONGEST_CELL, MOST_ENTRIES, MOST_PART, MOST_TEXTS
from exports.imports.reading.markup import Malformed, Part, pieces

LONGEST_FORMAT: Final = 255  # Excel's own limit
MOST_SEEN: Final = 1 << 20  # characters of the texts that were asked for last
MOST_FORMATS: Final = 65_536  # more than Excel has
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_OFFICE_DOCUMENT, _SHEET, _STYLES, _TEXTS = "/officedocument", "/worksheet", "/styles", "/sharedstrings"
_TRUE: Final = ("1", "true")


def unescaped(text: str) -> str:
    """What `_x000D_` stands for; a text that really reads like that has its underscore written as `_x005F_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class Package:
    """The archive, whose parts are found whatever the case of their names. Malformed, or what zipfile raises."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._entries = {one.filename.lower(): one for one in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def entry(self, name: str) -> zipfile.ZipInfo:
        return self._entries[name.lower()]

    def read(self, name: str, part: Part, most: int = MOST_PART) -> None:
        """The whole part, which weighs no more than that."""
        with self.archive.open(self.entry(name)) as stream:
            for read in pieces(stream, part):
                if read > most:
                    raise Malformed(f"{name} is too large")


class Relations(Part):
    """Targets of one part's relations: by id, and the first one of a kind."""

    def __init__(self, package: Package, name: str) -> None:
        super().__init__()
        self._folder, file = posixpath.split(name)
        self.by_id: dict[str, tuple[str, str]] = {}
        own = posixpath.join(self._folder, "_rels", f"{file}.rels")
        if own in package:
            package.read(own, self)

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        if len(self.by_id) >= MOST_ENTRIES:
            raise Malformed("more relations than parts")
        target = attributes.get("Target", "")
        place = target if target.startswith("/") else posixpath.join(self._folder, target)
        self.by_id[attributes.get("Id", "")] = (
            attributes.get("Type", "").lower(),
            posixpath.normpath(place).lstrip("/"),
        )

    def first(self, kind: str) -> str:
        return next((place for one, place in self.by_id.values() if one.endswith(kind)), "")


class _Sheets(Part):
    """The workbook's own part: its sheets in order, and when its days begin."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []
        self.epoch = WINDOWS_EPOCH

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in _TRUE:
            self.epoch = MAC_EPOCH
        elif name == "sheet" and self.path[-1:] == ["sheets"]:
            if len(self.sheets) >= MOST_ENTRIES:
                raise Malformed("more sheets than parts")
            id_ = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheets.append((attributes.get("name", ""), id_))


class Styles(Part):
    """Which of the styles that cells name are dates, which are durations."""

    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[int, str] = dict(BUILTIN_FORMATS)
        self._kinds: dict[int, str] = {}
        self._used = array("i")

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        parent = self.path[-1] if self.path else ""
        if name == "numFmt" and parent == "numFmts":
            self._formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:LONGEST_FORMAT]
        elif name == "xf" and parent == "cellXfs":
            self._used.append(int(attributes.get("numFmtId", 0)))
        if len(self._formats) > MOST_FORMATS or len(self._used) > MOST_FORMATS:
            raise Malformed("more formats than a workbook has")

    def kind(self, style: str) -> str:
        """`date`, `duration` or nothing for what cells have as `s`."""
        number = self._used[int(style)] if self._used and style else 0
        if (known := self._kinds.get(number)) is None:
            code = self._formats.get(number)
            known = "duration" if is_timedelta_format(code) else "date" if is_date_format(code) else ""
            self._kinds[number] = known
        return known


class Texts(Part):
    """The texts of all cells, of which one after the other lies in a single block: few bytes for each, and no objects."""

    def __init__(self) -> None:
        super().__init__()
        self._block = bytearray()
        self._ends = array("Q")
        self._length = 0
        self._seen: dict[int, str] = {}
        self._seen_length = 0

    def __getitem__(self, at: int) -> str:
        if (text := self._seen.get(at)) is None:
            text = self._found(at)
            self._seen_length += len(text) + 1
            if self._seen_length > MOST_SEEN:
                self._seen, self._seen_length = {}, 0
            self._seen[at] = text
        return text

    def _found(self, at: int) -> str:
        if not 0 <= at < len(self._ends):
            raise Malformed(f"there is no text {at}")
        begin = self._ends[at - 1] if at else 0
        return unescaped(self._block[begin : self._ends[at]].decode("utf-8", "surrogatepass"))

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._length = 0

    def text(self, data: str) -> None:
        # Not that of `rPh`, which says how a text is pronounced. Of a text that is too long so much that it is seen to be.
        if self.path[-1] == "t" and self.path[-2] in ("si", "r") and self._length <= LONGEST_CELL:
            data = data[: LONGEST_CELL + 1 - self._length]
            self._length += len(data)
            self._block += data.encode("utf-8", "surrogatepass")

    def closed(self, name: str) -> None:
        if name == "si":
            self._ends.append(len(self._block))


@dataclass(frozen=True, slots=True)
class Book:
    """Of a workbook what its first sheet needs."""

    package: Package
    name: str
    place: str
    epoch: datetime
    styles: Styles
    texts: Texts


def open_book(archive: zipfile.ZipFile) -> Book | None:
    """None for a workbook without a sheet of cells."""
    package = Package(archive)
    main = Relations(package, "").first(_OFFICE_DOCUMENT) or "xl/workbook.xml"
    relations = Relations(package, main)
    sheets = _Sheets()
    package.read(main, sheets)
    found = _first_sheet(package, sheets, relations.by_id)
    if found is None:
        return None
    styles, texts = Styles(), Texts()
    if (place := relations.first(_STYLES)) in package:
        package.read(place, styles)
    if (place := relations.first(_TEXTS)) in package:
        package.read(place, texts, MOST_TEXTS)
    return Book(package, *found, sheets.epoch, styles, texts)


def _first_sheet(
    package: Package, sheets: _Sheets, relations: Mapping[str, tuple[str, str]]
) -> tuple[str, str] | None:
    for name, id_ in sheets.sheets:
        kind, place = relations.get(id_, ("", ""))
        if kind.endswith(_SHEET) and place in package:
            return name, place
    return None
