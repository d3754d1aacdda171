"""Checks what a person or program asks to export, and says which field is wrong; everyone who makes an export goes through here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from exports.filters import FilterError
from exports.formats import FORMATS, Format, Option
from exports.registry import Dataset, UnknownDataset, all_datasets, get_dataset


class InvalidRequest(ValueError):
    """Impossible; `field` is a path such as `filters.started_at`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is asked for. Without columns, the dataset's default ones."""

    dataset: str
    format: str
    columns: Sequence[str] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def check(self, zone: ZoneInfo) -> "CheckedRequest":
        """Everything resolved; InvalidRequest names the first field that is wrong."""
        dataset = _dataset(self.dataset)
        _check_filters(dataset, self.filters, zone)
        chosen = _format(self.format)
        return CheckedRequest(
            dataset, chosen, _columns(dataset, self.columns), self.filters, _options(chosen, self.options)
        )


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    dataset: Dataset
    format: Format
    columns: tuple[str, ...]
    filters: Mapping[str, Any]
    options: Mapping[str, str]


def _dataset(name: str) -> Dataset:
    try:
        return get_dataset(name)
    except UnknownDataset as error:
        raise InvalidRequest(
            "dataset", _unknown(name, [dataset.name for dataset in all_datasets()])
        ) from error


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise InvalidRequest("format", _unknown(name, FORMATS))
    return FORMATS[name]


def _columns(dataset: Dataset, names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in dataset.columns:
            raise InvalidRequest("columns", _unknown(name, dataset.columns))
    if len(set(names)) < len(names):
        raise InvalidRequest("columns", _("A column is named twice."))
    return tuple(names) or dataset.default_columns


def _check_filters(dataset: Dataset, filters: Mapping[str, Any], zone: ZoneInfo) -> None:
    for name, raw in filters.items():
        if name not in dataset.filters_by_name:
            raise InvalidRequest(f"filters.{name[:50]}", _unknown(name, dataset.filters_by_name))
        try:
            dataset.filters_by_name[name].q(raw, zone)
        except FilterError as error:
            raise InvalidRequest(f"filters.{name}", str(error)) from error


def _options(chosen: Format, options: Mapping[str, str]) -> dict[str, str]:
    known = {option.name: option for option in chosen.options}
    for name, value in options.items():
        if name not in known:
            raise InvalidRequest(f"options.{name[:50]}", _unknown(name, known))
        if not known[name].allows(value):
            raise InvalidRequest(f"options.{name}", _not_allowed(known[name], value))
    return dict(options)


def _not_allowed(option: Option, value: str) -> str:
    if option.choices:
        return _unknown(value, [allowed for allowed, _title in option.choices])
    return _("Give a whole number from 1 to %(largest)d.") % {"largest": option.largest}


def _unknown(value: Any, known: Any) -> str:
    return _("“%(value)s” is unknown. Known: %(known)s.") % {
        "value": str(value)[:50],
        "known": ", ".join(known) or "—",
    }
