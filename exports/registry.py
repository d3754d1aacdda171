"""The datasets that can be exported, filled at start by the `datasets.py` of the rooms above."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Model
from django.utils.functional import Promise

from exports.columns import DatasetColumn, find_field
from exports.filters import Filter, IdsFilter, SearchFilter
from exports.resources import DatasetResource
from tenants.access import MANAGERS


@dataclass(frozen=True)
class Dataset:
    """A declaration. `order` must end in a unique field; `search` names the fields of the filter `search`."""

    name: str
    title: str | Promise
    resource: type[DatasetResource]
    filters: tuple[Filter, ...] = ()
    search: tuple[str, ...] = ()
    order: tuple[str, ...] = ("-pk",)
    # Who may export it, and the scope that an API key needs beside the one for exports.
    roles: frozenset[str] = MANAGERS
    scope: str = ""

    @property
    def model(self) -> type[Model]:
        return self.resource.model()

    @cached_property
    def columns(self) -> Mapping[str, DatasetColumn]:
        return {column.name: column for column in self.resource.columns()}

    @cached_property
    def filters_by_name(self) -> Mapping[str, Filter]:
        """The declared filters and those that every dataset has."""
        own = (*self.filters, *([SearchFilter(self.search)] if self.search else []), IdsFilter())
        return {item.name: item.bind(self.model) for item in own}

    @property
    def default_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns.values() if column.is_default)

    def check(self) -> None:
        """Fail at start rather than when somebody presses a button: unknown paths, names used twice, nothing to export."""
        if not self.default_columns:
            raise TypeError(f"the dataset {self.name!r} has no column")
        if len(self.filters_by_name) != len(self.filters) + bool(self.search) + 1:
            raise TypeError(f"the dataset {self.name!r} has two filters of one name")
        for path in self.order:
            find_field(self.model, path.removeprefix("-"))


class UnknownDataset(LookupError):
    """No room has declared a dataset of that name."""


_datasets: dict[str, Dataset] = {}


def register_dataset(dataset: Dataset) -> Dataset:
    """Make a dataset known; called while apps get ready, so a wrong declaration stops the start."""
    if dataset.name in _datasets:
        raise TypeError(f"the dataset {dataset.name!r} is registered twice")
    dataset.check()
    _datasets[dataset.name] = dataset
    return dataset


def unregister_dataset(name: str) -> None:
    """For tests that declare their own."""
    del _datasets[name]


def get_dataset(name: str) -> Dataset:
    try:
        return _datasets[name]
    except KeyError as error:
        raise UnknownDataset(name) from error


def all_datasets() -> Iterable[Dataset]:
    return sorted(_datasets.values(), key=lambda dataset: dataset.name)
