"""What each row of a block would do: read, found, checked, compared. Nothing is written."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exports.columns import DatasetColumn
from exports.imports.headings import Headings
from exports.imports.importer import Found, Given, Importer
from exports.imports.values import BadCell, as_text, is_same, read_cell
from exports.models import Import, ImportMode, ImportRow, RowAction
from exports.registry import get_dataset
from tenants.ids import uuid7
from tenants.storable import storable_text

Block = Sequence[tuple[int, Sequence[Any]]]
WHOLE_ROW: Final = ""
SHOWN: Final = 200
_SKIPPED: Final = {ImportMode.CREATE: True, ImportMode.UPDATE: False}
"""Whether a row that is there is left out, or one that is not."""


class Judge:
    """Of one import. A block costs a constant number of statements."""

    def __init__(self, job: Import, importer: Importer, headings: Headings) -> None:
        self._job, self._importer, self._headings = job, importer, headings
        columns = get_dataset(job.dataset).columns
        self._columns: dict[str, DatasetColumn] = {name: columns[name] for name in importer.columns}
        self._is_text = job.format == "csv"

    def rows(self, block: Block) -> list[ImportRow]:
        """In the block's order."""
        read = {number: self._read(cells) for number, cells in block}
        sound = [Given(number, values) for number, (values, errors) in read.items() if not errors]
        found = dict(zip([one.number for one in sound], self._importer.find(sound), strict=True))
        keys = {number: self._digest(one.key) for number, one in found.items() if one.key}
        known = dict(
            ImportRow.objects.filter(job=self._job, key__in=list(set(keys.values()))).values_list(
                "key", "number"
            )
        )
        rows = []
        for number, (values, errors) in read.items():
            row = ImportRow(tenant_id=self._job.tenant_id, job=self._job, number=number)
            key = keys.get(number, "")
            if errors:
                self._refuse(row, values, errors)
            elif key in known:
                text = _("Row %(number)d is about the same one.") % {"number": known[key]}
                self._refuse(row, values, {WHOLE_ROW: text})
            else:
                row.key = key
                self._judge(row, values, found[number])
            known |= {key: number} if key and key not in known else {}
            rows.append(row)
        return rows

    def _read(self, cells: Sequence[Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Values and mistakes by column."""
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, cell in self._headings.values(cells).items():
            try:
                values[name] = read_cell(self._columns[name], cell, is_text=self._is_text)
            except BadCell as error:
                errors[name] = str(error)
                values[name] = storable_text(as_text(cell)[:SHOWN])
        if surplus := self._surplus(cells):
            text = _("The row has more cells than there are headings: “%(value)s”. A delimiter inside a text needs quotation marks around it.")  # fmt: skip
            errors[WHOLE_ROW] = text % {"value": storable_text(surplus[:SHOWN])}
        return values, errors

    def _surplus(self, cells: Sequence[Any]) -> str:
        """What stands behind the last heading of a text file. Of a workbook such cells are not read: they are somebody's notes."""
        return next(
            (text for cell in cells[len(self._headings.columns) :] if (text := as_text(cell).strip())), ""
        )

    def _digest(self, key: str) -> str:
        return blake2b(
            key.encode("utf-8", "surrogatepass"), digest_size=16, key=self._job.pk.bytes
        ).hexdigest()

    def _judge(self, row: ImportRow, values: Mapping[str, Any], found: Found) -> None:
        is_there = found.current is not None
        if found.problems:
            self._refuse(row, values, found.problems)
        elif _SKIPPED.get(ImportMode(self._job.mode)) is is_there:
            why = _("It is there already.") if is_there else _("It is not there.")
            self._note(row, RowAction.SKIPPED, values, found, {WHOLE_ROW: why})
        elif found.removes:
            self._remove(row, values, found)
        else:
            self._compare(row, values, found)

    def _remove(self, row: ImportRow, values: Mapping[str, Any], found: Found) -> None:
        """What is not there needs no removal; of what is, all is kept, so that it can be given back."""
        if found.current is None:
            row.action = RowAction.SAME
            self._write(row, values, found, {}, {})
            return
        row.object_id, row.action = found.id, RowAction.REMOVED
        emptied = {name: None for name, value in values.items() if value is None}
        self._write(row, values, found, emptied, found.current)

    def _compare(self, row: ImportRow, values: Mapping[str, Any], found: Found) -> None:
        current = found.current
        wanted = {
            name: value for name, value in values.items()
            if name != "id" and (current is None or not is_same(current.get(name), value))
        }  # fmt: skip
        try:
            cleaned = self._importer.clean(wanted, current) if wanted else {}
        except ValidationError as error:
            self._refuse(row, values, told(error, self._columns))
            return
        if current is None:
            row.object_id = found.id or uuid7()
            row.action = RowAction.NEW
            self._write(row, values, found, cleaned, {})
            return
        differing = {name: value for name, value in cleaned.items() if not is_same(current.get(name), value)}
        row.object_id = found.id
        row.action = RowAction.CHANGED if differing else RowAction.SAME
        self._write(row, values, found, differing, {name: current.get(name) for name in differing})

    def _write(
        self,
        row: ImportRow,
        given: Mapping[str, Any],
        found: Found,
        values: Mapping[str, Any],
        before: Mapping[str, Any],
    ) -> None:
        title = self._importer.title(given, found.current)[:SHOWN]
        row.content = {"title": title, "values": dict(values), "before": dict(before)}

    def _refuse(self, row: ImportRow, values: Mapping[str, Any], errors: Mapping[str, str]) -> None:
        self._note(row, RowAction.ERROR, values, Found(), errors)

    def _note(
        self,
        row: ImportRow,
        action: RowAction,
        values: Mapping[str, Any],
        found: Found,
        errors: Mapping[str, str],
    ) -> None:
        """What is told of a row that does nothing: no more of it than a person needs to recognise it."""
        row.action = action
        shown = {name: short(values.get(name)) for name in errors if name}
        title = self._importer.title(values, found.current)[:SHOWN]
        row.content = {"title": title, "values": shown, "errors": dict(errors)}


def short(value: Any) -> Any:
    """As much of a value as is shown of it."""
    if isinstance(value, list):
        return [short(one) for one in value[:20]]
    return f"{value[:SHOWN]}…" if isinstance(value, str) and len(value) > SHOWN else value


def told(error: ValidationError, columns: Mapping[str, Any]) -> dict[str, str]:
    """The mistakes by column; what belongs to no column of the file is about the whole row."""
    if not hasattr(error, "error_dict"):
        return {WHOLE_ROW: " ".join(error.messages)}
    found: dict[str, str] = {}
    for name, messages in error.message_dict.items():
        own = name if name in columns else WHOLE_ROW
        text = " ".join(messages) if own == name else f"{name}: {' '.join(messages)}"
        found[own] = f"{found[own]} {text}" if own in found else text
    return found
