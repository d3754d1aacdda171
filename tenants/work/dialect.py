"""The few words in which PostgreSQL and SQLite differ for leased work. Nothing else asks which database it runs on."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Dialect:
    """SQL fragments and parameter conversions. Time is the database's where several hosts may share it."""

    is_postgres: bool
    skip_locked: str
    in_order: str
    """In front of a statement that has to walk an index in its order, however much is due."""

    def rows(self, cursor: Any) -> list[tuple[Any, ...]]:
        """What the statement gave after `in_order`."""
        while cursor.description is None and cursor.nextset():
            pass
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def after(self, seconds: float, now: datetime | None) -> tuple[str, list[Any]]:
        """SQL for "that many seconds from now" and its parameters."""
        if now is None and self.is_postgres:
            # Not clock_timestamp(): it is volatile, and the index on `due` would be read to its end.
            return "statement_timestamp() + %s * interval '1 second'", [seconds]
        moment = (now or timezone.now()) + timedelta(seconds=seconds)
        return "%s" + ("::timestamptz" if self.is_postgres else ""), [self.moment(moment)]

    def moment(self, value: datetime) -> Any:
        return connection.ops.adapt_datetimefield_value(value)

    def key(self, value: uuid.UUID) -> Any:
        return value if self.is_postgres else value.hex

    def wait_for_turn(self, name: str) -> None:
        """Until the transaction ends nobody else has that turn. On SQLite beginning a transaction was the waiting."""
        if self.is_postgres:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])

    def cast(self, kind: str) -> str:
        """A placeholder inside VALUES, whose type PostgreSQL cannot guess."""
        return f"%s::{kind}" if self.is_postgres else "%s"


# A hundred thousand rows that became due since the last ANALYZE look like none to the planner: it would collect and sort
# all of them for the first few. (Ways that are switched off only seem dear, and what seems dear would be compiled: no JIT.)
# One message, so that this costs no round trip; it ends with the statement's transaction.
_IN_ORDER = "".join(
    f"SET LOCAL {name} = off; " for name in ("enable_bitmapscan", "enable_seqscan", "enable_sort", "jit")
)
POSTGRES = Dialect(is_postgres=True, skip_locked="FOR UPDATE SKIP LOCKED", in_order=_IN_ORDER)
SQLITE = Dialect(is_postgres=False, skip_locked="", in_order="")


def dialect() -> Dialect:
    return POSTGRES if connection.vendor == "postgresql" else SQLITE
