"""How rows of a file become rows of one dataset: declared by the room that owns them, in its `datasets.py` or beside it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from exports.registry import Dataset, get_dataset
from tenants.access import ADMINISTRATORS
from tenants.models import Tenant

Values = Mapping[str, Any]
"""Column of the dataset -> what it holds, as JSON has it: decimals as text, lists as lists."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one row says: only the columns that the file has; None where a cell is empty."""

    number: int
    values: Values


@dataclass(frozen=True, slots=True)
class Found:
    """What a row means. `key` names the same thing for every row that means it, and is empty where nothing does.

    `current` are the values of the row that is there, None where none is. `removes`: the row says that it is to go.
    `problems` by column, "" for the row.
    """

    key: str = ""
    id: UUID | None = None
    current: Values | None = None
    removes: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """One row that is to be written: its id, and the values by column; for one that is there, those that differ."""

    id: UUID
    values: Values


class Importer(ABC):
    """One dataset. Every method costs a constant number of statements, however many rows it is given."""

    dataset: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    """Columns of the dataset that a file may set, or finds its rows by."""
    needed: ClassVar[tuple[str, ...]] = ()
    """Columns without which a file says nothing; of the last part, any."""
    any_of: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[frozenset[str]] = ADMINISTRATORS
    scopes: ClassVar[tuple[str, ...]] = ()
    """What an API key needs beside the scope for imports."""
    at_once: ClassVar[int] = 200
    hint: ClassVar[Any] = ""
    """What a person has to know of such a file beside its columns."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    @abstractmethod
    def find(self, rows: Sequence[Given]) -> list[Found]:
        """For each row what it means, in the same order."""

    @abstractmethod
    def clean(self, values: Values, current: Values | None) -> dict[str, Any]:
        """As they are kept; ValidationError keyed by the column. No statements."""

    @abstractmethod
    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        """The rows as they are, held until the transaction ends: what is gone is not among them."""

    @abstractmethod
    def create(self, rows: Sequence[Write]) -> None:
        """Add them, by the rules by which people add them: audited, told."""

    @abstractmethod
    def change(self, rows: Sequence[Write]) -> None:
        """Change the named columns of rows that `read` gave in this transaction."""

    @abstractmethod
    def remove(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Take away what an import added, or what a row says is to go; why not, for those that stay."""

    def blank(self) -> Values:
        """What a row that was just added has in columns that its file did not fill; without a word here, nothing."""
        return {}

    def title(self, values: Values, current: Values | None) -> str:
        """What a person calls that row: the first of the columns that has something."""
        for source in (values, current or {}):
            for name in self.columns:
                if name != "id" and (value := source.get(name)):
                    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return ""


_importers: dict[str, type[Importer]] = {}


def register_importer(importer: type[Importer]) -> type[Importer]:
    """Make a dataset one that can be imported; a column that it lacks stops the start."""
    dataset = get_dataset(importer.dataset)
    unknown = set(importer.columns) - set(dataset.columns)
    if unknown or dataset.name in _importers:
        raise TypeError(f"the importer of {dataset.name!r} is wrong: {sorted(unknown) or 'registered twice'}")
    _importers[dataset.name] = importer
    return importer


def unregister_importer(name: str) -> None:
    """For tests that declare their own."""
    del _importers[name]


class NotImportable(LookupError):
    """No room takes files of that dataset."""


def importer_of(name: str) -> type[Importer]:
    try:
        return _importers[name]
    except KeyError as error:
        raise NotImportable(name) from error


def importable() -> list[Dataset]:
    return [get_dataset(name) for name in sorted(_importers)]
