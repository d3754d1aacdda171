"""Settings that are a list of rows, each a card of fields; one empty card stands below for the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from integrations.fields import Field, FieldType

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One input of a card."""

    column: Field
    name: str
    value: Any

    @property
    def kind(self) -> str:
        return self.column.type.value

    @property
    def needs_choice(self) -> bool:
        """Whether nothing is chosen beforehand."""
        return self.column.default is None


@dataclass(frozen=True, slots=True)
class Card:
    """One row; `number` counts from 0."""

    number: int
    cells: tuple[Cell, ...]
    is_new: bool

    @property
    def place(self) -> int:
        return self.number + 1


class TableWidget(forms.Widget):
    """Reads and shows the rows. An empty card is no row, one with its box "remove" ticked is none either."""

    class Media:
        js = ("integrations/tables.js",)

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        numbers = data.getlist(f"{name}-row") if hasattr(data, "getlist") else data.get(f"{name}-row", [])
        wanted = [number for number in numbers if number.isdecimal()][: self.field.most_rows + 1]
        rows = [
            self._row(data, f"{name}-{number}-") for number in wanted if f"{name}-{number}-remove" not in data
        ]
        blank = self._blank()
        return [_entered(row) for row in rows if row != blank]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-row" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []
        cards = [self._card(name, number, row, is_new=False) for number, row in enumerate(rows)]
        if len(rows) < self.field.most_rows:
            cards.append(self._card(name, len(rows), {}, is_new=True))
        context = {"cards": cards, "name": name, "most": self.field.most_rows}
        return mark_safe(render_to_string("admin/integrations/table.html", context))  # noqa: S308 our template

    def _row(self, data: Any, prefix: str) -> Row:
        return {
            column.name: (prefix + column.name in data)
            if column.type is FieldType.BOOL
            else str(data.get(prefix + column.name, "")).strip()
            for column in self.field.columns
        }

    def _blank(self) -> Row:
        """What an untouched card sends."""
        return {column.name: _shown(column, column.default) for column in self.field.columns}

    def _card(self, name: str, number: int, row: Mapping[str, Any], *, is_new: bool) -> Card:
        cells = tuple(
            Cell(
                column, f"{name}-{number}-{column.name}", _shown(column, row.get(column.name, column.default))
            )
            for column in self.field.columns
        )
        return Card(number, cells, is_new)


class TableField(forms.Field):
    """The rows as they were entered: the manifest's own check says what is wrong with them."""

    def __init__(self, field: Field, **options: Any) -> None:
        super().__init__(widget=TableWidget(field), **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])


def _shown(column: Field, value: Any) -> Any:
    if column.type is FieldType.BOOL:
        return bool(value)
    return "" if value is None else str(value)


def _entered(row: Row) -> Row:
    return {name: value for name, value in row.items() if value != ""}
