"""Up to which moment the log is complete: whoever reads it by place must not step over what is still being written.

Ids are made by the clock and become visible with their transaction's commit, so a younger id can be seen before an
older one. What was begun before the horizon is committed, or never will be.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from tenants.work.dialect import dialect

# Clocks of several hosts differ, and an id is made a moment before its row is written.
MARGIN: Final = timedelta(seconds=2)
_OLDEST_WRITER: Final = (
    "SELECT least(statement_timestamp(), min(xact_start)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
)


def horizon() -> datetime:
    """Of the sessions of our own database user: those of others are not shown to us, and do not write here."""
    if dialect().is_postgres:
        with connection.cursor() as cursor:
            cursor.execute(_OLDEST_WRITER)
            oldest: datetime = cursor.fetchone()[0]
            return oldest - MARGIN
    moment = timezone.now()
    # There is one writer at a time: once it is our turn, everybody before us is through.
    with transaction.atomic():
        return moment - MARGIN
