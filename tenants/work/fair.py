"""Which due rows a lease takes, so that no group is slower because another has a hundred thousand of them.

Mostly the oldest due rows are looked at, as many as a few batches hold, and each group's share is taken of them. When there
are more, and a group has had its share, they may all be that group's. Then the index (lane, group, due) is asked: one probe for
each group tells whether it has something due, and only rows that are taken are read.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from tenants.work.dialect import Dialect, dialect
from tenants.work.lanes import Lane

Picked = tuple[str, list[Any]]
"""The text of a CTE `picked` with the ids of rows to be leased, perhaps after others that it uses, and its parameters."""
# How far down the due rows one lease looks, in batches.
LOOKAHEAD = 4


def full(lane: Lane, taken: Mapping[str, int]) -> list[str]:
    """Groups that have had their share."""
    return [group for group, count in taken.items() if count >= _share(lane)]


def oldest(lane: Lane, limit: int, now: datetime | None, skip: list[int]) -> Picked:
    """The oldest due rows, whatever their group."""
    words = dialect()
    where, values = _due(words, lane, now, skip)
    return (
        f"picked AS (SELECT id FROM tenants_work WHERE {where} ORDER BY due, id LIMIT %s {words.skip_locked})",  # noqa: S608
        [*values, limit],
    )


def among_oldest(
    lane: Lane, limit: int, taken: Mapping[str, int], now: datetime | None, skip: list[int]
) -> Picked:
    """The oldest of what groups may still have, among as many due rows as a few batches hold."""
    words = dialect()
    where, values = _due(words, lane, now, skip)
    due, due_values = words.after(0, now)
    room, room_values = _room(lane, taken)
    return (
        f"""candidates AS (
            SELECT id, "group", due FROM tenants_work WHERE {where} ORDER BY due, id LIMIT %s
        ), ranked AS (
            SELECT id, "group", due, row_number() OVER (PARTITION BY "group" ORDER BY due, id) AS place FROM candidates
        ), picked AS (
            SELECT id FROM tenants_work WHERE id IN (
                SELECT id FROM ranked WHERE place <= {room} ORDER BY due, id LIMIT %s
            ) AND due <= {due} {words.skip_locked}
        )""",  # noqa: S608
        [*values, limit * LOOKAHEAD, *room_values, limit, *due_values],
    )


def crowd(
    lane: Lane, limit: int, taken: Mapping[str, int], now: datetime | None, skip: list[int]
) -> list[str] | None:
    """Groups that have room and something due, the longest waiting first; None unless the queue's head is crowded."""
    words = dialect()
    where, values = _due(words, lane, now, skip)
    due, due_values = words.after(0, now)
    but, but_values = _without(full(lane, taken))
    # The first row from a group on is the group's oldest. In this order no other index can seem to serve it.
    first = 'FROM tenants_work WHERE lane = %s AND {} ORDER BY "group", due LIMIT 1'
    is_crowded = f"(SELECT count(*) FROM (SELECT 1 FROM tenants_work WHERE {where} ORDER BY due LIMIT %s) AS head) = %s"  # noqa: S608
    # The walk's first step is there, be it empty, when and only when the head is crowded: it comes as a row of its own.
    sql = f"""{words.in_order}
        WITH RECURSIVE walk (own) AS (
            SELECT (SELECT "group" {first.format("true")}) WHERE {is_crowded}
            UNION ALL
            SELECT (SELECT "group" {first.format('"group" > walk.own')}) FROM walk WHERE walk.own IS NOT NULL
        ), waiting AS (
            SELECT own, (SELECT due {first.format('"group" >= walk.own')}) AS since FROM walk WHERE own IS NOT NULL {but}
        ), found AS (
            SELECT own, since FROM waiting WHERE since <= {due} ORDER BY since LIMIT %s
        )
        SELECT own, since FROM found UNION ALL SELECT NULL, NULL FROM (SELECT 1 FROM walk LIMIT 1) AS crowded"""  # noqa: S608
    look = limit * LOOKAHEAD
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [lane.name, *values, look, look, lane.name, lane.name, *but_values, *due_values, limit],
        )
        rows = words.rows(cursor)
    groups = sorted((since, group) for group, since in rows if group is not None)
    return [group for _since, group in groups] if rows else None


def of_groups(
    lane: Lane,
    limit: int,
    groups: list[str],
    taken: Mapping[str, int],
    now: datetime | None,
    skip: list[int],
) -> Picked:
    """The oldest due rows of these groups, each up to its room."""
    words = dialect()
    due, due_values = words.after(0, now)
    rooms = [min(_share(lane) - taken.get(group, 0), limit) for group in groups]
    rows, values = _rows_of_groups(words, lane, list(zip(groups, rooms, strict=True)), now, skip)
    return (
        f"""picked AS (
            SELECT id FROM tenants_work WHERE id IN (SELECT id FROM ({rows}) AS found ORDER BY due, id LIMIT %s)
            AND due <= {due} {words.skip_locked}
        )""",  # noqa: S608
        [*values, limit, *due_values],
    )


def _rows_of_groups(
    words: Dialect, lane: Lane, rooms: list[tuple[str, int]], now: datetime | None, skip: list[int]
) -> tuple[str, list[Any]]:
    """Of each group its oldest due rows. SQLite knows no LATERAL, and loses no time over many branches."""
    due, due_values = words.after(0, now)
    but = f"AND id NOT IN ({_marks(skip)})" if skip else ""
    if words.is_postgres:
        return (
            "SELECT some_rows.id, some_rows.due FROM unnest(%s::text[], %s::int[]) AS wanted (own, room),"  # noqa: S608
            " LATERAL (SELECT id, due FROM tenants_work WHERE lane = %s"
            f' AND "group" = wanted.own AND due <= {due} {but} ORDER BY due, id LIMIT wanted.room) AS some_rows',
            [
                [group for group, _room in rooms],
                [room for _group, room in rooms],
                *(lane.name, *due_values, *skip),
            ],
        )
    branch = (
        f'SELECT * FROM (SELECT id, due FROM tenants_work WHERE lane = %s AND "group" = %s AND due <= {due} {but}'  # noqa: S608
        " ORDER BY due, id LIMIT %s)"
    )
    return (
        " UNION ALL ".join([branch] * len(rooms)),
        [value for group, room in rooms for value in (lane.name, group, *due_values, *skip, room)],
    )


def _due(words: Dialect, lane: Lane, now: datetime | None, skip: list[int]) -> tuple[str, list[Any]]:
    due, values = words.after(0, now)
    where = f"lane = %s AND due <= {due}"
    if skip:
        where += f" AND id NOT IN ({_marks(skip)})"
    return where, [lane.name, *values, *skip]


def _room(lane: Lane, taken: Mapping[str, int]) -> tuple[str, list[Any]]:
    """SQL for how many more rows of a group may be taken."""
    known = {group: _share(lane) - count for group, count in taken.items() if count}
    if not known:
        return "%s", [_share(lane)]
    whens = " ".join(["WHEN %s THEN %s"] * len(known))
    return f'CASE "group" {whens} ELSE %s END', [
        *(value for pair in known.items() for value in pair),
        _share(lane),
    ]


def _without(groups: list[str]) -> tuple[str, list[Any]]:
    return (f"AND own NOT IN ({_marks(groups)})", list(groups)) if groups else ("", [])


def _marks(values: Iterable[object]) -> str:
    return ", ".join(["%s"] * len(list(values)))


def _share(lane: Lane) -> int:
    assert lane.per_group is not None, "a lane without groups has no shares"
    return lane.per_group
