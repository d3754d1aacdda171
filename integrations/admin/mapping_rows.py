"""The rows of the mapping editor: what a form sends -> rules as JSON, and rules -> what the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from integrations.fields import Field, FieldType
from integrations.mapping.rules import AS_IS, Way
from integrations.mapping.transforms import TRANSFORMS

MOST_ROWS = 300
TEXTS = ("theirs", "ours", "direction", "transform", "default")
# What people paste from a table separates its columns so.
PAIR_SIGNS = ("\t", "=")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter of a row's transform."""

    field: Field
    name: str
    value: str
    errors: Sequence[str] = ()

    @property
    def kind(self) -> str:
        return self.field.type.value


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the editor with the mistakes of each of its fields."""

    number: int
    values: Row
    inputs: Sequence[Input]
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    help: Any = ""

    @property
    def prefix(self) -> str:
        return f"row-{self.number}-"

    @property
    def place(self) -> int:
        return self.number + 1


def empty_row() -> Row:
    return {
        "theirs": "",
        "ours": "",
        "direction": Way.IN.value,
        "transform": AS_IS,
        "parameters": {},
        "default": "",
    }


def rows_of(data: QueryDict) -> list[Row]:
    """The rows in the order in which they stand, wholly empty ones left out."""
    numbers = [number for number in data.getlist("row") if number.isdecimal()][:MOST_ROWS]
    return [row for number in numbers if not _is_blank(row := _row(data, f"row-{number}-"))]


def _row(data: QueryDict, prefix: str) -> Row:
    row: Row = {name: str(data.get(prefix + name, "")) for name in TEXTS}
    transform = TRANSFORMS.get(row["transform"])
    row["parameters"] = {}
    for parameter in transform.parameters if transform else ():
        value = data.get(f"{prefix}{row['transform']}-{parameter.name}")
        if value is not None and value.strip():
            row["parameters"][parameter.name] = _typed(parameter, value)
    return row


def _is_blank(row: Row) -> bool:
    return not (row["theirs"] or row["ours"] or row["default"] or row["parameters"])


def _typed(parameter: Field, value: str) -> Any:
    """What the parameter's own check wants to see; it says what is wrong with anything else."""
    if parameter.type is FieldType.TABLE:
        first, second = (column.name for column in parameter.columns)
        pairs = (_pair(line) for line in value.splitlines() if line.strip())
        return [{first: one, second: other} for one, other in pairs]
    return value


def _pair(line: str) -> tuple[str, str]:
    for sign in PAIR_SIGNS:
        one, found, other = line.partition(sign)
        if found:
            return one.strip(), other.strip()
    return line.strip(), ""


def shown_rows(rows: Sequence[Row], errors: Mapping[str, Sequence[str]]) -> list[ShownRow]:
    return [_shown(number, row, errors) for number, row in enumerate(rows)]


def _shown(number: int, row: Row, errors: Mapping[str, Sequence[str]]) -> ShownRow:
    prefix = f"rules.{number}."
    own = {name.removeprefix(prefix): texts for name, texts in errors.items() if name.startswith(prefix)}
    transform = TRANSFORMS.get(row["transform"])
    inputs = [
        Input(
            parameter,
            f"row-{number}-{row['transform']}-{parameter.name}",
            _as_entered(parameter, row["parameters"].get(parameter.name)),
            own.get(f"parameters.{parameter.name}", ()),
        )
        for parameter in (transform.parameters if transform else ())
    ]
    return ShownRow(number, row, inputs, own, transform.help if transform else "")


def _as_entered(parameter: Field, value: Any) -> str:
    if value is None:
        value = parameter.default
    if parameter.type is FieldType.TABLE:
        rows = value if isinstance(value, list | tuple) else []
        # By the columns: what comes back from PostgreSQL has lost the order of its names.
        names = [column.name for column in parameter.columns]
        return "\n".join(" = ".join(str(pair.get(name, "")) for name in names) for pair in rows)
    return "" if value is None else str(value)
