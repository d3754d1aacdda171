"""What is changed of an exchange holds for its next event, whoever changed it; nobody waits for the regular look."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from config.front import live_table
from telephony.actions.rotate_token import rotate_token
from telephony.ingest.tokens import TokenTable, _following
from telephony.models import Pbx
from telephony.models.pbx import token_digest
from telephony.tests.factories import make_pbx
from tenants.changes import follower
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "exchange-token-one"


@pytest.fixture(autouse=True)
def _hearing(monkeypatch: Any) -> Iterator[None]:
    """Nothing but the word of a change has the table read again."""
    monkeypatch.setattr(live_table, "REFRESH_SECONDS", 600.0)
    follower.begin()
    deadline = time.monotonic() + 60
    while not follower.is_hearing:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    with all_tenants():
        yield
    follower.end()


def changed(pbx: Pbx, change: Callable[[], object], is_seen: Callable[[TokenTable], bool]) -> bool:
    """Whether a table that has read the exchange's token sees the change within some seconds."""

    async def whole() -> bool:
        table = TokenTable()
        table.start_following()
        try:
            assert await table.find(TOKEN) is not None
            await asyncio.to_thread(made)
            for _try in range(500):
                if is_seen(table):
                    return True
                await asyncio.sleep(0.02)
            return False
        finally:
            table.stop_following()

    def made() -> None:
        with all_tenants():
            change()
        connection.close()

    return asyncio.run(whole())


def knows(table: TokenTable, token: str = TOKEN) -> bool:
    return token_digest(token) in table._table


def test_an_exchange_that_is_switched_off_is_refused_at_once() -> None:
    pbx = make_pbx(make_tenant(), TOKEN)

    def switch_off() -> None:
        pbx.is_enabled = False
        pbx.save()

    assert changed(pbx, switch_off, lambda table: not knows(table))


def test_one_that_is_gone_and_one_of_a_company_that_is() -> None:
    first = make_pbx(make_tenant(), TOKEN)
    assert changed(first, first.delete, lambda table: not knows(table))
    second = make_pbx(make_tenant(), TOKEN)
    tenant = second.tenant

    def suspend() -> None:
        tenant.is_active = False
        tenant.save()

    assert changed(second, suspend, lambda table: not knows(table))


def test_a_new_token_is_known_before_its_first_event() -> None:
    pbx = make_pbx(make_tenant(), TOKEN)
    new: list[str] = []

    assert changed(
        pbx, lambda: new.append(rotate_token(pbx)), lambda table: bool(new) and knows(table, new[0])
    )


def test_a_table_that_has_stopped_hears_nothing_and_is_let_go() -> None:
    changed(make_pbx(make_tenant(), TOKEN), lambda: None, lambda table: True)
    table = TokenTable()

    table.changed()

    assert not _following
