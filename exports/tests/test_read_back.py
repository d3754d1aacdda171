"""The table “what somebody wrote” of docs/exports.md, cell by cell, as other programs read our files.

The cells come through Python here, on both engines; that the database's are the same bytes is test_pushdown.py's part.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from exports.formats import FORMATS, OutputColumn
from exports.models import State
from exports.tests.odd import (
    DAYS,
    FIRST_DAY,
    INTEGERS,
    MAX_CELL,
    MOMENTS,
    NUMBERS,
    TEXTS,
    numbered,
    odd_rows,
)  # fmt: skip
from exports.tests.office import CSV, CSV_OUT, convert
from exports.tests.support import ask, path_of, run
from tenants.models import AuditEntry, Tenant

ZONE = ZoneInfo("Europe/Minsk")
ROWS = range(len(TEXTS))
HEADINGS = ["Number", "Text", "Amount", "Count", "At", "Day", "Last"]


@pytest.fixture
def odd(tenant: Tenant) -> Iterator[Tenant]:
    with odd_rows(tenant):
        yield tenant


def made(tenant: Tenant, format: str, **options: str) -> Path:
    done = run(ask(tenant, "odd", format, options=options))
    assert (done.state, done.reason) == (State.DONE, "")
    return path_of(done)


def of_row(values: list[Any], at: int) -> Any:
    return numbered(values, AuditEntry(object_id=str(at)))


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE).replace(tzinfo=None)


def exact(value: Any) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def in_csv(at: int) -> list[str]:
    """The row as CSV is to have it."""
    moment, day = of_row(MOMENTS, at), of_row(DAYS, at)
    return [
        str(at), TEXTS[at].csv, exact(of_row(NUMBERS, at)), exact(of_row(INTEGERS, at)),
        str(local(moment)) if moment else "", exact(day), "anna",
    ]  # fmt: skip


def in_excel(at: int) -> list[Any]:
    """The row as a workbook is to have it."""
    moment, day = of_row(MOMENTS, at), of_row(DAYS, at)
    when = local(moment) if moment else None
    return [
        str(at), TEXTS[at].excel, number(of_row(NUMBERS, at)), number(of_row(INTEGERS, at)),
        str(when) if when and when.date() < FIRST_DAY else when,
        str(day) if day and day < FIRST_DAY else day, "anna",
    ]  # fmt: skip


def number(value: Any) -> Any:
    """A number that Excel holds; else its digits as text."""
    if value is None:
        return None
    digits = exact(value).replace(".", "").strip("-0")
    return exact(value) if len(digits) > 15 else float(value)


def strict(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_a_strict_reader_takes_the_csv(odd: Tenant) -> None:
    rows = strict(made(odd, "csv").read_bytes().decode("utf-8-sig"))

    assert rows == [HEADINGS, *(in_csv(at) for at in ROWS)]


@pytest.mark.parametrize(("name", "delimiter"), [("semicolon", ";"), ("tab", "\t"), ("pipe", "|")])
def test_every_delimiter_keeps_every_cell(odd: Tenant, name: str, delimiter: str) -> None:
    rows = strict(made(odd, "csv", delimiter=name, encoding="utf-8").read_bytes().decode(), delimiter)

    assert [row[1] for row in rows[1:]] == [text.csv for text in TEXTS]
    assert {len(row) for row in rows} == {len(HEADINGS)}


def test_an_old_code_page_keeps_what_it_has(odd: Tenant) -> None:
    rows = strict(made(odd, "csv", encoding="cp1251").read_bytes().decode("cp1251"))

    assert [row[1] for row in rows[1:]] == [
        text.csv.encode("cp1251", "replace").decode("cp1251") for text in TEXTS
    ]
    assert "Ёлка ў ґ «кавычки» — ? № 1" in [row[1] for row in rows]


def test_openpyxl_reads_the_workbook(odd: Tenant) -> None:
    sheet = openpyxl.load_workbook(made(odd, "xlsx")).worksheets[0]

    rows = [
        [plain_day(cell.value) if at == 5 else cell.value for at, cell in enumerate(row)] for row in sheet
    ]
    assert rows == [HEADINGS, *(in_excel(at) for at in ROWS)]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "d"}  # and no formula


def plain_day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def test_calamine_reads_the_workbook(odd: Tenant) -> None:
    rows = CalamineWorkbook.from_path(str(made(odd, "xlsx"))).get_sheet_by_index(0).to_python()

    expected = [["" if cell is None else cell for cell in in_excel(at)] for at in ROWS]
    # It takes CR LF within a cell for one line end, as XML says of text that is not escaped.
    assert [
        [plain_day(cell) if at == 5 else cell for at, cell in enumerate(row)] for row in rows[1:]
    ] == expected


def test_libreoffice_reads_the_workbook(odd: Tenant) -> None:
    """Its CSV of our workbook: every text in quotes, every number bare, no formula."""
    rows = strict(convert(made(odd, "xlsx"), CSV_OUT).read_bytes().decode())

    assert rows[0] == HEADINGS
    assert [row[0] for row in rows[1:]] == [str(at) for at in ROWS]
    assert [one_line_end(row[1]) for row in rows[1:]] == [one_line_end(text.excel or "") for text in TEXTS]
    assert [row[-1] for row in rows[1:]] == ["anna"] * len(ROWS)


def one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_libreoffice_saves_the_workbook_with_the_same_values(odd: Tenant) -> None:
    """What Excel's users get who save what they were sent."""
    saved = openpyxl.load_workbook(convert(made(odd, "xlsx"), "xlsx")).worksheets[0]

    rows = [
        [plain_day(cell.value) if at == 5 else cell.value for at, cell in enumerate(row)] for row in saved
    ]
    expected = [in_excel(at) for at in ROWS]
    assert [row[2:] for row in rows[1:]] == [row[2:] for row in expected]
    assert {cell.data_type for row in saved for cell in row} <= {"s", "n", "d"}


def test_libreoffice_runs_nothing_of_the_csv(odd: Tenant) -> None:
    """Opened as by a double click, with numbers and dates recognised: nothing becomes a formula, nothing moves."""
    sheet = openpyxl.load_workbook(convert(made(odd, "csv"), "xlsx", f"CSV:{CSV}")).worksheets[0]

    assert [cell.value for cell in sheet[1]] == HEADINGS
    assert "f" not in {cell.data_type for row in sheet for cell in row}
    assert [row[-1].value for row in sheet.iter_rows(min_row=2)] == ["anna"] * len(ROWS)


def test_libreoffice_reads_the_csv_as_text(odd: Tenant) -> None:
    texts = "/".join(f"{at}/2" for at in range(1, len(HEADINGS) + 1))

    sheet = openpyxl.load_workbook(convert(made(odd, "csv"), "xlsx", f"CSV:{CSV},{texts}")).worksheets[0]

    rows = [[cell.value or "" for cell in row] for row in sheet]
    assert [row[2:] for row in rows[1:]] == [in_csv(at)[2:] for at in ROWS]
    # What is longer than a cell may be, it cuts when it saves a workbook.
    kept = [at for at in ROWS if len(TEXTS[at].csv.encode("utf-16-le")) <= 2 * MAX_CELL]
    assert [one_line_end(rows[at + 1][1]) for at in kept] == [one_line_end(TEXTS[at].csv) for at in kept]


@pytest.mark.parametrize("format", ["json", "jsonl", "yaml"])
def test_programs_get_what_was_written(odd: Tenant, format: str) -> None:
    content = made(odd, format).read_bytes().decode()
    rows = (
        yaml.load(content, yaml.CSafeLoader)
        if format == "yaml"
        else json.loads(content)
        if format == "json"
        else [json.loads(line) for line in content.split("\n")[:-1]]
    )

    assert [row["text"] for row in rows] == [text.kept for text in TEXTS]
    assert [row["amount"] for row in rows] == [exact(of_row(NUMBERS, at)) or None for at in ROWS]
    assert [row["count"] for row in rows] == [of_row(INTEGERS, at) for at in ROWS]
    assert [row["at"] for row in rows] == [moment_text(of_row(MOMENTS, at)) for at in ROWS]
    assert [row["day"] for row in rows] == [exact(of_row(DAYS, at)) or None for at in ROWS]


def moment_text(moment: datetime | None) -> str | None:
    return moment.astimezone(ZONE).isoformat() if moment else None


def test_lxml_reads_the_xml(odd: Tenant) -> None:
    root = etree.parse(str(made(odd, "xml")), etree.XMLParser(huge_tree=True)).getroot()

    assert [row.findtext("text") or "" for row in root] == [text.xml for text in TEXTS]
    assert [row.findtext("amount") or "" for row in root] == [exact(of_row(NUMBERS, at)) for at in ROWS]
    assert [row.findtext("at") or "" for row in root] == [
        moment_text(of_row(MOMENTS, at)) or "" for at in ROWS
    ]
    assert [row.findtext("last") for row in root] == ["anna"] * len(ROWS)


def test_arrow_reads_the_parquet(odd: Tenant) -> None:
    table = parquet.read_table(made(odd, "parquet"))

    assert table["text"].to_pylist() == [text.kept for text in TEXTS]
    assert table["count"].to_pylist() == [of_row(INTEGERS, at) for at in ROWS]
    assert table["at"].to_pylist() == [of_row(MOMENTS, at) for at in ROWS]
    assert table["day"].to_pylist() == [of_row(DAYS, at) for at in ROWS]
    # Nothing tells how many digits a column may have that is computed here: exact, as text.
    assert table["amount"].to_pylist() == [exact(of_row(NUMBERS, at)) or None for at in ROWS]


# The last one is never empty, for some readers drop what is empty at the end.
THREE = [OutputColumn("a", "A"), OutputColumn("b", "B"), OutputColumn("c", "C")]
LAST = "last"
anything = st.text(st.characters(exclude_categories=[]), max_size=30)


def file_of(format: str, rows: list[tuple[str, str]], **options: str) -> io.BytesIO:
    stream = io.BytesIO()
    writer = FORMATS[format].open(stream, THREE, options)
    writer.write([(*row, LAST) for row in rows])
    writer.close()
    stream.seek(0)
    return stream


@given(st.lists(st.tuples(anything, anything), max_size=15))
def test_whatever_is_written_every_reader_finds_as_many_cells(rows: list[tuple[str, str]]) -> None:
    book = openpyxl.load_workbook(file_of("xlsx", rows)).worksheets[0]
    sheet = CalamineWorkbook.from_filelike(file_of("xlsx", rows)).get_sheet_by_index(0)
    root = etree.parse(file_of("xml", rows)).getroot()
    lines = strict(file_of("csv", rows, encoding="utf-8").read().decode())
    records = json.loads(file_of("json", rows).read())

    assert sheet.height == len(rows) + 1
    assert [row[2].value for row in book.iter_rows(min_row=2)] == [LAST] * len(rows)
    assert [row[2] for row in sheet.to_python()[1:]] == [LAST] * len(rows)
    assert [row.findtext("c") for row in root] == [LAST] * len(rows)
    assert [line[2] for line in lines[1:]] == [LAST] * len(rows)
    assert yaml.load(file_of("yaml", rows), yaml.CSafeLoader) == records
    assert [(record["a"], record["b"]) for record in records] == [
        tuple("".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text) for text in row)
        for row in rows
    ]
    assert parquet.read_table(file_of("parquet", rows)).to_pylist() == records
