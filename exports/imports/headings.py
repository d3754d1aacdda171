"""Headings of a file -> columns of a dataset: by name, or by the heading in any language that we speak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.formats.csv import restored
from exports.imports.importer import Importer
from exports.imports.limits import LONGEST_HEADING, MOST_COLUMNS
from exports.imports.refused import FileRefused
from exports.registry import Dataset, get_dataset


@dataclass(frozen=True, slots=True)
class Headings:
    """`columns` in the order of the cells, None for one that is not taken; `unknown` are the headings of those."""

    texts: tuple[str, ...]
    columns: tuple[str | None, ...]

    @property
    def unknown(self) -> list[str]:
        return [text for text, name in zip(self.texts, self.columns, strict=True) if name is None and text]

    @property
    def pairs(self) -> list[list[str]]:
        return [[text, name] for text, name in zip(self.texts, self.columns, strict=True) if name]

    def values(self, cells: Sequence[Any]) -> dict[str, Any]:
        """Cells by column; a short row has no cells at its end."""
        padded = [*cells, *[None] * (len(self.columns) - len(cells))]
        return {name: cell for name, cell in zip(self.columns, padded, strict=False) if name}


def plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def names_of(dataset: Dataset) -> dict[str, str]:
    """Everything by which a column can be called, in the form in which headings are compared."""
    found: dict[str, str] = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            for name, column in dataset.columns.items():
                found.setdefault(plain(str(column.heading)), name)
    return found | {plain(name): name for name in dataset.columns}


def recognised(dataset: Dataset, mapping: Mapping[str, str], texts: Sequence[str]) -> int:
    known = {*names_of(dataset), *map(plain, mapping)}
    return sum(plain(restored(text)) in known for text in texts)


def read_headings(importer: type[Importer], mapping: Mapping[str, str], texts: Sequence[str]) -> Headings:
    """FileRefused for a table that says nothing, or says one thing twice."""
    dataset = get_dataset(importer.dataset)
    shown = tuple(restored(text).strip() for text in texts)
    _check(shown)
    chosen = {plain(heading): name for heading, name in mapping.items()}
    known = names_of(dataset)
    columns = tuple(
        (chosen[key] or None) if (key := plain(text)) in chosen else _settable(importer, known.get(key))
        for text in shown
    )
    _check_mapping(chosen, shown)
    _check_columns(dataset, importer, columns)
    return Headings(shown, columns)


def _settable(importer: type[Importer], name: str | None) -> str | None:
    return name if name in importer.columns else None


def _check(shown: Sequence[str]) -> None:
    if len(shown) > MOST_COLUMNS:
        raise FileRefused(
            "too_many_columns", _("The file has more than %(limit)d columns.") % {"limit": MOST_COLUMNS}
        )
    if any(len(text) > LONGEST_HEADING for text in shown):
        raise FileRefused("headings", _("The first row must hold the headings of the columns."))
    twice = _repeated([text for text in shown if text], plain)
    if twice:
        raise FileRefused("duplicate_heading", _("The heading “%(name)s” is there twice.") % {"name": twice})


def _check_mapping(chosen: Mapping[str, str], shown: Sequence[str]) -> None:
    there = set(map(plain, shown))
    for heading in chosen:
        if heading not in there:
            raise FileRefused(
                "mapping",
                _("The file has no column “%(name)s”, which the mapping names.") % {"name": heading},
            )


def _check_columns(dataset: Dataset, importer: type[Importer], columns: Sequence[str | None]) -> None:
    taken = [name for name in columns if name]
    twice = _repeated(taken, str)
    if twice:
        heading = dataset.columns[twice].heading
        raise FileRefused(
            "duplicate_heading", _("Two columns of the file mean “%(name)s”.") % {"name": heading}
        )
    known = ", ".join(str(dataset.columns[name].heading) for name in importer.columns)
    missing = [str(dataset.columns[name].heading) for name in importer.needed if name not in taken]
    if importer.any_of and not set(importer.any_of) & set(taken):
        missing.append(_(" or ").join(str(dataset.columns[name].heading) for name in importer.any_of))
    if missing or not taken:
        text = _("The column %(names)s is missing. The first row must hold headings; known are: %(known)s.")
        raise FileRefused("missing_column", text % {"names": ", ".join(missing) or "—", "known": known})


def _repeated(values: Sequence[str], key: Any) -> str:
    seen: set[str] = set()
    for value in values:
        if key(value) in seen:
            return value
        seen.add(key(value))
    return ""
