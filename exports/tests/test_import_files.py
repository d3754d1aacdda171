"""Files as people and programs make them, and those that are not taken: each refusal says what is wrong."""

import csv
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.columns import DatasetColumn
from exports.formats.csv import neutralise, restored
from exports.imports import limits
from exports.imports.reading import archive
from exports.imports.values import BadCell, is_same, read_cell
from exports.kinds import Kind
from exports.models import Import
from exports.request import InvalidRequest
from exports.tests.imports import (
    XLSX,
    actions_of,
    applied,
    csv_file,
    extensions_of,
    previewed,
    repacked,
    rows_of,
    upload,
    workbook,
    xlsx_file,
)
from tenants.models import Tenant
from tenants.scoping import all_tenants

TABLE = "Number;Name\n150;Анна\n"
BOOK = [["Number", "Name"], ["150", "Анна"]]


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (TABLE.encode(), "utf-8", ";"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig", ";"),
        (TABLE.encode("cp1251"), "cp1251", ";"),
        (TABLE.replace(";", "\t").encode("utf-16"), "utf-16", "\t"),
        (TABLE.replace(";", ",").replace("\n", "\r\n").encode(), "utf-8", ","),
        (TABLE.replace(";", "|").encode(), "utf-8", "|"),
        (b"sep=;\r\n" + TABLE.encode(), "utf-8", ";"),
        ("Номер;Название\n150;Анна".encode(), "utf-8", ";"),
        (' number ,"NAME"\n150,"Анна"\n'.encode(), "utf-8", ","),
        ("\n\nNumber,Name\n\n150,Анна\n,\n \t, \n".encode(), "utf-8", ","),
    ],
)
def test_encodings_delimiters_and_headings_are_recognised(
    tenant: Tenant, content: bytes, encoding: str, delimiter: str
) -> None:
    job = applied(tenant, content)

    assert (job.reason, job.encoding, job.delimiter) == ("", encoding, delimiter)
    assert extensions_of(tenant) == {"150": "Анна"}


def test_a_workbook(tenant: Tenant) -> None:
    job = previewed(
        tenant, xlsx_file([["Name", "Номер", "Room"], ["Anna", 150, 7], [None, None], [True, 151.0]])
    )

    assert actions_of(job) == {2: "new", 4: "new"}
    assert job.unknown == ["Room"]
    assert [row.part("values") for row in rows_of(job)] == [
        {"number": "150", "name": "Anna"},
        {"number": "151", "name": "true"},
    ]


def test_a_formula_that_went_wrong_is_an_error_and_no_text(tenant: Tenant) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (["Number", "Name"], ["150", "Anna"], ["151", "#N/A"]):
        sheet.append(row)
    assert sheet["B3"].data_type == "e"
    stream = io.BytesIO()
    book.save(stream)

    job = previewed(tenant, xlsx_file(stream.getvalue()))

    assert actions_of(job) == {2: "new", 3: "error"}
    [_sound, wrong] = rows_of(job)
    assert wrong.part("errors") == {"name": "The formula in this cell has no result (#N/A)."}


def test_formulas_are_never_computed(tenant: Tenant) -> None:
    """Of a formula that nothing has computed yet there is no value; of a text, the text."""
    book = workbook([["Number", "Name"], ["150", "=1+1"], ["151", "Anna"]])
    assert previewed(tenant, xlsx_file(book)).errors == 0
    text = "number,name\n152,'=1+1\n153,\"=cmd|' /C calc'!A0\"\n"

    applied(tenant, text)

    assert extensions_of(tenant) == {"152": "=1+1", "153": "=cmd|' /C calc'!A0"}


def test_a_mapping_says_which_heading_is_which(tenant: Tenant) -> None:
    job = applied(
        tenant,
        "Внутренний,Кто,Number\n150,Anna,999\n",
        mapping={"Внутренний": "number", "КТО": "name", "Number": ""},
    )

    assert (extensions_of(tenant), job.unknown) == ({"150": "Anna"}, ["Number"])


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("Number,Name,number\n1,2,3\n", "duplicate_heading", "“number” is there twice"),
        ("Number,Номер\n1,2\n", "duplicate_heading", "mean “Number”"),
        ("Name\nAnna\n", "missing_column", "The column Number is missing"),
        ("150;Anna\n", "missing_column", "known are: Number, Name"),
        ("\n\n", "empty", "has no rows"),
        ('Number,Name\n150,"Anna\n', "quotes", "Row 2"),
        ('Number,Name\n150,An\n151,"Bo"ris\n', "quotes", "Row 3"),
        (f'Number,Name\n150,"{"x" * 200_000}"\n', "long_cell", "Row 2: a cell has more than 131072"),
        (f'Number,Name\n150,"{"x" * 10_000_000}"\n', "long_line", "Line 2 is too long"),
        ("Number,Name\n150,An\x00na\n", "binary", "Line 2 has a NUL"),
        (b"Number,Name\n150,\xed\xa0\x80\n", "encoding", "surrogates"),
        (b"\xef\xbb\xbfNumber,Name\n150,\xff\n", "encoding", "not"),
        (b"Number,Name\n150,\x98\n", "encoding", "Save the file as UTF-8"),
        (",".join(f"c{at}" for at in range(201)) + "\n1\n", "too_many_columns", "200 columns"),
    ],
)
def test_a_text_that_is_no_table_fails_in_words(
    tenant: Tenant, content: str | bytes, code: str, words: str
) -> None:
    job = previewed(tenant, content)

    assert (job.state, job.error_code, extensions_of(tenant)) == ("failed", code, {})
    assert words in job.reason


def refused(tenant: Tenant, file: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        upload(tenant, file)
    with all_tenants():
        assert not Import.objects.exists()
    assert caught.value.field == "file"
    return caught.value.message


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (csv_file("", "a.csv"), "empty"),
        (csv_file("a", "a.xls"), "Only .csv and .xlsx"),
        (csv_file("a", "a.xlsm"), "macros"),
        (csv_file("a", "a"), "Only .csv and .xlsx"),
        (csv_file("a", "a.csv", "image/png"), "image/png"),
        (csv_file(workbook(BOOK), "a.csv"), "something else"),
        (csv_file(b"%PDF-1.7", "a.csv"), "something else"),
        (csv_file(b"\xd0\xcf\x11\xe0aaaa", "a.csv"), "something else"),
        (csv_file(b"\xef\xbb\xbf<HTML><body><table>", "a.csv"), "something else"),
        (csv_file(b"<!doctype html>", "a.csv"), "something else"),
        (csv_file(b"<table border=1><tr><td>Number", "a.csv"), "something else"),
        (csv_file("a,b", "a.xlsx", XLSX), "something else"),
        (csv_file(b"PK\x03\x04nonsense", "a.xlsx", XLSX), "damaged"),
        (xlsx_file(repacked(workbook(BOOK), {"xl/vbaProject.bin": b"x"})), "macros"),
        (xlsx_file(repacked(workbook(BOOK), {"xl/macrosheets/sheet1.xml": b"x"})), "macros"),
        (xlsx_file(repacked(workbook(BOOK), {"xl/externalLinks/externalLink1.xml": b"<ddeLink/>"})), "links"),
        (xlsx_file(repacked(workbook(BOOK), {"xl/connections.xml": b"x"})), "links"),
        (
            xlsx_file(repacked(workbook(BOOK), {f"x{at}": b"" for at in range(limits.MOST_ENTRIES)})),
            "unpacks",
        ),
    ],
    ids=str,
)
def test_what_is_no_table_is_refused_at_the_door(tenant: Tenant, file: Any, words: str) -> None:
    file.seek(0)
    assert words in refused(tenant, file)


def test_an_archive_without_a_workbook_is_refused(tenant: Tenant) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr("readme.txt", "hello")

    assert "no Excel workbook" in refused(tenant, xlsx_file(stream.getvalue()))


def test_a_file_that_is_too_large_is_refused(tenant: Tenant, settings: Any) -> None:
    settings.IMPORT_MAX_FILE_SIZE = 10

    assert "larger than 10" in refused(tenant, csv_file(TABLE))


def test_too_many_rows(tenant: Tenant, settings: Any) -> None:
    settings.IMPORT_MAX_ROWS = 2
    rows = [["Number"], ["1"], ["2"], ["3"]]
    for file in (csv_file("Number\n1\n2\n3\n"), xlsx_file(rows)):
        job = previewed(tenant, file)
        assert (job.state, job.error_code, job.reason) == (
            "failed",
            "too_many_rows",
            "The file has more than 2 rows. Split it.",
        )


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?>'


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        (SHEET, HEAD + b'<!DOCTYPE a [<!ENTITY b "cc">]><worksheet>&b;</worksheet>', "entities"),
        (SHEET, HEAD + b" " * (1 << 18) + b"<!DocType a>", "entities"),
        (SHEET, '<?xml version="1.0" encoding="utf-16"?><worksheet/>'.encode("utf-16-le"), "encoding"),
        (SHEET, b"<worksheet><sheetData><row", "broken"),
        (SHEET, HEAD + b"<worksheet>" + b" " * (limits.RATIO_FROM + 1) + b"</worksheet>", "bomb"),
        (
            SHEET,
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            b'<row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
            "broken",
        ),
        ("[Content_Types].xml", b'<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>', "macros"),
    ],
)  # fmt: skip
def test_a_workbook_that_is_none_fails_in_words(tenant: Tenant, part: str, content: bytes, code: str) -> None:
    job = previewed(tenant, xlsx_file(repacked(workbook(BOOK), {part: content})))

    assert (job.state, job.error_code, extensions_of(tenant)) == ("failed", code, {})


def claiming(row: str) -> bytes:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>'
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>Number</t></is></c></row>{row}</sheetData></worksheet>'
    )
    return repacked(workbook(BOOK), {SHEET: sheet.encode()})


def test_a_sheet_that_claims_a_huge_place_costs_nothing(tenant: Tenant, settings: Any) -> None:
    """What counts are rows that have something, not where they are; and none of them is left out without a word."""
    settings.IMPORT_MAX_ROWS = 1

    job = previewed(tenant, xlsx_file(claiming('<row r="1048576"><c r="A1048576"><v>150</v></c></row>')))
    assert actions_of(job) == {1_048_576: "new"}

    job = previewed(tenant, xlsx_file(claiming('<row r="99999999999"><c r="A9"><v>150</v></c></row>')))
    assert (job.state, job.error_code, job.rows_read) == ("failed", "too_many_rows", 0)
    assert "a row 99999999999" in job.reason


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="B2" t="inlineStr"><is><t>a_x005F_x0041__x000D_b</t></is></c>', "a_x0041_\rb"),
        ('<c r="B2" t="inlineStr"><is><r><t>An</t></r><rPh><t>no</t></rPh><r><t>na</t></r></is></c>', "Anna"),
        ('<c t="str"><f>A1</f><v>Anna</v></c>', "Anna"),
        ('<c r="B2"><v>12.50</v></c>', "12.5"),
        ('<c r="B2"><v>no number</v></c>', "no number"),
        ('<c r="B2" t="d"><v>2026-01-31</v></c>', "2026-01-31"),
    ],
)
def test_cells_are_read_as_excel_means_them(tenant: Tenant, cell: str, expected: str) -> None:
    sheet = claiming(f'<row r="2"><c r="A2"><v>150</v></c>{cell}</row>')
    named = repacked(sheet, {SHEET: zipfile.ZipFile(io.BytesIO(sheet)).read(SHEET).replace(
        b"</is></c></row>", b'</is></c><c r="B1" t="inlineStr"><is><t>Name</t></is></c></row>', 1)})  # fmt: skip

    [row] = rows_of(previewed(tenant, xlsx_file(named)))

    assert row.part("values") == {"number": "150", "name": expected}


@pytest.mark.parametrize("second", ["1", "0", "-1", "x"])
def test_rows_out_of_order_are_a_damaged_sheet(tenant: Tenant, second: str) -> None:
    job = previewed(tenant, xlsx_file(claiming(f'<row r="{second}"><c><v>150</v></c></row>')))

    assert (job.error_code, "“Sheet” is damaged at row 1" in job.reason) == ("broken", True)


def test_the_whole_archive_is_counted_while_it_is_unpacked(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = workbook(BOOK)
    monkeypatch.setattr(archive, "MOST_UNPACKED", 2_000)
    assert previewed(tenant, xlsx_file(book)).error_code == "bomb"
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1 << 20)
    monkeypatch.setattr(archive, "MOST_TEXTS", 10)
    texts = repacked(book, {"xl/sharedStrings.xml": b"<sst>many words</sst>"})
    assert previewed(tenant, xlsx_file(texts)).error_code == "too_many_texts"


def moved(book: bytes, part: str, place: str, content: bytes) -> bytes:
    """The workbook with that part elsewhere, where its table of contents and its relations say it is."""
    with zipfile.ZipFile(io.BytesIO(book)) as source:
        lists = {
            name: source.read(name).replace(part.encode(), place.encode())
            for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels")
        }
    return repacked(book, {**lists, place: content})


def test_a_sheet_of_another_name_is_looked_through_as_well(tenant: Tenant) -> None:
    """Any part can be a sheet: the relations say so, not the name."""
    bomb = HEAD + b'<!DOCTYPE a [<!ENTITY b "cc">]><worksheet>&b;</worksheet>'
    large = HEAD + b"<worksheet>" + b" " * (limits.RATIO_FROM + 1) + b"</worksheet>"

    for content, code in ((bomb, "entities"), (large, "bomb")):
        file = xlsx_file(moved(workbook(BOOK), SHEET, "xl/worksheets/sheet1.bin", content))
        job = previewed(tenant, file)
        assert (job.state, job.error_code) == ("failed", code)


def test_the_texts_of_a_workbook_are_counted_wherever_they_are(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_TEXTS", 10)
    with zipfile.ZipFile(io.BytesIO(workbook(BOOK))) as source:
        table = source.read("[Content_Types].xml")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    told = f'<Override PartName="/xl/worksheets/words.xml" ContentType="{kind}"/></Types>'
    book = repacked(
        workbook(BOOK),
        {
            "[Content_Types].xml": table.replace(b"</Types>", told.encode()),
            "xl/worksheets/words.xml": b"<sst>many words</sst>",
        },
    )

    assert previewed(tenant, xlsx_file(book)).error_code == "too_many_texts"


def test_a_part_that_is_read_at_once_is_small(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Styles, relations and the like become trees in memory, which only sheets and texts do not."""
    styles = b"<styleSheet>" + b"<x/>" * 10_000 + b"</styleSheet>"
    book = repacked(workbook(BOOK), {"xl/styles.xml": styles})
    monkeypatch.setattr(archive, "MOST_PART", 30_000)

    assert previewed(tenant, xlsx_file(book)).error_code == "bomb"
    assert (
        previewed(tenant, xlsx_file(workbook([*BOOK, *([str(at), "x"] for at in range(2000))]))).state
        == "ready"
    )


def test_a_cell_that_cannot_be_is_named_by_row_and_column(tenant: Tenant) -> None:
    job = previewed(tenant, xlsx_file([["Number", "Name"], ["150", "x" * 201], [None, "nobody"]]))

    assert [row.part("errors") for row in rows_of(job)] == [
        {"name": "Ensure this value has at most 200 characters (it has 201)."},
        {"number": "It is empty."},
    ]


def test_a_text_with_a_bare_delimiter_is_an_error_and_not_cut(tenant: Tenant) -> None:
    job = previewed(tenant, 'Number,Name\n150,"Anna, sales"\n151,Boris, support\n152,Clara,,\n')

    assert actions_of(job) == {2: "new", 3: "error", 4: "new"}
    assert rows_of(job)[1].content["errors"] == {
        "": "The row has more cells than there are headings: “support”. A delimiter inside a text needs quotation marks around it."
    }


def test_rows_of_blanks_are_no_rows(tenant: Tenant) -> None:
    job = previewed(tenant, xlsx_file([*BOOK, [" ", "\t"], [None, "  "]]))

    assert (job.rows_read, job.errors) == (1, 0)


def column(kind: Kind, labels: dict[Any, Any] | None = None) -> DatasetColumn:
    return DatasetColumn("c", "C", kind, "c", labels=labels)


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        (Kind.DECIMAL, "1 234,50", "1234.50"),
        (Kind.DECIMAL, "1,234.5", "1234.5"),
        (Kind.DECIMAL, "1.234,5", "1234.5"),
        (Kind.DECIMAL, 12.5, "12.5"),
        (Kind.DECIMAL, "1e3", "1000"),
        (Kind.BOOLEAN, "Да", True),
        (Kind.BOOLEAN, False, False),
        (Kind.JSON, '["a", "b, c"]', ["a", "b, c"]),
        (Kind.JSON, "a; b,c\nd", ["a", "b", "c", "d"]),
        (Kind.TEXT, 375291234567.0, "375291234567"),
        (Kind.TEXT, 1234567890123450.0, "1234567890123450"),
        (Kind.TEXT, 1.5e20, "150000000000000000000"),
        (Kind.TEXT, 0.00001, "0.00001"),
        (Kind.DECIMAL, 0.1 + 0.2, "0.3"),
        (Kind.DECIMAL, 59.97, "59.97"),
        (Kind.TEXT, 0.0, "0"),
        (Kind.TEXT, "  ", None),
    ],
)
def test_cells_become_values(kind: Kind, cell: Any, expected: Any) -> None:
    assert read_cell(column(kind), cell, is_text=False) == expected


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (Kind.DECIMAL, "1e999999999"), (Kind.DECIMAL, "NaN"), (Kind.DECIMAL, "a"), (Kind.BOOLEAN, "maybe"),
        (Kind.JSON, "[1"), (Kind.JSON, "[[1]]"), (Kind.JSON, "[" * 50_000), (Kind.JSON, '["\\u0000"]'),
        (Kind.JSON, '["\\ud800"]'), (Kind.TEXT, "\ud800"), (Kind.TEXT, "a\x00"),
        (Kind.TEXT, "x" * 10_000_000), (Kind.TEXT, "#N/A"), (Kind.JSON, "4,60123E+12"),
        (Kind.JSON, "3.75291e+11"), (Kind.DECIMAL, "#ДЕЛ/0!"), (Kind.DECIMAL, 1e300),
    ],
)  # fmt: skip
def test_cells_that_are_no_values(kind: Kind, cell: str) -> None:
    with pytest.raises(BadCell):
        read_cell(column(kind), cell, is_text=True)


def test_labels_are_known_in_both_languages() -> None:
    labels = {"in": "incoming", "out": "outgoing"}

    assert [read_cell(column(Kind.TEXT, labels), cell, is_text=True) for cell in ("IN", "Outgoing")] == [
        "in",
        "out",
    ]
    with pytest.raises(BadCell, match="incoming, outgoing"):
        read_cell(column(Kind.TEXT, labels), "sideways", is_text=True)


@given(st.text())
def test_the_apostrophe_of_exports_is_undone(text: str) -> None:
    assert restored(neutralise(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_what_a_cell_says_is_what_was_there(text: str) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([neutralise(text), "end"])
    cell = next(csv.reader(io.StringIO(stream.getvalue(), newline=""), strict=True))[0]

    assert is_same(text, read_cell(column(Kind.TEXT), cell, is_text=True))


def test_limits_hold_what_the_module_reads() -> None:
    assert csv.field_size_limit() == limits.LONGEST_CELL


@pytest.mark.parametrize(
    ("former", "new", "expected"),
    [(" \x1f", None, True), ([], None, True), (False, None, False), ("a\r\nb ", "a\nb", True), (["a"], ["a", "b"], False)],
)  # fmt: skip
def test_what_is_no_news(former: Any, new: Any, expected: bool) -> None:
    assert is_same(former, new) is expected
