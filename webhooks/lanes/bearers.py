"""Deliveries whose receiver wants an access token: each waits for its endpoint's token in a thread of its own, never the lane.

When a receiver answers 401, its token is renewed and the delivery sent again at once, one time: the first answer leaves
no trace, because it says nothing of the delivery.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from django.db import DatabaseError, close_old_connections

from webhooks.lanes.jobs import Job
from webhooks.proof.asking import FAILED, TokenTrouble
from webhooks.proof.tokens import Held, doubt, obtain
from webhooks.sender import Reply
from webhooks.sender.transfer import failed

logger = logging.getLogger(__name__)

# Endpoints whose tokens are asked for at the same time in this process.
THREADS = 4
MOST_REMEMBERED = 10_000


class Bearers:
    """Between the lane and its engine."""

    def __init__(self, send: Callable[[Sequence[Job]], None], report: Callable[[list[Reply]], None]) -> None:
        self._send = send
        self._report = report
        self._pool: ThreadPoolExecutor | None = None
        self._held: dict[uuid.UUID, tuple[str, Held]] = {}

    def send(self, jobs: Sequence[Job]) -> None:
        """Those that need no token, or whose token is at hand, leave at once."""
        self._send([job for job in jobs if self._is_ready(job)])
        for job in jobs:
            if job.account is not None and job.bearer is None:
                self._submit(job, None)

    def takes_back(self, reply: Reply) -> bool:
        """Whether the reply is a 401 that a new token may cure; then the job is in hand here, and not to be judged."""
        job: Job = reply.request.token
        if job.account is None or job.bearer is None or reply.status != HTTPStatus.UNAUTHORIZED:
            return False
        if job.is_token_doubted or not (job.is_token_renewed or job.bearer.may_renew):
            return False
        if job.is_token_renewed:
            job.is_token_doubted = True
            self._threads().submit(self._doubt, job, reply)
            return True
        job.is_token_renewed = True
        self._submit(job, job.bearer.version)
        return True

    def stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _is_ready(self, job: Job) -> bool:
        if job.account is None:
            return True
        fingerprint, held = self._held.get(job.endpoint_id, ("", None))
        if held is None or held.is_over or fingerprint != job.account.fingerprint:
            return False
        job.bearer = held
        return True

    def _submit(self, job: Job, refused: int | None) -> None:
        self._threads().submit(self._obtain, job, refused)

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook-tokens")
        return self._pool

    def _obtain(self, job: Job, refused: int | None) -> None:
        assert job.account is not None
        close_old_connections()
        try:
            held = obtain(job.account, refused)
        except TokenTrouble as trouble:
            self._report([failed(job.request(), trouble.code, trouble.detail)])
        except Exception as error:
            # A row that never comes back would be held for ever, whatever it is that went wrong.
            logger.exception("endpoint %s: its token could not be seen to", job.endpoint_id)
            self._report([failed(job.request(), FAILED, type(error).__name__)])
        else:
            if len(self._held) >= MOST_REMEMBERED:
                self._held.clear()
            self._held[job.endpoint_id] = (job.account.fingerprint, held)
            job.bearer = held
            self._send([job])
        finally:
            close_old_connections()

    def _doubt(self, job: Job, reply: Reply) -> None:
        """Noted before the answer is judged: whoever comes next must not ask for another token."""
        assert job.account is not None
        assert job.bearer is not None
        close_old_connections()
        try:
            doubt(job.account, job.bearer)
        except DatabaseError:
            logger.exception("endpoint %s: its token could not be doubted", job.endpoint_id)
        finally:
            close_old_connections()
            self._held.pop(job.endpoint_id, None)
            self._report([reply])
