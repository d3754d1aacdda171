"""CSV: readable by strict readers, harmless in spreadsheets, reversible."""

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats import FORMATS, OutputColumn
from exports.formats.csv import DANGEROUS, neutralise
from exports.kinds import Kind


def written(kind: Kind, values: list[Any], **options: str) -> str:
    stream = io.BytesIO()
    writer = FORMATS["csv"].open(stream, [OutputColumn("a", "=Heading", kind)], options)
    writer.write([(value,) for value in values])
    writer.close()
    return stream.getvalue().decode("utf-8")


def cells(kind: Kind, values: list[Any]) -> list[str]:
    # A row of one empty cell is written as "" by the csv module, so every row has its cell.
    rows = list(
        csv.reader(io.StringIO(written(kind, values).removeprefix("\ufeff"), newline=""), strict=True)
    )
    return [row[0] for row in rows[1:]]


def test_a_file_begins_with_a_byte_order_mark_and_a_harmless_heading() -> None:
    assert written(Kind.TEXT, []) == "\ufeff'=Heading\r\n"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+375291234567", "'+375291234567"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        ("a=b", "a=b"),
        ("a\x00b\x07", "ab"),
        ("\x00=1", "'=1"),
        ("a\ud800b", "a\ufffdb"),
        ('Привет, 🙂\n"мир"', 'Привет, 🙂\n"мир"'),
        (None, ""),
    ],
)
def test_text(value: str | None, cell: str) -> None:
    assert cells(Kind.TEXT, [value]) == [cell]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("+375291234567", "+375291234567"),
        ("+375 (29) 123-45-67", "+375 (29) 123-45-67"),
        ("150", "150"),
        ("=1+1", "'=1+1"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("anonymous", "anonymous"),
        (None, ""),
    ],
)
def test_phones_stay_phones_and_nothing_else_passes_for_one(value: str | None, cell: str) -> None:
    assert cells(Kind.PHONE, [value]) == [cell]


def test_numbers_and_times_are_exact() -> None:
    assert cells(Kind.DECIMAL, [Decimal("-12345678901234567890.10"), 1.5, None, "=1", Decimal("1E+3")]) == [
        "-12345678901234567890.10",
        "1.5",
        "",
        "'=1",
        "1000",
    ]
    assert cells(Kind.INTEGER, [-5, 2**70]) == ["-5", str(2**70)]
    assert cells(Kind.DATETIME, [datetime(2026, 1, 31, 9, 5, 0, 999_999)]) == ["2026-01-31 09:05:00"]
    assert cells(Kind.DATE, [date(2026, 1, 31)]) == ["2026-01-31"]


def test_the_delimiter_can_be_chosen() -> None:
    assert written(Kind.TEXT, ["a;b"], delimiter="semicolon") == '\ufeff\'=Heading\r\n"a;b"\r\n'


@given(st.text())
def test_neutralising_can_be_undone(text: str) -> None:
    cell = neutralise(text)

    assert not cell.startswith(tuple(DANGEROUS))
    assert re.sub(rf"^'(?='*[{re.escape(DANGEROUS)}])", "", cell) == text


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", min_codepoint=32)), st.text(max_size=5)), max_size=20
    )
)
def test_every_row_comes_back(rows: list[tuple[str, str]]) -> None:
    stream = io.BytesIO()
    writer = FORMATS["csv"].open(stream, [OutputColumn("a", "A"), OutputColumn("b", "B")], {})
    writer.write(rows)

    text = stream.getvalue().decode("utf-8-sig")

    assert len(list(csv.reader(io.StringIO(text, newline=""), strict=True))) == len(rows) + 1
