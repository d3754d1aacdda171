"""Reading and writing a system's objects: what sync, mappings and look-ups speak to."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability, Text
from integrations.records import Json, Record, RecordKind
from tenants.errors import HubError, Unsupported


class Changes(StrEnum):
    """How a system tells what changed since the last time."""

    CURSOR = "cursor"
    """It keeps a sequence, and we a place in it (`Page.resume`)."""
    WATERMARK = "watermark"
    """Objects can be asked for by the time of their last change."""
    NONE = "none"
    """It does not: every run reads everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSupport:
    """What a system can do with one kind of records.

    `lag`: a watermark is never taken nearer to now than that, because their clocks and indexes trail behind.
    `names_deleted`: incremental pages name what was deleted there; elsewhere only a full run notices.
    `batch`: the most that one `write` takes.
    `finds_by_key`: before it creates, `write` looks for what was created under the same `Change.key`, and answers with
    that (it need not where `Change.is_first`); so a creation whose answer was lost is simply tried again. Elsewhere a person decides.
    """

    is_readable: bool = True
    is_writable: bool = False
    is_deletable: bool = False
    changes: Changes = Changes.NONE
    lag: timedelta = timedelta(seconds=60)
    names_deleted: bool = False
    batch: int = 1
    finds_by_key: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One object that could not be read or written, and why; the others of its page are not harmed."""

    outside_id: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records, at most about 500. `next` is where the page after this begins, None behind the last.

    `resume` is where an incremental run of `Changes.CURSOR` begins next time: every page may bring one, the last page
    must, that of a full run included (a full run notes its place before it reads the first page).

    Where pages are counted (by number or offset), what is deleted there meanwhile moves another object over the border
    between two pages, and it is on neither. So that a run notices: `total` is how many objects this reading has in all, as
    the system counts them for this page, exactly what all of its pages together bring as records and faults; None where it
    says nothing, estimates, or counts what no page brings. `has_slipped`: this page, which was asked for with the last row
    of the one before, does not begin with it. Then all is read again, and a run that remains incomplete says so.
    """

    records: tuple[Record, ...] = ()
    next: Json | None = None
    resume: Json | None = None
    deleted: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    total: int | None = None
    has_slipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record to create (`record.outside_id` is empty) or to change there.

    `key` is ours and the same on every repetition: sent along where the system has a place for it. `fields` names the
    fields of the record that changed, empty when all are to be written. `extra` holds values by the system's own names,
    from the tenant's field mapping; they win over the record's. `is_first`: it surely was never sent before, so that nothing
    has to be looked for there.
    """

    record: Record
    key: str
    fields: frozenset[str] = frozenset()
    extra: Json = field(default_factory=dict)
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of one change, by its `key`; `error` is None when it was taken."""

    key: str
    outside_id: str = ""
    updated_at: datetime | None = None
    error: HubError | None = None


class ValueType(StrEnum):
    """How a field's values look."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"
    LIST = "list"
    OBJECT = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """A field of theirs. `name` is what `Record.raw` and `Change.extra` call it; `choices` are pairs of code and title."""

    name: str
    title: str
    type: ValueType = ValueType.TEXT
    choices: tuple[tuple[str, str], ...] = ()
    is_required: bool = False
    is_read_only: bool = False
    is_custom: bool = False


class Records(Capability):
    """A system whose objects can be read, and perhaps written. All calls raise `HubError`."""

    code = "records"
    title = _("Records")

    kinds: ClassVar[Mapping[RecordKind, KindSupport]]

    @classmethod
    def kinds_for(cls, settings: Mapping[str, Any]) -> Mapping[RecordKind, KindSupport]:
        """The kinds that an integration with these settings has: all of them, unless its settings choose.

        A session that narrows them shows the same in its own `kinds`.
        """
        return cls.kinds

    @abstractmethod
    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        """One page. `position` is None at the beginning, then what the page before called `next`.

        An incremental run starts with the `resume` of the last run (`Changes.CURSOR`) or with `changed_since`
        (`Changes.WATERMARK`: changed at or after that time, repeated for every page of the run).
        """

    @abstractmethod
    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        """One object as it is now; None when it is not there (any more)."""

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        """Create or change; one answer for each. Raises only when the same can be said of the whole batch.

        What is raised must be `OutcomeUnknown` where anything of it may have been done: after every other error all of
        it is sent again. An answer with an error and an `outside_id` says that it was created, and not all of it taken.

        For kinds that are writable (`KindSupport`); a system that is only read says so.
        """
        raise Unsupported(_("This system's %(kind)s are only read.") % {"kind": kind.label})

    def delete(self, kind: RecordKind, outside_id: str) -> None:
        """Remove it there; no error when it is gone already. For kinds that are deletable."""
        raise Unsupported(_("Nothing is deleted in this system: %(kind)s.") % {"kind": kind.label})

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        """Their fields as the account has them now; empty where the system has no such list."""
        return ()


_Row = TypeVar("_Row")


def behind(last: str, rows: Sequence[_Row], name: Callable[[_Row], str]) -> tuple[Sequence[_Row], bool]:
    """Of a page that was asked for with the last row of the one before: what follows that row, and `Page.has_slipped`.

    `name` gives a row's id, and `last` is empty for the first page. Where rows were added before it, it comes later: then
    some come a second time, and none is missing.
    """
    if not last:
        return rows, False
    for place, row in enumerate(rows):
        if name(row) == last:
            return rows[place + 1 :], False
    return rows, True


def value_at(raw: Json, name: str) -> Any:
    """The value of a field of theirs: by its whole name, or step by step along its dots; None when there is none."""
    if name in raw:
        return raw[name]
    found: Any = raw
    for step in name.split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, Sequence) and not isinstance(found, str) and step.isdecimal():
            found = found[int(step)] if int(step) < len(found) else None
        else:
            return None
    return found
