"""A table in memory: fresh rows work at once, and strangers do not keep the database busy."""

import asyncio
import threading
from collections.abc import Mapping

import pytest

from config.front import live_table
from config.front.live_table import MOST_WAITING, LiveTable

pytestmark = pytest.mark.django_db  # it closes the connection of its thread


class Table(LiveTable[str]):
    name = "doors"

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, str] = {}
        self.readings = 0

    def version(self) -> object:
        self.readings += 1
        return len(self.rows)

    def load(self) -> Mapping[str, str]:
        return dict(self.rows)


class SlowTable(Table):
    """What is made while it reads is not seen by that reading."""

    def __init__(self) -> None:
        super().__init__()
        self.has_seen, self.may_end = threading.Event(), threading.Event()

    def load(self) -> Mapping[str, str]:
        seen = dict(self.rows)
        self.has_seen.set()
        assert self.may_end.wait(60)
        return seen


def test_a_fresh_row_works_with_its_first_request_however_lately_the_table_was_read() -> None:
    table = Table()

    async def whole() -> list[str | None]:
        nobody = await table.lookup("fresh")
        table.rows["fresh"] = "door"
        return [nobody, await table.lookup("fresh"), await table.lookup("fresh")]

    assert asyncio.run(whole()) == [None, "door", "door"]
    assert table.readings == 2


def test_a_reading_that_began_before_the_row_was_there_does_not_decide() -> None:
    table = SlowTable()

    async def whole() -> str | None:
        first = asyncio.ensure_future(table.lookup("nobody"))
        assert await asyncio.to_thread(table.has_seen.wait, 10)
        table.rows["fresh"] = "door"
        second = asyncio.ensure_future(table.lookup("fresh"))
        await asyncio.sleep(0)  # it asks while the first reading goes on
        table.may_end.set()
        await first
        return await second

    assert asyncio.run(whole()) == "door"


def test_a_crowd_of_strangers_shares_a_reading_and_most_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_table, "UNKNOWN_REFRESH_SECONDS", 5.0)
    table = Table()

    async def whole() -> tuple[int, int]:
        await table.lookup("nobody")
        crowd = [asyncio.ensure_future(table.lookup(f"nobody {number}")) for number in range(500)]
        refused, waiting = await asyncio.wait(crowd, timeout=1.0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return len(refused), len(waiting)

    assert asyncio.run(whole()) == (500 - MOST_WAITING, MOST_WAITING)
    assert table.readings == 1
    assert table._waiting == 0


def test_those_who_wait_share_the_next_reading() -> None:
    table = Table()

    async def whole() -> set[str | None]:
        await table.lookup("nobody")
        return set(
            await asyncio.gather(*(table.lookup(f"nobody {number}") for number in range(MOST_WAITING)))
        )

    assert asyncio.run(whole()) == {None}
    assert table.readings == 2
