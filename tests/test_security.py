"""docs/security.md names a test for every guard: each of them exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from config.env import BASE_DIR

PAGE = BASE_DIR / "docs" / "security.md"
NAMED = sorted(set(re.findall(r"`([\w/]+\.py(?:::\w+)+)`", PAGE.read_text())))


@cache
def functions_of(path: Path) -> frozenset[str]:
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)
            }
    return frozenset(found)


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_the_page_names_exists(name: str) -> None:
    file, _colons, test = name.partition("::")

    assert (BASE_DIR / file).exists()
    assert test in functions_of(BASE_DIR / file)
    assert test.rpartition("::")[2].startswith("test_")


def test_every_row_of_the_page_names_a_test() -> None:
    rows = [
        line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "| threat |" not in line
    ]

    assert rows
    assert [row for row in rows if not re.search(r"`[\w/]+\.py::", row.rsplit("|", 2)[1])] == []
