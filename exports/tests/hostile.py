"""Workbooks that are small on the disk and enormous for whoever reads them: `python -m exports.tests.hostile FILE` reads one.

It prints what came of it, the seconds, and by how many megabytes the process grew.
"""

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl

SHEET, TEXTS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
RELATIONS, BOOK, TYPES = "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "[Content_Types].xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Number</t></is></c></row>'
END = "</sheetData></worksheet>"
MANY = 3_000_000
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TEXTS_RELATION = (
    f'<Relationship Type="{KINDS}/sharedStrings" Target="sharedStrings.xml" Id="rId99"/></Relationships>'
).encode()

Pieces = Iterator[str]


def repeated(piece: Callable[[int], str], count: int = MANY) -> Pieces:
    """In pieces of many, of which no two are alike: what is all the same would weigh too little for what it unpacks to."""
    for start in range(0, count, 10_000):
        yield (
            "".join(map(piece, range(start, min(start + 10_000, count)))) + f"<!--{start * 7919 % 100_003}-->"
        )


def sheet(*inside: str | Pieces, head: str = HEAD, end: str = END) -> Pieces:
    yield head
    for one in inside:
        yield from [one] if isinstance(one, str) else one
    yield end


def long_row(number: int = 2, cell: str = '<c s="{}"/>') -> Pieces:
    return sheet(f'<row r="{number}">', repeated(lambda at: cell.format(at % 7)), "</row>")


def empty_rows(row: str = '<row ht="{}"/>') -> Pieces:
    return sheet(repeated(lambda at: row.format(at % 13)))


def texts(text: str = "<si><t>{}</t></si>", count: int = MANY) -> Pieces:
    return sheet(repeated(lambda at: text.format(at), count), head=f'<sst xmlns="{MAIN}">', end="</sst>")


def runs() -> Pieces:
    head = f'<sst xmlns="{MAIN}"><si>'
    return sheet(repeated(lambda at: f"<r><t>{at % 10}</t></r>"), head=head, end="</si></sst>")


def referring(count: int, row: str) -> Pieces:
    return sheet(repeated(lambda at: row.format(at + 2), count))


def styles() -> Pieces:
    formats = repeated(lambda at: f'<xf numFmtId="{at % 60}"/>', 400_000)
    return sheet(formats, head=f'<styleSheet xmlns="{MAIN}"><cellXfs>', end="</cellXfs></styleSheet>")


def sheets(count: int) -> Pieces:
    """Each of them is the same one."""
    one = '<sheet name="{0}" sheetId="{0}" r:id="rId1"/>'
    return sheet(
        repeated(lambda at: one.format(at + 1), count),
        head=f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets>',
        end="</sheets></workbook>",
    )


def write(path: Path, parts: dict[str, Pieces]) -> Path:
    """A workbook of one cell with these parts instead of its own, or beside them."""
    plain = io.BytesIO()
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Number"])
    book.save(plain)
    with (
        zipfile.ZipFile(plain) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in source.namelist():
            if name not in parts:
                content = source.read(name)
                if name == RELATIONS and TEXTS in parts and b"sharedStrings" not in content:
                    content = content.replace(b"</Relationships>", _TEXTS_RELATION)
                target.writestr(name, content)
        for name, pieces in parts.items():
            with target.open(name, "w", force_zip64=True) as stream:
                for piece in pieces:
                    stream.write(piece.encode())
    return path


def _status(name: str) -> int:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0])


def main() -> None:
    from django.conf import settings

    settings.configure(USE_I18N=False, IMPORT_MAX_ROWS=1_000_000)
    from exports.imports.reading import opened
    from exports.imports.refused import FileRefused

    before, began, code, said, rows = _status("VmRSS"), time.monotonic(), "", "", 0
    try:
        with opened(Path(sys.argv[1]), "xlsx", len) as file:
            rows = sum(1 for _row in file.rows)
    except FileRefused as refused:
        code, said = refused.code, str(refused)
    except MemoryError:
        code = "memory"
    seconds, grown = time.monotonic() - began, (_status("VmHWM") - before) / 1024
    print(json.dumps({"code": code, "said": said, "rows": rows, "seconds": seconds, "grown": grown}))


if __name__ == "__main__":
    main()
