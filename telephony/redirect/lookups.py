"""Asks the CRMs whose client calls: side by side, in few threads, each answer remembered for a while.

A question is given more time than the caller's patience lasts: what comes too late for this call is there for the next
one, and a slow answer is no failure of the connection.
"""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db import Error, close_old_connections

from integrations.actions.write_journals import write_journals
from integrations.capabilities import CallerLookup
from integrations.capabilities.callers import Caller
from integrations.http.journal import Journal
from integrations.live import Live, with_capability
from integrations.sessions import open_session
from telephony.redirect.words import Reason
from tenants.counters import CACHE_ERRORS
from tenants.errors import HubError
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)

THREADS: Final = 16
PER_INTEGRATION: Final = 6
"""Questions under way at one system: one that hangs must not take the threads of the others."""
ALLOWANCE: Final = 3.0
STATUS_KEPT: Final = 60.0
"""Seconds for which a manager's status is believed; whose client it is changes less often."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system said at that time (seconds since the epoch). `trouble` is set where it could not say anything."""

    caller: Caller | None = None
    at: float = 0.0
    trouble: Reason | None = None
    is_remembered: bool = False

    @property
    def status(self) -> bool | None:
        """Whether the manager is there, as far as that is still known."""
        is_fresh = time.time() - self.at <= STATUS_KEPT
        return self.caller.is_available if self.caller and is_fresh else None


@dataclass(frozen=True, slots=True)
class Question:
    """One system that was asked; its answer, or what will bring it."""

    integration: Live
    answer: Future[Answer]


_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()
_flying: dict[tuple[UUID, str], Future[Answer]] = {}


def ask_all(tenant_id: int, number: str, remembers: float) -> list[Question]:
    """Ask each enabled system that can be asked; returns at once."""
    return [
        Question(one, _remembered(one, number) or _ask(one, number, remembers))
        for one in with_capability(tenant_id, CallerLookup)
    ]


def under_way() -> int:
    """How many questions wait for their answer."""
    return len(_flying)


def close() -> None:
    """End the threads after what they are doing."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=True)


def _remembered(integration: Live, number: str) -> Future[Answer] | None:
    try:
        found = cache.get(_key(integration, number))
    except CACHE_ERRORS:
        return None
    return None if found is None else _known(Answer(found[0], found[1], is_remembered=True))


def _ask(integration: Live, number: str, remembers: float) -> Future[Answer]:
    """Those who ask the same at the same time share one question."""
    name = integration.id, number
    with _lock:
        flying = _flying.get(name)
        if flying is not None:
            return flying
        if sum(key[0] == integration.id for key in _flying) >= PER_INTEGRATION or len(_flying) >= THREADS:
            return _known(Answer(trouble=Reason.CROWDED))
        flight = _flying[name] = Future[Answer]()
        _threads().submit(_look, integration, number, remembers, flight)
    return flight


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="redirect-crm")
    return _pool


def _known(answer: Answer) -> Future[Answer]:
    done = Future[Answer]()
    done.set_result(answer)
    return done


def _look(integration: Live, number: str, remembers: float, flight: Future[Answer]) -> None:
    """In a thread: the answer first, then what was noted on the way."""
    journal, answer = Journal(), Answer(trouble=Reason.TROUBLE)
    close_old_connections()
    try:
        with all_tenants():
            answer = _answered(integration, number, journal)
            _remember(integration, number, answer, remembers)
    except Exception:
        # The border of the thread: whoever waits must be told, whatever a connector does.
        logger.exception("%s could not be asked whose client calls", integration.name)
    finally:
        with _lock:
            _flying.pop((integration.id, number), None)
        flight.set_result(answer)
        _write(journal)
        close_old_connections()


def _answered(integration: Live, number: str, journal: Journal) -> Answer:
    try:
        with open_session(integration.id, seconds=ALLOWANCE, journal=journal) as session:
            return Answer(session.require(CallerLookup).find_caller(number), time.time())
    except HubError:  # what went wrong is among the exchanges, and in the integration's health
        return Answer(trouble=Reason.TROUBLE)


def _remember(integration: Live, number: str, answer: Answer, seconds: float) -> None:
    """That nobody knows the number is worth remembering, too; trouble is not."""
    if seconds > 0 and answer.trouble is None:
        try:
            cache.set(_key(integration, number), (answer.caller, answer.at), timeout=seconds)
        except CACHE_ERRORS as error:
            logger.warning("an answer is not remembered, the cache is away: %s", type(error).__name__)


def _write(journal: Journal) -> None:
    try:
        write_journals([journal])
    except Error as error:
        logger.warning("what was said to a CRM about a caller is not kept: %s", error)


def _key(integration: Live, number: str) -> str:
    return f"redirect:{integration.id.hex}:{integration.version}:{number}"
