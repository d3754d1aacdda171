"""The SQL of leased work: put in, lease a batch, extend, settle. One statement each, fenced by the lease."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from tenants.ids import uuid7
from tenants.work import fair
from tenants.work.dialect import Dialect, dialect
from tenants.work.fair import Picked, oldest
from tenants.work.lanes import Lane, Leased, Outcome

Entry = tuple[uuid.UUID, int | None, str, datetime | None]
CHUNK = 1000  # rows in one INSERT; SQLite allows 32,766 parameters in a statement


def insert(lane_name: str, entries: Sequence[Entry], *, again: bool = False) -> None:
    """Put rows into the queue: (subject, tenant id or None, group, due or None for now).

    A subject that is already queued stays as it is; with `again` it becomes due anew and whoever holds it loses the
    lease, so that work whose input changed in the middle is done once more.
    """
    # Each subject once (an upsert may not touch a row twice), and always in the same order (see `_locked`).
    unique = sorted({entry[0]: entry for entry in entries}.values(), key=lambda entry: entry[0])
    for start in range(0, len(unique), CHUNK):
        _insert(lane_name, unique[start : start + CHUNK], again)


def _insert(lane_name: str, entries: Sequence[Entry], again: bool) -> None:
    source, values = _source(entries)
    conflict = "DO UPDATE SET due = EXCLUDED.due, lease = NULL" if again else "DO NOTHING"
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO tenants_work (subject, tenant_id, "group", due, lane, attempts)'  # noqa: S608
            f" SELECT fresh.*, %s, 0 FROM {source} WHERE true ON CONFLICT (lane, subject) {conflict}",
            [lane_name, *values],
        )


def insert_leased(lane: Lane, entries: Sequence[Entry]) -> list[Leased]:
    """Put rows into the queue that are leased from the beginning; those that were not queued before."""
    words, token = dialect(), uuid7()
    unique = sorted({entry[0]: entry for entry in entries}.values(), key=lambda entry: entry[0])
    source, values = _source(unique)
    until, until_values = words.after(lane.lease_seconds, None)
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO tenants_work (subject, tenant_id, "group", due, lane, attempts, lease)'  # noqa: S608
            f" SELECT fresh.subject, fresh.tenant, fresh.own, {until}, %s, 1, {words.cast('uuid')}"
            f" FROM {source} WHERE true ON CONFLICT (lane, subject) DO NOTHING"
            ' RETURNING id, subject, tenant_id, "group", attempts',
            [*until_values, lane.name, words.key(token), *values],
        )
        return _leased(lane, token, cursor.fetchall())


def _source(entries: Sequence[Entry]) -> tuple[str, list[Any]]:
    """A table `fresh` of subject, tenant, group and due."""
    return (_document if dialect().is_postgres else _values)(entries)


def _document(entries: Sequence[Entry]) -> tuple[str, list[Any]]:
    """One JSON text: with many values psycopg computes longer than PostgreSQL does (see tenants/bulk.py)."""
    rows = [
        {"subject": subject, "tenant": tenant, "own": group, "due": due}
        for subject, tenant, group, due in entries
    ]
    given = "json_to_recordset(%s::json) AS given (subject uuid, tenant bigint, own text, due timestamptz)"
    fresh = (
        f"(SELECT subject, tenant, own, coalesce(due, statement_timestamp()) AS due FROM {given}) AS fresh"  # noqa: S608
    )
    return fresh, [orjson.dumps(rows).decode()]


def _values(entries: Sequence[Entry]) -> tuple[str, list[Any]]:
    words, now = dialect(), timezone.now()
    values = [
        value
        for subject, tenant_id, group, due in entries
        for value in (words.key(subject), tenant_id, group, words.moment(due or now))
    ]
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(entries))
    names = "column1 AS subject, column2 AS tenant, column3 AS own, column4 AS due"
    return f"(SELECT {names} FROM (VALUES {rows})) AS fresh", values  # noqa: S608


def lease(
    lane: Lane,
    limit: int,
    in_flight: Mapping[str, int] | None = None,
    now: datetime | None = None,
    skip: Iterable[int] = (),
) -> list[Leased]:
    """Take up to `limit` due rows, oldest first. Groups never exceed the lane's `per_group`, counting `in_flight`.

    However many due rows a group has that may not be taken now, nobody else's are looked for longer because of them:
    where the head of the queue is crowded, groups are looked up first and then the rows of each (`fair`).
    """
    taken = Counter(in_flight or {})
    skipped = list(skip)
    if lane.per_group is None:
        return _take(lane, oldest(lane, limit, now, skipped), now)
    rows: list[Leased] = []
    if not fair.full(lane, taken):
        rows = _take(lane, fair.among_oldest(lane, limit, taken, now, skipped), now)
        taken.update(row.group for row in rows)
        if len(rows) == limit or not fair.full(lane, taken):
            return rows
    groups = fair.crowd(lane, limit, taken, now, skipped)
    if groups is None:
        return rows or _take(lane, fair.among_oldest(lane, limit, taken, now, skipped), now)
    if not groups:
        return rows
    return rows + _take(lane, fair.of_groups(lane, limit - len(rows), groups, taken, now, skipped), now)


def _take(lane: Lane, picked: Picked, now: datetime | None) -> list[Leased]:
    words, token = dialect(), uuid7()
    text, values = picked
    until, until_values = words.after(lane.lease_seconds, now)
    sql = (
        f"{words.in_order}WITH {text} UPDATE tenants_work SET lease = {words.cast('uuid')}, due = {until}, attempts = attempts + 1"  # noqa: S608
        ' WHERE id IN (SELECT id FROM picked) RETURNING id, subject, tenant_id, "group", attempts'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, words.key(token), *until_values])
        found = words.rows(cursor)
    return _leased(lane, token, found)


def _leased(lane: Lane, token: uuid.UUID, found: Iterable[tuple[Any, ...]]) -> list[Leased]:
    is_postgres = dialect().is_postgres
    return [
        Leased(
            id_,
            subject if is_postgres else uuid.UUID(subject),
            tenant_id,
            group,
            attempt,
            token,
            lane.name,
        )
        for id_, subject, tenant_id, group, attempt in sorted(found)
    ]


def extend(rows: Sequence[Leased], seconds: float) -> set[int]:
    """Keep the leases for another period; the ids whose lease still was ours."""
    words = dialect()
    until, until_values = words.after(seconds, None)
    locked, values = _locked(words, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {locked} UPDATE tenants_work SET due = {until} WHERE id IN (SELECT id FROM ours) RETURNING id",  # noqa: S608
            [*values, *until_values],
        )
        return {id_ for (id_,) in cursor.fetchall()}


def settle(lane: Lane, outcomes: Sequence[Outcome], now: datetime | None = None) -> None:
    """Write outcomes: finished rows leave, others become due again, and the lane records what it learned.

    All in one transaction. A row whose lease was lost meanwhile is left alone, and so is its subject.
    """
    unwritten = [outcome for outcome in outcomes if not outcome.is_written]
    if not unwritten:
        return
    with transaction.atomic():
        for round_ in _rounds(unwritten):
            _settle_round(lane, round_, now)


def _rounds(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """The outcomes in groups that name each row once.

    A batch may hold two leases of one row, a lost one and a live one, and the statements answer with rows, not leases.
    """
    rounds: list[dict[int, Outcome]] = []
    for outcome in outcomes:
        free = next((round_ for round_ in rounds if outcome.row.id not in round_), None)
        if free is None:
            rounds.append(free := {})
        free[outcome.row.id] = outcome
    return [list(round_.values()) for round_ in rounds]


def _settle_round(lane: Lane, outcomes: Sequence[Outcome], now: datetime | None) -> None:
    finished = [outcome.row for outcome in outcomes if outcome.verdict == "done"]
    others = [outcome for outcome in outcomes if outcome.verdict != "done"]
    ours = withdraw(finished) | (put_back(others, now) if others else set())
    kept = [outcome for outcome in outcomes if outcome.row.id in ours and outcome.verdict != "release"]
    if kept:
        lane.record(kept)


def withdraw(rows: Sequence[Leased]) -> set[int]:
    """Take leased rows out of the queue without telling the lane; the ids whose lease still was ours."""
    if not rows:
        return set()
    words = dialect()
    locked, values = _locked(words, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {locked} DELETE FROM tenants_work WHERE id IN (SELECT id FROM ours) RETURNING id",  # noqa: S608
            values,
        )
        return {id_ for (id_,) in cursor.fetchall()}


def put_back(outcomes: Sequence[Outcome], now: datetime | None = None) -> set[int]:
    """Make rows due again without telling the lane; the ids whose lease still was ours."""
    words = dialect()
    rows: list[str] = []
    fresh: list[Any] = []
    for outcome in outcomes:
        due, due_values = words.after(outcome.delay, now)
        rows.append(f"({words.cast('bigint')}, {due}, {words.cast('int')})")
        fresh += [outcome.row.id, *due_values, 0 if outcome.counted else 1]
    locked, values = _locked(words, [outcome.row for outcome in outcomes])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {locked} UPDATE tenants_work"  # noqa: S608
            " SET lease = NULL, due = fresh.column2, attempts = attempts - fresh.column3"
            f" FROM (VALUES {', '.join(rows)}) AS fresh"
            " WHERE tenants_work.id = fresh.column1 AND tenants_work.id IN (SELECT id FROM ours) RETURNING tenants_work.id",
            [*values, *fresh],
        )
        return {id_ for (id_,) in cursor.fetchall()}


def _locked(words: Dialect, rows: Sequence[Leased]) -> tuple[str, list[Any]]:
    """A CTE `ours` of those rows whose lease still is ours, locked in the order in which `insert` locks: by subject.

    Two transactions that lock the same rows in different orders would end in a deadlock, and the one that PostgreSQL
    kills for it might be an arriving event's.
    """
    if words.is_postgres:
        # Two texts that PostgreSQL reads in C: a list of 256 pairs took longer to parse than the rows to find.
        return (
            "ours AS (SELECT id FROM tenants_work JOIN unnest(%s::bigint[], %s::uuid[]) AS held (id, lease)"
            " USING (id, lease) ORDER BY subject FOR UPDATE OF tenants_work)",
            [_array(row.id for row in rows), _array(row.lease for row in rows)],
        )
    values = [value for row in rows for value in (row.id, words.key(row.lease))]
    pairs = ", ".join(["(%s, %s)"] * len(rows))
    return f"ours AS (SELECT id FROM tenants_work WHERE (id, lease) IN (VALUES {pairs}))", values  # noqa: S608


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def cancel(lane_name: str, subjects: Sequence[uuid.UUID]) -> int:
    """Take unfinished rows out of the queue; how many there were. Whoever holds one can no longer settle it."""
    from tenants.models import Work

    return Work.objects.filter(lane=lane_name, subject__in=subjects).delete()[0]


def has_due(lane_name: str) -> bool:
    words = dialect()
    due, values = words.after(0, None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM tenants_work WHERE lane = %s AND due <= {due} LIMIT 1",  # noqa: S608
            [lane_name, *values],
        )
        return cursor.fetchone() is not None
