"""A large file costs no more memory than a small one."""

import tracemalloc
from typing import Any

import pytest

from exports.imports import checking
from exports.imports.reading import OpenFile, opened
from exports.tests.imports import csv_file, fresh, run, upload
from tenants.models import Tenant


def test_a_text_is_read_in_a_stream(tmp_path: Any) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        path.write_text("number,name\n" + "".join(f"{at},Person {at}\n" for at in range(rows)))
        tracemalloc.start()
        try:
            with opened(path, "csv", len) as file:
                assert sum(1 for _row in file.rows) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is imported and compiled once
    assert peak(100_000) < peak(1_000) + 200_000


def test_the_look_through_a_file_keeps_a_block_at_a_time(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = checking._keep

    def seen(row: Any, judge: Any, block: Any, percent: int) -> None:
        sizes.append(len(block))
        real(row, judge, block, percent)

    monkeypatch.setattr(checking, "_keep", seen)
    job = upload(tenant, csv_file("number\n" + "".join(f"{at}\n" for at in range(1200))))
    run(job)

    assert (sizes, fresh(job).rows_read) == ([500, 500, 200], 1200)


def test_a_block_of_long_rows_has_fewer_of_them() -> None:
    long = "x" * 900_000
    file = OpenFile(["number"], iter([(at, [long, None, 1]) for at in range(2, 8)]), lambda: 0)

    assert [[number for number, _cells in block] for block in checking._blocks(file, 2)] == [
        [3, 4, 5],
        [6, 7],
    ]
