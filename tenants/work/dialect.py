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

    def cast(self, kind: str) -> str:
        """A placeholder inside VALUES, whose type PostgreSQL cannot guess."""
        return f"%s::{kind}" if self.is_postgres else "%s"


POSTGRES = Dialect(is_postgres=True, skip_locked="FOR UPDATE SKIP LOCKED")
SQLITE = Dialect(is_postgres=False, skip_locked="")


def dialect() -> Dialect:
    return POSTGRES if connection.vendor == "postgresql" else SQLITE
