"""Actions for workers: connections that are kept open between them, shared by all threads of a process.

    with acting.connection(pbx_id) as ami:
        ami.act("Redirect", [("Channel", channel), …])

An action is sent at most once. A connection that turns out to be dead before anything was sent is replaced; one that dies
afterwards raises, because nobody knows whether the exchange got the action: whoever wants it again must look first.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from telephony.ami.connection import AmiConnection, AmiRefused
from telephony.models.ami import AmiAccess
from tenants.errors import ConfigError

MOST: Final = 4
"""Connections to one exchange from one process; whoever comes fifth waits for one of them."""
WAIT_SECONDS: Final = 5.0
UNTRIED_SECONDS: Final = 1.0
"""After that much idleness a connection has to answer a Ping before it is trusted with an action."""
PROBE_SECONDS: Final = 1.0
HELD_OFF_SECONDS: Final = 30.0
"""After a refused login. Exchanges shut out whoever tries a wrong password again and again."""


class NoAccess(ConfigError):
    """The exchange has no manager interface that we may use."""

    code = "no_ami"

    def __init__(self) -> None:
        super().__init__(_("This exchange has no enabled manager interface."))


@dataclass(slots=True)
class _Pool:
    """The connections with one account as it stands now; a changed account gets a pool of its own."""

    version: datetime
    room: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MOST))
    idle: list[tuple[AmiConnection, float]] = field(default_factory=list)
    refused: AmiRefused | None = None
    refused_until: float = 0.0


_pools: dict[UUID, _Pool] = {}
_lock: Final = threading.Lock()


@contextmanager
def connection(pbx_id: UUID) -> Iterator[AmiConnection]:
    """A connection of one's own until the end of the block, without events. The exchange is looked up in the active scope.

    Raises NoAccess, EgressDenied, AmiRefused (wrong password, or what `act` raises), OSError (TimeoutError when all are
    busy). Keep no transaction open around it.
    """
    access = AmiAccess.objects.filter(pbx_id=pbx_id, is_enabled=True, pbx__is_enabled=True)
    found = access.select_related("tenant").first()
    if found is None:
        raise NoAccess
    pool = _pool(found)
    if not pool.room.acquire(timeout=WAIT_SECONDS):
        raise TimeoutError("all connections to the exchange are busy")
    try:
        ami = _idle(pool) or _opened(pool, found)
        try:
            yield ami
        except AmiRefused:
            _keep(pool, found.pk, ami)  # it answered: the connection is as good as before
            raise
        except BaseException:
            ami.close()  # an answer may still come, and would be taken for another's
            raise
        _keep(pool, found.pk, ami)
    finally:
        pool.room.release()


def close_all() -> None:
    """Forget every idle connection, for the end of a process and for tests."""
    with _lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        _close(pool)


def _pool(access: AmiAccess) -> _Pool:
    former = None
    with _lock:
        pool = _pools.get(access.pk)
        if pool is None or pool.version != access.updated_at:
            former, pool = pool, _Pool(access.updated_at)
            _pools[access.pk] = pool
    if former is not None:
        _close(former)
    return pool


def _idle(pool: _Pool) -> AmiConnection | None:
    """The connection that was used last, if it still lives."""
    while True:
        with _lock:
            if not pool.idle:
                return None
            ami, since = pool.idle.pop()
        if _is_alive(ami, time.monotonic() - since):
            return ami
        ami.close()


def _is_alive(ami: AmiConnection, idle_seconds: float) -> bool:
    try:
        ami.forget_events()
        if idle_seconds > UNTRIED_SECONDS:
            ami.act("Ping", seconds=PROBE_SECONDS)
    except (OSError, AmiRefused):
        return False
    return True


def _opened(pool: _Pool, access: AmiAccess) -> AmiConnection:
    if pool.refused is not None and time.monotonic() < pool.refused_until:
        raise AmiRefused(pool.refused.action, pool.refused.message)
    try:
        ami = AmiConnection.open(access, egress_allow=access.tenant.egress_allow)
    except AmiRefused as refused:
        pool.refused, pool.refused_until = refused, time.monotonic() + HELD_OFF_SECONDS
        raise
    pool.refused = None
    return ami


def _keep(pool: _Pool, access_id: UUID, ami: AmiConnection) -> None:
    with _lock:
        is_current = _pools.get(access_id) is pool
        if is_current:
            pool.idle.append((ami, time.monotonic()))
    if not is_current:
        ami.close()


def _close(pool: _Pool) -> None:
    with _lock:
        idle, pool.idle = pool.idle, []
    for ami, _since in idle:
        ami.close()
