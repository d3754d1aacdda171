"""What every reader of call records gives: rows in portions, and how far it is after each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

PORTION: Final = 500
# Rows are written when a call ends and carry the time when it began; some arrive late.
OVERLAP: Final = timedelta(minutes=15)
LONGEST_CALL: Final = timedelta(hours=12)

Form = Literal["cdr", "cel"]


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows by their columns' names as the exchange has them, and where to go on after them."""

    form: Form
    rows: list[Mapping[str, Any]]
    cursor: dict[str, Any]


class Reader(Protocol):
    def portions(
        self, cursor: Mapping[str, Any], since: datetime | None, first: datetime
    ) -> Iterator[Portion]:
        """Everything that ended after `since`; None: from where the cursor is, or after `first` where it is new.

        Raises RecordsUnavailable.
        """
        ...
