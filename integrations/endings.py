"""When each kind of work with a system went well last, and when it failed: a registry that upper rooms fill.

A room reads its newest rows only: what ended longer ago than those tells nothing of today.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Text
from integrations.models import Exchange, Integration, Way

NEWEST: Final = 2000
NEWEST_FAILED: Final = 500


@dataclass(frozen=True, slots=True)
class Ended:
    """One success or failure: when, in words what went wrong, and where to read more."""

    at: datetime
    url: str
    text: Text = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last of each of one kind of work."""

    title: Text
    succeeded: Ended | None = None
    failed: Ended | None = None

    @property
    def is_failing(self) -> bool:
        """Whether it failed last."""
        return self.failed is not None and (self.succeeded is None or self.succeeded.at < self.failed.at)


@dataclass(frozen=True, slots=True)
class Endings:
    """Those of one room."""

    title: Text
    rows: tuple[Ending, ...]


Reader = Callable[[Integration], Endings]
_readers: list[Reader] = []


def register_endings(reader: Reader) -> None:
    """Called in the company's scope."""
    if reader not in _readers:
        _readers.append(reader)


def endings_of(integration: Integration) -> list[Endings]:
    """Of every room that has any, what concerns people most first."""
    found = [reader(integration) for reader in reversed(_readers)]
    return [one for one in found if one.rows]


def latest(found: Iterable[tuple[Text, bool, Ended]]) -> tuple[Ending, ...]:
    """The newest success and failure of each title, failing ones first; `found` is (title, went well, what)."""
    rows: dict[str, Ending] = {}
    for title, is_success, ended in found:
        row = rows.get(str(title), Ending(title))
        former = row.succeeded if is_success else row.failed
        if former is None or former.at < ended.at:
            row = replace(row, succeeded=ended) if is_success else replace(row, failed=ended)
        rows[str(title)] = row
    return tuple(sorted(rows.values(), key=lambda one: (not one.is_failing, str(one.title))))


WAYS: Final[dict[str, Promise]] = {
    Way.OUT: _("We asked: %(operation)s"),
    Way.IN: _("They asked: %(operation)s"),
}


def of_exchanges(integration: Integration) -> Endings:
    """Two queries, each bounded."""
    columns = ("id", "way", "operation", "error", "error_text", "started_at", "status")
    rows = Exchange.objects.filter(integration=integration)
    newest = list(rows.order_by("-id").values_list(*columns)[:NEWEST])
    failed = list(rows.exclude(error="").order_by("-id").values_list(*columns)[:NEWEST_FAILED])
    return Endings(
        _("Requests"),
        latest(_exchange(*row) for row in [*newest, *failed] if row[6] is not None or row[3]),
    )


def _exchange(
    pk: object, way: str, operation: str, error: str, text: str, at: datetime, status: int | None
) -> tuple[Text, bool, Ended]:
    title = str(WAYS[way]) % {"operation": operation}
    address = reverse("admin:integrations_exchange_change", args=[pk])
    return title, not error, Ended(at, address, text or (f"HTTP {status}" if error else ""))


register_endings(of_exchanges)

__all__: Sequence[str] = ("Ended", "Ending", "Endings", "endings_of", "latest", "register_endings")
