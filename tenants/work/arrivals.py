"""What arrives: rows stored and queued for work together, or not at all.

On PostgreSQL this is one statement, which is its own transaction: while the server works, the thread that waits for it
needs the interpreter only once more, instead of after each of five answers, behind the event loop every time.
"""

import uuid
from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from typing import Any

from django.db import connection, transaction

from tenants import bulk
from tenants.work import store
from tenants.work.dialect import dialect
from tenants.work.wake import wake


def arrive(
    table: str,
    columns: bulk.Columns,
    rows: Sequence[Sequence[Any]],
    *,
    lane: str,
    group: str,
    finished: Collection[uuid.UUID] = (),
) -> set[uuid.UUID]:
    """Insert the rows that no unique constraint refuses and queue each of them in the lane; the ids of those that were.

    The columns begin with `id` and `tenant_id`; `group` names the one whose value is the group of the work. Rows whose
    id is in `finished` are stored and need no work.
    """
    if not rows:
        return set()
    if dialect().is_postgres:
        stored = _in_one_statement(table, columns, rows, lane, group, finished)
    else:
        stored = _in_one_transaction(table, columns, rows, lane, group, finished)
    if not stored <= set(finished):
        transaction.on_commit(partial(wake, lane))
    return stored


def _in_one_statement(
    table: str,
    columns: bulk.Columns,
    rows: Sequence[Sequence[Any]],
    lane: str,
    group: str,
    finished: Collection[uuid.UUID],
) -> set[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(table, tuple(columns), group), [bulk.document(columns, rows), lane, list(finished)]
        )
        return {found for (found,) in cursor.fetchall()}


@lru_cache
def _statement(table: str, columns: bulk.Columns, group: str) -> str:
    names = ", ".join(name for name, _kind in columns)
    # Ordered, as everybody who locks several rows of the queue locks them (tenants/work/store.py).
    return (
        f"WITH stored AS (INSERT INTO {table} ({names}) SELECT {names} FROM {bulk.recordset(columns)}"  # noqa: S608 names are our own
        f" ON CONFLICT DO NOTHING RETURNING id, tenant_id, {group}::text AS own),"
        ' queued AS (INSERT INTO tenants_work (subject, tenant_id, "group", due, lane, attempts)'
        " SELECT id, tenant_id, own, statement_timestamp(), %s, 0 FROM stored WHERE id <> ALL (%s::uuid[])"
        " ORDER BY id ON CONFLICT (lane, subject) DO NOTHING)"
        " SELECT id FROM stored"
    )


def _in_one_transaction(
    table: str,
    columns: bulk.Columns,
    rows: Sequence[Sequence[Any]],
    lane: str,
    group: str,
    finished: Collection[uuid.UUID],
) -> set[uuid.UUID]:
    place = [name for name, _kind in columns].index(group)
    with transaction.atomic():
        stored = bulk.insert_new(table, columns, rows)
        open_rows = [row for row in rows if row[0] in stored and row[0] not in finished]
        store.insert(lane, [(row[0], row[1], str(row[place]), None) for row in open_rows])
    return stored
