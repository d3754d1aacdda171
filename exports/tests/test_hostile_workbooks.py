"""Workbooks that unpack to more than anybody has memory for: refused by row and sheet, or read, within seconds and a few megabytes."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from exports.tests import hostile
from exports.tests.hostile import HEAD, MANY, SHEET, STYLES, TEXTS, TYPES, repeated, sheet

# Above the process. What a reader that builds trees takes for these files is ten times as much.
MOST_MB = 100
SECONDS = 60.0
LONG_TEXT = "x" * 100_000


def read(path: Path) -> dict[str, Any]:
    """In a process of its own, which may not take the machine's memory with it."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    ran = subprocess.run(
        [sys.executable, "-m", "exports.tests.hostile", str(path)],
        cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=SECONDS, preexec_fn=limit,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        (lambda: {SHEET: hostile.long_row(5)}, "too_many_cells", "Row 5 of the sheet “Sheet” has more than 16384"),
        (lambda: {SHEET: hostile.long_row(5, '<c r="XFE5" s="{}"/>')}, "too_many_cells", "Row 5 of the sheet"),
        (lambda: {SHEET: hostile.empty_rows()}, "too_many_rows", "“Sheet” has a row 1048577"),
        (lambda: {SHEET: hostile.empty_rows('<row r="2"/>')}, "broken", "“Sheet” is damaged at row 2"),
        (lambda: {SHEET: sheet(repeated(lambda at: f"<n{at}/>", 300_000))}, "broken", "“Sheet” is damaged"),
        (lambda: {SHEET: sheet(repeated(lambda _at: "<a>"))}, "broken", "“Sheet” is damaged"),
        (lambda: {SHEET: sheet("<!--", *(f"x{at}" * 20 for at in range(100_000)), "-->")}, "broken", "damaged"),
        (lambda: {TEXTS: hostile.texts(count=4_000_000)}, "too_many_texts", "too much text"),
        (lambda: {STYLES: hostile.styles()}, "broken", "damaged"),
        (lambda: {TYPES: sheet(repeated(lambda _at: "<A/>"), head="<Types>", end="</Types>")}, "bomb", "unpacks"),
    ],
    ids=["cells", "place", "rows", "same rows", "names", "deep", "comment", "texts", "styles", "types"],
)  # fmt: skip
def test_what_no_workbook_has_is_refused_in_words(
    parts: Callable[[], Any], code: str, words: str, tmp_path: Path
) -> None:
    told = read(hostile.write(tmp_path / "hostile.xlsx", parts()))

    assert told["code"] == code
    assert words in told["said"]
    assert told["grown"] < MOST_MB


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        (
            lambda: {
                SHEET: sheet(
                    '<row r="2"><c r="A2"><v>5</v></c></row>',
                    head=HEAD.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'),
                )
            },
            1,
        ),
        (lambda: {SHEET: sheet('<row r="1048576"><c r="A1048576"><v>5</v></c></row>')}, 1),
        (lambda: {TEXTS: hostile.texts("<si/>", 3_000_000)}, 0),
        (lambda: {TEXTS: hostile.runs()}, 0),
        (
            lambda: {
                TEXTS: hostile.texts(f"<si><t>{LONG_TEXT}</t></si>", 5),
                SHEET: hostile.referring(30_000, '<row r="{0}"><c t="s"><v>3</v></c></row>'),
            },
            30_000,
        ),
        (
            lambda: {
                SHEET: sheet(
                    "</sheetData><mergeCells>",
                    repeated(lambda at: f'<mergeCell ref="A{at}:B{at}"/>', MANY // 3),
                    "</mergeCells><sheetData>",
                )
            },
            0,
        ),
    ],
    ids=["dimension", "last row", "empty texts", "one text of many runs", "one text in many rows", "merged"],
)
def test_what_a_workbook_may_have_is_read(parts: Callable[[], Any], rows: int, tmp_path: Path) -> None:
    told = read(hostile.write(tmp_path / "hostile.xlsx", parts()))

    assert (told["code"], told["rows"]) == ("", rows)
    assert told["grown"] < MOST_MB
