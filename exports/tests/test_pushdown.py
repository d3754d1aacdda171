"""The database's cells are Python's, byte for byte: every kind, every format, whatever people write."""

import io
import itertools
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateField,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    JSONField,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, TruncDate
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.cells import CellConverter
from exports.columns import Column
from exports.formats import FORMATS, OutputColumn
from exports.kinds import Kind
from exports.pushdown import zones
from exports.pushdown.copy import Copy
from exports.pushdown.zones import server_agrees
from exports.reader import Reader
from exports.registry import Dataset
from exports.resources import DatasetResource
from exports.tests.support import make_entries
from tenants.models import AuditEntry, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

START = datetime(2026, 1, 1, tzinfo=UTC)


class WideResource(DatasetResource):
    created_at = Column("When")
    actor = Column("Who")
    actor_kind = Column("Kind")
    address = Column("From", kind=Kind.PHONE)
    phone = Column("Phone", attribute="object_name", kind=Kind.PHONE)
    after = Column("After")
    correlation_id = Column("Correlation", kind=Kind.TEXT)
    what = Column("What", expression=Concat(F("object_name"), Value("!")), kind=Kind.TEXT)
    amount = Column(
        "Amount",
        kind=Kind.DECIMAL,
        expression=Cast(F("object_id"), DecimalField(max_digits=30, decimal_places=4)),
    )
    large = Column(
        "Large", kind=Kind.INTEGER, expression=Cast(F("object_id"), BigIntegerField()), is_default=False
    )
    day = Column("Day", kind=Kind.DATE, expression=TruncDate("created_at", tzinfo=UTC))
    since = Column(
        "Since",
        kind=Kind.DURATION,
        expression=ExpressionWrapper(F("created_at") - Value(START), output_field=DurationField()),
    )
    is_robot = Column(
        "Robot",
        kind=Kind.BOOLEAN,
        expression=Case(
            When(actor_kind="key", then=Value(True)),
            When(actor_kind="person", then=Value(False)),
            output_field=BooleanField(),
        ),
    )
    id = Column("Id", kind=Kind.TEXT)

    class Meta:
        model = AuditEntry


class WideInPython(WideResource):
    """The same columns, and one that only Python can make."""

    nothing = Column("Nothing")

    class Meta:
        model = AuditEntry

    def dehydrate_nothing(self, _entry: AuditEntry) -> None:
        return None


WIDE = Dataset(name="wide", title="Wide & <all>", resource=WideResource, order=("id",))
IN_PYTHON = Dataset(name="python", title="Wide & <all>", resource=WideInPython, order=("id",))
COLUMNS = [column.name for column in WIDE.columns.values()]

ODDITIES = [
    "", "=cmd|' /C calc'!A0", "'=1", "''@x", "-", "+375291234567", "+1+cmd", "'", "\t=1", "\r\n=1", "＝1", "\x01=1", "'\x07'+1",
    "\x1f", "\x1e", "a\x1fb\x1e\x1ec", "\x1e\x1f\x1e", "\x02", "\x02\x02x", "\x1f\n\x1e", "null", "\\", "\\N", "\\.", '"', '""', "a,b;c\td|e",
    "line\nline", "\r", "\r\n", "<b>&amp;</b>]]>", "_x0041_ _x00zz_", "%s %%", "x" * 32_767, "я" * 20_000, "🙂" * 16_384,
    "\ufffe\uffff", "\ufeff", "\x7f\x80\x85\u2028\u2029", "Ёлка ў ґ ї ₽", "  spaces  ", "007", "0", "null\n",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(ODDITIES),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
    st.text(st.sampled_from("\x01\x02\x1e\x1f=+-'\"\n\r,;ж<&"), max_size=8),
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), texts, st.decimals(-1000, 1000, places=2).map(float)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter(bool), inner, max_size=3),
    max_leaves=5,
)
moments = st.one_of(
    st.datetimes(datetime(1850, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)),
    # Around the hour that is there twice, and the one that is not (Berlin).
    st.integers(0, 7_200_000_000).map(
        lambda micro: datetime(2025, 10, 26, tzinfo=UTC) + timedelta(microseconds=micro)
    ),
    st.integers(0, 7_200).map(lambda second: datetime(2025, 3, 30, tzinfo=UTC) + timedelta(seconds=second)),
)
numbers = st.one_of(
    st.integers(-(10**18), 10**18).map(str), st.integers(-999, 999).map(str), st.just("1000000000000000")
)
entries = st.fixed_dictionaries(
    {
        "actor": texts.map(lambda text: text[:200]),
        "actor_kind": st.sampled_from(["person", "key", "system"]),
        "object_name": texts.map(lambda text: text[:200]),
        "object_id": numbers,
        "after": documents.map(lambda value: Value(None, JSONField()) if value is None else value),
        "address": st.sampled_from([None, "10.0.0.1", "2001:db8::1"]),
        "correlation_id": st.one_of(st.none(), st.uuids()),
        "created_at": moments,
    }
)
VARIANTS = [
    ("csv", {}),
    ("csv", {"delimiter": "semicolon", "decimal": "comma", "encoding": "cp1251"}),
    ("csv", {"delimiter": "tab", "encoding": "utf-8"}),
    ("xlsx", {}),
    ("json", {}),
    ("jsonl", {}),
    ("xml", {}),
    ("yaml", {}),
    ("parquet", {}),
]


def file(
    format: str, options: dict[str, str], reader: Reader, columns: Sequence[str], how: str, zone: ZoneInfo
) -> bytes:
    """The file of these columns, made in one of the ways that there are."""
    chosen = FORMATS[format]
    kept = [reader.dataset.columns[name] for name in columns]
    stream = io.BytesIO()
    writer = chosen.open(
        stream,
        [
            OutputColumn(column.name, str(column.heading), column.kind, field=field)
            for column, field in zip(kept, reader.fields(), strict=False)
        ],
        options,
        "Wide & <all>",
    )
    if how == "copy":
        copy = reader.copy(chosen.dialect_for(options))  # type: ignore[arg-type]
        assert isinstance(copy, Copy)
        for block in copy.blocks():
            writer.write_copied(block)
    else:
        cells = CellConverter(kept, zone, is_for_people=chosen.is_for_people)
        for rows in reader.blocks(64):
            writer.write(cells.convert([row[: len(kept)] for row in rows]))
    writer.close()
    return sheet(stream) if format == "xlsx" else stream.getvalue()


def sheet(book: io.BytesIO) -> bytes:
    """Of equal sheets are equal books; of different ones this shows the difference."""
    with zipfile.ZipFile(book) as opened:
        return opened.read("xl/worksheets/sheet1.xml")


def ways(
    tenant: Tenant, ids: Iterable[Any], format: str, options: dict[str, str], columns: Sequence[str] = COLUMNS
) -> dict[str, bytes]:
    """The same file from the database's cells (where it makes any), from values, and from instances."""
    zone = tenant.zone
    filters = {"ids": [str(key) for key in ids]}
    plain = Reader(WIDE, columns, filters, zone)
    slow = Reader(IN_PYTHON, [*columns, "nothing"], filters, zone)
    with tenant_scope(tenant):
        found = {
            "values": file(format, options, plain, columns, "values", zone),
            "instances": file(format, options, slow, columns, "values", zone),
        }
        if has_dialect(format):
            found["copy"] = file(format, options, plain, columns, "copy", zone)
        return found


def has_dialect(format: str) -> bool:
    """Whether the database under test writes cells for it."""
    return connection.vendor == "postgresql" and FORMATS[format].dialect is not None


def assert_alike(found: dict[str, bytes]) -> None:
    (first, content), *others = found.items()
    for name, other in others:
        if content != other:
            at = next(n for n, (a, b) in enumerate(itertools.zip_longest(content, other)) if a != b)
            near = slice(max(0, at - 60), at + 60)
            raise AssertionError(f"{first}: {content[near]!r}\n{name}: {other[near]!r}")


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant(timezone="Europe/Berlin")


@pytest.mark.parametrize(("format", "options"), VARIANTS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_oddity_is_written_alike(
    tenant: Tenant, format: str, options: dict[str, str], language: str
) -> None:
    made = [
        make_entries(
            tenant,
            1,
            actor=text[:200],
            object_name=text[-200:],
            object_id=str(10 ** (at % 19)),
            after=[Value(None, JSONField()), text, {text[:20] or "k": [text, 1.5, None]}, 7, [], True][
                at % 6
            ],
            actor_kind=["person", "key", "system"][at % 3],
            created_at=START + timedelta(hours=at * 97.5, microseconds=at * 1_000),
        )[0]
        for at, text in enumerate(ODDITIES)
    ]

    with override(language):
        found = ways(tenant, [entry.pk for entry in made], format, options)

    assert_alike(found)
    assert set(found) == {"values", "instances"} | ({"copy"} if has_dialect(format) else set())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(entries, min_size=1, max_size=12), variant=st.sampled_from(VARIANTS))
def test_anything_is_written_alike(
    tenant: Tenant, rows: list[dict[str, Any]], variant: tuple[str, dict[str, str]]
) -> None:
    made = [make_entries(tenant, 1, **row)[0] for row in rows]

    assert_alike(ways(tenant, [entry.pk for entry in made], *variant))


@pytest.mark.parametrize("column", [*COLUMNS, "large"])
# In CSV a lone column is left to Python: COPY writes an empty cell unlike everybody else.
@pytest.mark.parametrize("format", [one for one in FORMATS if one != "csv"])
def test_a_single_column_is_written_alike(tenant: Tenant, column: str, format: str) -> None:
    made = make_entries(tenant, 2, object_id="12") + make_entries(
        tenant, 1, object_id="-9000000000000000000", object_name="", actor=""
    )

    assert_alike(ways(tenant, [entry.pk for entry in made], format, {}, [column]))


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize(
    "zone", ["Europe/Minsk", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
)
def test_wall_clocks_of_many_zones_agree(db: None, zone: str) -> None:
    tenant = make_tenant(timezone=zone)
    made = [
        make_entries(tenant, 1, object_id="1", created_at=START + timedelta(days=61 * at))[0]
        for at in range(-120, 60)
    ]

    assert server_agrees(ZoneInfo(zone))
    for format in ("csv", "json", "xlsx"):
        assert_alike(ways(tenant, [entry.pk for entry in made], format, {}, ["created_at", "id"]))


@dataclass(frozen=True, slots=True)
class Unheard:
    """A zone that the server was never told of; more than its name is not asked for."""

    key: str = "Europe/Nowhere"


@pytest.mark.engine("postgresql")
def test_a_zone_that_the_server_does_not_know_is_computed_here(db: None) -> None:
    zone: Any = Unheard()

    assert not server_agrees(zone)
    assert server_agrees(ZoneInfo("Europe/Minsk"))


@pytest.mark.engine("postgresql")
def test_a_server_in_trouble_says_nothing_about_a_zone(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = ZoneInfo("Asia/Omsk")
    with monkeypatch.context() as slow, transaction.atomic():
        slow.setattr(zones, "_OFFSETS", "SELECT pg_sleep(60), %s, %s, %s, %s")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 10")
        with pytest.raises(OperationalError):
            server_agrees(zone)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")

    assert server_agrees(zone)


@pytest.mark.engine("postgresql")
def test_the_session_is_left_as_it_was(tenant: Tenant) -> None:
    made = make_entries(tenant, 1, object_id="1")
    with connection.cursor() as cursor:
        cursor.execute("SHOW timezone")
        before = cursor.fetchone()

    ways(tenant, [made[0].pk], "csv", {})

    with connection.cursor() as cursor:
        cursor.execute("SHOW timezone")
        assert cursor.fetchone() == before


class Unfit(DatasetResource):
    actor = Column("Who")
    number = Column("Number", attribute="actor", kind=Kind.INTEGER)
    document = Column("Document", expression=Cast(Value("{}"), JSONField()), kind=Kind.TEXT)
    day = Column("Day", expression=Cast(F("created_at"), DateField()), kind=Kind.DATE)
    shouted = Column("Shouted", expression=Cast(F("actor"), TextField()), kind=Kind.TEXT)

    class Meta:
        model = AuditEntry

    def dehydrate_shouted(self, entry: AuditEntry) -> str:
        return entry.actor.upper()


@pytest.mark.parametrize(
    ("columns", "is_fit"),
    [
        (["actor"], True),
        (["actor", "number"], False),
        (["document"], False),
        (["day"], False),
        (["shouted"], False),
    ],
)
@pytest.mark.engine("postgresql")
def test_only_what_the_database_can_do_is_asked_of_it(
    tenant: Tenant, columns: list[str], is_fit: bool
) -> None:
    reader = Reader(Dataset(name="unfit", title="Unfit", resource=Unfit), columns, {}, tenant.zone)

    with tenant_scope(tenant):
        assert (reader.copy(FORMATS["jsonl"].dialect_for({})) is not None) is is_fit  # type: ignore[arg-type]


@pytest.mark.engine("postgresql")
def test_a_copy_sees_its_tenant_only(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    make_entries(make_tenant(), 3)
    reader = Reader(WIDE, ["actor", "id"], {}, tenant.zone)

    with tenant_scope(tenant):
        copy = reader.copy(FORMATS["csv"].dialect_for({}))  # type: ignore[arg-type]
        assert copy is not None
        assert sum(map(len, copy.blocks())) == 2
    # Run where nothing is in scope, the statement finds nothing: the server holds the second wall.
    assert sum(map(len, copy.blocks())) == 0
