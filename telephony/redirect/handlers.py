"""The path by which a dialplan asks, answered at the front: an extension or nothing, always in time.

The answer goes into a variable of the dialplan as it is. So whatever is wrong, the plain answer is empty: the call goes
the usual way.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import orjson
from django.db import Error, close_old_connections

from config import front
from config.front import FrontRequest, FrontResponse
from config.front.group_commit import NotStored, Overloaded
from config.front.live_table import UNREACHABLE
from config.metrics import counter
from telephony.ingest.tokens import Source, TokenTable
from telephony.models import RedirectDecision
from telephony.redirect import log
from telephony.redirect.asking import Asked, read
from telephony.redirect.deciding import Ask, Decided, decide
from telephony.redirect.rules import known_rules
from telephony.redirect.words import EXPLANATIONS, Reason

logger = logging.getLogger(__name__)

PATHS: Final = ("/redirect", "/pbx/redirect")
BODY_LIMIT: Final = 16 * 1024
THREADS: Final = 16
MOST_WAITING: Final = 64
HARD_SECONDS: Final = 0.95
"""After that the exchange has stopped listening: its own limit is a second."""

LAST_WORDS_SECONDS: Final = 2.0
"""How long the end waits until the log says of late answers that nobody heard them."""

redirects_total = counter("switchboard_redirects_total", "Questions of dialplans.", ("reason",))


class Redirects:
    """Threads and log of one web process; a service of the front."""

    name = "smart redirect"

    def __init__(self, tokens: TokenTable) -> None:
        self._tokens = tokens
        self._writer = log.DecisionWriter()
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._late: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="redirect")
        await self._writer.start()

    async def stop(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        if self._late:
            await asyncio.wait(self._late, timeout=LAST_WORDS_SECONDS)
        await self._writer.stop()

    async def take(self, request: FrontRequest) -> FrontResponse:
        """One question. Nobody's token gets 401; everything else 200 within `HARD_SECONDS`."""
        began = monotonic()
        asked = read(request)
        try:
            source = await self._tokens.find(asked.token)
        except UNREACHABLE:
            return _answer(asked, "", Reason.LATE)
        if source is None:
            redirects_total.inc("unauthorized")
            return _unauthorized(asked)
        answering = asyncio.ensure_future(self._answering(source, asked, began))
        try:
            extension, reason, more = await asyncio.wait_for(
                asyncio.shield(answering), HARD_SECONDS - (monotonic() - began)
            )
        except TimeoutError:
            self._withdraw_later(answering)
            extension, reason, more = "", Reason.LATE, {}
        except Exception:
            logger.exception("A question of an exchange was not answered")
            extension, reason, more = "", Reason.TROUBLE, {}
        redirects_total.inc(reason.value)
        return _answer(asked, extension, reason, more)

    async def _answering(self, source: Source, asked: Asked, began: float) -> "_Answer":
        rules = known_rules(source.tenant_id)
        if rules is not None and not rules.is_enabled:
            return "", Reason.DISABLED, {}
        if self._waiting >= MOST_WAITING or self._threads is None:
            return "", Reason.CROWDED, {}
        ask = Ask(
            source.tenant_id, source.pbx_id, asked.phone, asked.line, asked.unique_id, asked.channel, began
        )
        self._waiting += 1
        try:
            decided = await asyncio.get_running_loop().run_in_executor(self._threads, _decide, ask)
        except Error as error:
            logger.warning("smart redirect: the database did not answer: %s", error)
            return "", Reason.TROUBLE, {}
        finally:
            self._waiting -= 1
        return await self._kept(decided)

    async def _kept(self, decided: Decided) -> "_Answer":
        """The answer, once it is in the log. What cannot be kept there is not done: nothing would guard against loops."""
        if decided.choice.reason in log.UNLOGGED:
            return "", decided.choice.reason, {}
        row = log.row_of(decided)
        try:
            is_first = await self._writer.store(row)
        except (NotStored, Overloaded):
            return "", Reason.TROUBLE, {}
        if not is_first:
            return "", Reason.AGAIN, _told(row, decided)
        return decided.choice.extension, decided.choice.reason, _told(row, decided)

    def _withdraw_later(self, answering: "asyncio.Future[_Answer]") -> None:
        """An answer that nobody heard moved no call: the log must not say so."""
        task = asyncio.ensure_future(_withdraw(answering))
        self._late.add(task)
        task.add_done_callback(self._late.discard)


_Answer = tuple[str, Reason, dict[str, Any]]


def _decide(ask: Ask) -> Decided:
    close_old_connections()
    try:
        return decide(ask)
    finally:
        close_old_connections()


async def _withdraw(answering: "asyncio.Future[_Answer]") -> None:
    try:
        extension, _reason, more = await answering
        if extension and "id" in more:
            await asyncio.to_thread(_withdraw_row, RedirectDecision(id=more["id"]))
    except Exception:
        # Only the log's wording is at stake.
        logger.exception("A late answer stays in the log as if it had been heard")


def _withdraw_row(row: RedirectDecision) -> None:
    close_old_connections()
    try:
        log.withdraw(row, Reason.LATE)
    finally:
        close_old_connections()


def _told(row: RedirectDecision, decided: Decided) -> dict[str, Any]:
    return {
        "id": row.pk,
        "source": row.source,
        "ms": decided.ms,
        "ring_seconds": decided.rules.ring_seconds,
        "steps": row.steps,
    }


def _answer(
    asked: Asked, extension: str, reason: Reason, more: dict[str, Any] | None = None
) -> FrontResponse:
    if not asked.is_json:
        return FrontResponse(200, extension.encode(), "text/plain; charset=utf-8")
    text = EXPLANATIONS.get(reason)
    content = {"extension": extension, "reason": reason.value, "explanation": str(text or ""), **(more or {})}
    return FrontResponse(200, orjson.dumps(content))


def _unauthorized(asked: Asked) -> FrontResponse:
    """Without words in the plain form: a dialplan that does not look at the status would dial them."""
    headers = [("WWW-Authenticate", "Token")]
    if not asked.is_json:
        return FrontResponse(HTTPStatus.UNAUTHORIZED, b"", "text/plain; charset=utf-8", headers)
    return front.problem(HTTPStatus.UNAUTHORIZED, "A known token is needed: token, or X-Pbx-Token.", headers)


def register_paths(tokens: TokenTable) -> None:
    """Tell the front which paths are ours. The table of tokens is the ingest's, which follows it."""
    redirects = Redirects(tokens)
    for path in PATHS:
        front.register(path, redirects.take, methods=("GET", "POST"), body_limit=BODY_LIMIT)
    front.register_service(redirects)
