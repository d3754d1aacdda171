"""The first rows of an export, as people would see them in the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exports.cells import CellConverter
from exports.chosen import Entry, normal
from exports.columns import DatasetColumn
from exports.kinds import NUMBERS
from exports.reader import Reader
from exports.registry import Dataset
from tenants.models import Member, Tenant

ROWS: Final = 10
LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Preview:
    columns: Sequence[DatasetColumn]
    rows: Sequence[Sequence[tuple[str, bool]]]
    """Texts, and whether they are numbers."""


def preview(
    tenant: Tenant,
    dataset: Dataset,
    columns: Sequence[Entry],
    filters: Mapping[str, Any],
    member: Member | None,
) -> Preview:
    """In the company's scope; InvalidRequest names the column that is wrong."""
    reader = Reader(dataset, normal(dataset, columns, tenant.zone), filters, tenant.zone, member, ROWS)
    cells = CellConverter(reader.columns, tenant.zone, is_for_people=True)
    are_numbers = [column.kind in NUMBERS for column in reader.columns]
    rows = [row for block in reader.blocks(ROWS) for row in cells.convert(block)]
    return Preview(
        reader.columns,
        [
            [(_shown(value), is_number) for value, is_number in zip(row, are_numbers, strict=True)]
            for row in rows
        ],
    )


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
