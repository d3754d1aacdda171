"""Excel: read back with openpyxl, value for value and style for style."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats import FORMATS, OutputColumn
from exports.formats.archive import Archive
from exports.formats.xlsx import parts
from exports.formats.xlsx.writer import XlsxWriter
from exports.kinds import Kind


def written(
    columns: list[OutputColumn], rows: list[tuple[Any, ...]], title: str = "Calls", max_rows: int = 0
) -> io.BytesIO:
    stream = io.BytesIO()
    writer = FORMATS["xlsx"].open(stream, columns, {}, title)
    assert isinstance(writer, XlsxWriter)
    writer.max_rows = max_rows or writer.max_rows
    writer.write(rows)
    writer.close()
    stream.seek(0)
    return stream


def column_back(kind: Kind, values: list[Any]) -> list[Any]:
    book = openpyxl.load_workbook(written([OutputColumn("a", "A", kind)], [(value,) for value in values]))
    return [row[0] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]


def test_a_sheet_has_a_bold_frozen_heading_a_filter_and_widths() -> None:
    columns = [
        OutputColumn("a", "Имя <&>"),
        OutputColumn("b", "When", Kind.DATETIME),
        OutputColumn("c", "N", width=33),
    ]

    book = openpyxl.load_workbook(
        written(columns, [("x", datetime(2026, 1, 1), "y")], title="Звонки: [all]/*?")
    )

    sheet = book.worksheets[0]
    assert book.sheetnames == ["Звонки   all"]
    assert [cell.value for cell in sheet[1]] == ["Имя <&>", "When", "N"]
    assert all(cell.font.b for cell in sheet[1])
    assert not sheet["A2"].font.b
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:C2"
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [10, 20, 33]


def test_an_export_without_rows_is_a_valid_workbook() -> None:
    book = openpyxl.load_workbook(written([OutputColumn("a", "A")], []))

    assert [list(row) for row in book.worksheets[0].iter_rows(values_only=True)] == [["A"]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("  spaces  ", "  spaces  "),
        ("line\nline\r\ttab", "line\nline\r\ttab"),
        ("a\x00\x01\x1fb", "ab"),
        ("a\ud800b\ufffe", "a\ufffdb"),
        ("Привет <b>&amp;</b> 🙂", "Привет <b>&amp;</b> 🙂"),
        ("%s %d %%", "%s %d %%"),
        ("", None),
        (None, None),
        ("007", "007"),
    ],
)
def test_text_is_text_and_never_a_formula(value: Any, cell: Any) -> None:
    # Neighbours show that one odd cell moves no other.
    assert column_back(Kind.TEXT, ["before", value, "after"]) == ["before", cell, "after"]


def test_a_formula_like_text_is_stored_as_an_inline_string() -> None:
    sheet = openpyxl.load_workbook(written([OutputColumn("a", "A")], [("=1+1",)])).worksheets[0]

    assert (sheet["A2"].data_type, sheet["A2"].number_format) == ("s", "@")


def test_long_cells_are_cut_with_a_mark_at_the_limit_that_counts_utf16() -> None:
    short, long, emoji = column_back(Kind.TEXT, ["x" * 32_767, "x" * 40_000, "🙂" * 20_000])

    assert short == "x" * 32_767
    assert long == "x" * 32_766 + "…"
    assert emoji == "🙂" * 16_383 + "…"


def test_a_text_that_reads_like_an_escape_is_escaped() -> None:
    xml = zipfile.ZipFile(written([OutputColumn("a", "A")], [("_x0041_ _xyz_",)])).read(
        "xl/worksheets/sheet1.xml"
    )

    assert b">_x005F_x0041_ _xyz_<" in xml


def test_numbers_are_numbers_while_excel_can_hold_them() -> None:
    assert column_back(Kind.DECIMAL, [Decimal("10.10"), Decimal("-0.000001"), None, 1.5]) == [
        10.1,
        -0.000001,
        None,
        1.5,
    ]
    assert column_back(Kind.INTEGER, [5, -7, 999_999_999_999_999]) == [5, -7, 999_999_999_999_999]


def test_numbers_that_excel_would_round_are_exact_text() -> None:
    values = [Decimal("123456789012345.67"), Decimal("NaN"), Decimal("1E+20"), 2**60, "odd", 1]

    assert column_back(Kind.DECIMAL, values) == ["123456789012345.67", "NaN", 10**20, str(2**60), "odd", 1]


def test_dates_are_dates() -> None:
    moments = [datetime(2026, 1, 31, 9, 5, 7), None, datetime(1900, 3, 1)]

    assert column_back(Kind.DATETIME, moments) == moments
    assert column_back(Kind.DATE, [date(2026, 1, 31), None]) == [datetime(2026, 1, 31), None]


def test_dates_that_excel_gets_wrong_are_text() -> None:
    assert column_back(Kind.DATETIME, [datetime(1900, 1, 1), datetime(2026, 1, 1)]) == [
        "1900-01-01 00:00:00",
        datetime(2026, 1, 1),
    ]
    assert column_back(Kind.DATE, [date(1812, 9, 7)]) == ["1812-09-07"]


def test_rows_go_on_in_further_sheets_each_with_its_heading() -> None:
    stream = written(
        [OutputColumn("a", "A", Kind.INTEGER)], [(at,) for at in range(10)], title="N" * 40, max_rows=4
    )

    book = openpyxl.load_workbook(stream)

    assert book.sheetnames == ["N" * 31, "N" * 29 + " 2", "N" * 29 + " 3", "N" * 29 + " 4"]
    assert [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets] == [
        ["A", 0, 1, 2],
        ["A", 3, 4, 5],
        ["A", 6, 7, 8],
        ["A", 9],
    ]
    assert [sheet.auto_filter.ref for sheet in book.worksheets] == ["A1:A4"] * 3 + ["A1:A2"]


def test_the_archive_is_sound_and_needs_no_zip64() -> None:
    stream = io.BytesIO()
    archive = Archive(stream)
    archive.add("a.txt", b"x" * 100_000)
    archive.add("b.txt", "Привет".encode())
    archive.close()

    with zipfile.ZipFile(stream) as opened:
        assert opened.testzip() is None
        assert opened.read("b.txt").decode() == "Привет"
        assert [entry.extract_version for entry in opened.infolist()] == [20, 20]


@given(
    st.lists(st.tuples(st.text(st.characters(exclude_categories=[])), st.text(), st.integers()), max_size=30)
)
def test_no_text_moves_a_cell(rows: list[tuple[str, str, int]]) -> None:
    columns = [OutputColumn("a", "A"), OutputColumn("b", "B"), OutputColumn("c", "C", Kind.INTEGER)]

    xml = zipfile.ZipFile(written(columns, rows)).read("xl/worksheets/sheet1.xml")

    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    found = ElementTree.fromstring(xml).findall(f"{name}sheetData/{name}row")
    assert [len(row) for row in found] == [3] * (len(rows) + 1)


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")])
def test_column_letters(number: int, letters: str) -> None:
    assert parts.column_letters(number) == letters
