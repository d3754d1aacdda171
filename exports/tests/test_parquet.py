"""Parquet: types of its own, values exact, in blocks; and a library that only the job loads."""

import io
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from django.db import models
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as pq

from config.env import BASE_DIR
from exports.formats import FORMATS, OutputColumn
from exports.formats import parquet as formats
from exports.formats.base import Unfit
from exports.formats.parquet import writer as writers
from exports.kinds import Kind
from exports.models import State
from exports.tests.odd import odd_rows
from exports.tests.support import ask, make_entries, path_of, run
from tenants.models import Tenant

MONEY: Any = models.DecimalField(max_digits=20, decimal_places=4)
SHARE: Any = models.FloatField()
COUNT: Any = models.IntegerField()


def written(columns: list[OutputColumn], *blocks: list[tuple[Any, ...]]) -> bytes:
    stream = io.BytesIO()
    writer = FORMATS["parquet"].open(stream, columns, {}, "Calls")
    for rows in blocks:
        writer.write(rows)
    writer.close()
    return stream.getvalue()


def read(data: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(data))


@pytest.mark.parametrize(
    ("kind", "field", "type", "given", "back"),
    [
        (Kind.DATETIME, None, "timestamp[us, tz=UTC]",
         datetime(2026, 2, 1, 0, 5, 0, 1, ZoneInfo("Europe/Minsk")), datetime(2026, 1, 31, 21, 5, 0, 1, UTC)),
        (Kind.DATETIME, None, "timestamp[us, tz=UTC]", datetime(1850, 1, 1, tzinfo=UTC), datetime(1850, 1, 1, tzinfo=UTC)),
        (Kind.DATE, None, "date32[day]", date(1812, 9, 7), date(1812, 9, 7)),
        (Kind.DECIMAL, MONEY, "decimal128(20, 4)", Decimal("1234567890123456.1"), Decimal("1234567890123456.1000")),
        (Kind.DECIMAL, SHARE, "double", 0.1, 0.1),
        (Kind.DECIMAL, SHARE, "double", Decimal("0.5"), 0.5),
        (Kind.DECIMAL, COUNT, "int64", 7, 7),
        (Kind.DECIMAL, None, "string", Decimal("1E+30"), "1" + "0" * 30),
        (Kind.INTEGER, None, "int64", 2**63 - 1, 2**63 - 1),
        (Kind.BOOLEAN, None, "bool", True, True),
        (Kind.DURATION, None, "double", 12, 12.0),
        (Kind.DURATION, None, "double", 12.345, 12.345),
        (Kind.TEXT, None, "string", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        (Kind.TEXT, None, "string", "a\x00b\ud800c\r\n🙂", "a\x00b\ufffdc\r\n🙂"),
        (Kind.TEXT, None, "string", 15, "15"),
        (Kind.PHONE, None, "string", "+375291234567", "+375291234567"),
        (Kind.JSON, None, "string", {"a": [1, "б", None]}, '{"a": [1, "б", null]}'),
    ],
)  # fmt: skip
def test_each_kind_has_its_type(kind: Kind, field: Any, type: str, given: Any, back: Any) -> None:
    table = read(written([OutputColumn("a", "A", kind, field=field)], [(given,), (None,)]))

    assert str(table.schema.field("a").type) == type
    assert table["a"].to_pylist() == [back, None]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Kind.INTEGER, None, "seven"),
        (Kind.INTEGER, None, 2**63),
        (Kind.DATETIME, None, "yesterday"),
        (Kind.BOOLEAN, None, "yes"),
        (Kind.DECIMAL, MONEY, Decimal("NaN")),
        (Kind.DECIMAL, MONEY, Decimal("0.00001")),
        (Kind.DECIMAL, SHARE, "half"),
    ],
)
def test_a_value_that_is_not_of_the_type_is_never_bent(kind: Kind, field: Any, value: Any) -> None:
    with pytest.raises(Unfit, match="“Total”"):
        written([OutputColumn("total", "Total", kind, field=field)], [(value,)])


def test_a_column_that_breaks_its_promise_fails_in_words(tenant: Tenant) -> None:
    with odd_rows(tenant):
        failed = run(ask(tenant, "odd", "parquet", columns=["broken"]))

    assert (failed.state, failed.error_code) == (State.FAILED, "unfit")
    assert "“Broken promise”" in failed.reason
    assert list(path_of(failed).parent.iterdir()) == []


def test_an_export_is_typed_by_its_columns_and_the_same_each_time(tenant: Tenant) -> None:
    make_entries(tenant, 3, after={"a": 1}, created_at="2026-01-31T21:05:00Z")
    columns = ["created_at", "actor", "after", "id"]

    first, second = (run(ask(tenant, format="parquet", columns=columns)) for _ in range(2))

    table = pq.read_table(path_of(first))
    assert (first.state, first.file_name[-8:]) == (State.DONE, ".parquet")
    assert [str(field.type) for field in table.schema] == [
        "timestamp[us, tz=UTC]", "string", "string", "string",
    ]  # fmt: skip
    assert table.to_pylist()[0]["created_at"] == datetime(2026, 1, 31, 21, 5, tzinfo=UTC)
    assert table["after"].to_pylist() == ['{"a": 1}'] * 3
    assert first.sha256 == second.sha256


def test_no_rows_are_a_file_with_a_schema() -> None:
    table = read(written([OutputColumn("a", "A", Kind.INTEGER)]))

    assert (table.num_rows, str(table.schema.field("a").type)) == (0, "int64")


def test_rows_go_to_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "GROUP_ROWS", 10)
    block = [(at,) for at in range(4)]

    data = written([OutputColumn("a", "A", Kind.INTEGER)], *[block] * 6)

    groups = pq.ParquetFile(io.BytesIO(data)).metadata
    assert [groups.row_group(at).num_rows for at in range(groups.num_row_groups)] == [12, 12]
    assert read(data)["a"].to_pylist() == [0, 1, 2, 3] * 6


def test_large_texts_end_a_group_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "GROUP_BYTES", 1_000)

    data = written([OutputColumn("a", "A")], *[[("x" * 600,)]] * 4)

    assert pq.ParquetFile(io.BytesIO(data)).metadata.num_row_groups == 2


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))),
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
            st.one_of(st.none(), st.decimals(-(10**15), 10**15, places=4)),
            st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
        ),
        max_size=20,
    )
)
def test_every_row_comes_back_and_twice_the_same(rows: list[tuple[Any, ...]]) -> None:
    columns = [
        OutputColumn("a", "A"),
        OutputColumn("b", "B", Kind.INTEGER),
        OutputColumn("c", "C", Kind.DECIMAL, field=MONEY),
        OutputColumn("d", "D", Kind.DATETIME),
    ]

    data = written(columns, rows)

    assert [tuple(row.values()) for row in read(data).to_pylist()] == rows
    assert data == written(columns, rows)


def test_a_file_that_was_given_up_is_not_ended() -> None:
    stream = io.BytesIO()
    writer = FORMATS["parquet"].open(stream, [OutputColumn("a", "A")], {})
    writer.write([("x",)])
    stream.close()

    del writer  # whose file is ended by the library now; pytest makes a failure of what it cannot say


def test_only_the_job_loads_the_library() -> None:
    program = (
        "import sys; from exports.formats import FORMATS; assert 'pyarrow' not in sys.modules;"
        "import io; FORMATS['parquet'].open(io.BytesIO(), [], {}); assert 'pyarrow' in sys.modules"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "PATH": "/usr/bin:/bin"}

    subprocess.run([sys.executable, "-c", program], cwd=BASE_DIR, env=environment, check=True, timeout=60)


def test_without_the_library_the_format_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.name for one in formats.available()] == ["parquet"]

    monkeypatch.setattr(formats, "find_spec", lambda _name: None)

    assert formats.available() == ()
