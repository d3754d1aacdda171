"""Checks what a person or program asks to export, and says which field is wrong; everyone who makes an export goes through here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from exports.chosen import Entry, normal
from exports.filters import FilterError
from exports.formats import FORMATS, PASSWORD, Format
from exports.refusals import InvalidRequest, unknown
from exports.registry import Dataset, UnknownDataset, all_datasets, get_dataset

__all__ = ["CheckedRequest", "ExportRequest", "InvalidRequest"]


DEFAULT_FORMAT: Final = "xlsx"
SHAPES: Final[dict[str, Any]] = {
    "dataset": str,
    "format": str,
    "columns": Sequence,
    "filters": Mapping,
    "options": Mapping,
}
PARTS: Final = tuple(SHAPES)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is asked for. Without columns, the dataset's default ones; a column is a name, or an object (exports/chosen.py).

    A password is one of the options.
    """

    dataset: str
    format: str
    columns: Sequence[Entry] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "ExportRequest":
        """Of what `Export.asked()` has, without the language; InvalidRequest where a part is of another shape."""
        found = {name: asked[name] for name in PARTS if name in asked}
        for name, value in found.items():
            if not isinstance(value, SHAPES[name]) or (name == "columns" and isinstance(value, str)):
                raise InvalidRequest(name, _("This has another shape than expected."))
        for name, value in found.get("options", {}).items():
            if not isinstance(value, str):
                raise InvalidRequest(f"options.{str(name)[:50]}", _("Give a text."))
        if not found.get("dataset"):
            raise InvalidRequest("dataset", _("Give a text."))
        return cls(**{"format": DEFAULT_FORMAT, **found})

    def check(self, zone: ZoneInfo) -> "CheckedRequest":
        """Everything resolved; InvalidRequest names the first field that is wrong."""
        dataset = _dataset(self.dataset)
        _check_filters(dataset, self.filters, zone)
        chosen = _format(self.format)
        options = _options(chosen, self.options)
        password = options.pop(PASSWORD.name, "")
        columns = normal(dataset, self.columns, zone)
        return CheckedRequest(dataset, chosen, columns, self.filters, options, password)


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    dataset: Dataset
    format: Format
    columns: tuple[Entry, ...]
    filters: Mapping[str, Any]
    options: Mapping[str, str]
    # Apart from the other options, which are stored and shown.
    password: str = field(default="", repr=False)

    def to_be_kept(self) -> "CheckedRequest":
        """Itself, where it may be stored to be asked again and again; a password may not, and is not dropped silently."""
        if self.password:
            text = _("Passwords are not kept: give one each time you ask for the file.")
            raise InvalidRequest(f"options.{PASSWORD.name}", text)
        return self


def _dataset(name: str) -> Dataset:
    try:
        return get_dataset(name)
    except UnknownDataset as error:
        raise InvalidRequest(
            "dataset", unknown(name, [dataset.name for dataset in all_datasets()])
        ) from error


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise InvalidRequest("format", unknown(name, FORMATS))
    return FORMATS[name]


def _check_filters(dataset: Dataset, filters: Mapping[str, Any], zone: ZoneInfo) -> None:
    for name, raw in filters.items():
        if name not in dataset.filters_by_name:
            raise InvalidRequest(f"filters.{name[:50]}", unknown(name, dataset.filters_by_name))
        try:
            dataset.filters_by_name[name].q(raw, zone)
        except FilterError as error:
            raise InvalidRequest(f"filters.{name}", str(error)) from error


def _options(chosen: Format, options: Mapping[str, str]) -> dict[str, str]:
    known = {option.name: option for option in chosen.options}
    for name, value in options.items():
        if name not in known:
            raise InvalidRequest(f"options.{name[:50]}", unknown(name, known))
        if problem := known[name].problem(value):
            raise InvalidRequest(f"options.{name}", problem)
    has_pack = chosen.is_packed or options.get("compress") == "zip"
    if PASSWORD.name in options and not has_pack:
        raise InvalidRequest(
            f"options.{PASSWORD.name}", _("Only a ZIP can have a password: choose the compression ZIP.")
        )
    return dict(options)
