"""Deliveries whose receiver wants an access token: each waits for its endpoint's token in a thread of its own, never the lane.

When a receiver answers 401, its token is renewed and the delivery sent again at once, one time: the first answer leaves
no trace, because it says nothing of the delivery.
"""

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from threading import Lock

from django.db import DatabaseError, close_old_connections

from webhooks.lanes.askers import Askers
from webhooks.lanes.jobs import Job
from webhooks.proof.asking import FAILED, TokenTrouble
from webhooks.proof.tokens import Account, Held, doubt, obtain
from webhooks.sender import Reply
from webhooks.sender.transfer import failed

logger = logging.getLogger(__name__)

# Tokens that are asked for at the same time in this process, and for one company: a token's server may take its time.
THREADS = 32
THREADS_OF_A_COMPANY = 4
MOST_REMEMBERED = 10_000

Question = tuple[uuid.UUID, str, int | None]
"""Whose token, asked for with what, and the version of it that was refused."""


class Bearers:
    """Between the lane and its engine."""

    def __init__(self, send: Callable[[Sequence[Job]], None], report: Callable[[list[Reply]], None]) -> None:
        self._send = send
        self._report = report
        self._askers = Askers(THREADS, THREADS_OF_A_COMPANY)
        self._lock = Lock()
        self._waiting: defaultdict[Question, list[Job]] = defaultdict(list)
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
            self._askers.submit(job.account.tenant_id, partial(self._doubt, job, reply))
            return True
        job.is_token_renewed = True
        self._submit(job, job.bearer.version)
        return True

    def stop(self) -> None:
        self._askers.stop()
        with self._lock:
            self._waiting.clear()

    def _is_ready(self, job: Job) -> bool:
        if job.account is None:
            return True
        fingerprint, held = self._held.get(job.endpoint_id, ("", None))
        if held is None or held.is_over or fingerprint != job.account.fingerprint:
            return False
        job.bearer = held
        return True

    def _submit(self, job: Job, refused: int | None) -> None:
        """Those of one endpoint wait together: one of them asks, and its answer is that of all."""
        account = job.account
        assert account is not None
        question = (job.endpoint_id, account.fingerprint, refused)
        with self._lock:
            self._waiting[question].append(job)
            if len(self._waiting[question]) > 1:
                return
        self._askers.submit(account.tenant_id, partial(self._obtain, question, account))

    def _obtain(self, question: Question, account: Account) -> None:
        endpoint_id, fingerprint, refused = question
        close_old_connections()
        try:
            held = obtain(account, refused)
        except TokenTrouble as trouble:
            self._fail(question, trouble.code, trouble.detail)
        except Exception as error:
            # A row that never comes back would be held for ever, whatever it is that went wrong.
            logger.exception("endpoint %s: its token could not be seen to", endpoint_id)
            self._fail(question, FAILED, type(error).__name__)
        else:
            if len(self._held) >= MOST_REMEMBERED:
                self._held.clear()
            self._held[endpoint_id] = (fingerprint, held)
            jobs = self._answered(question)
            for job in jobs:
                job.bearer = held
            self._send(jobs)
        finally:
            close_old_connections()

    def _answered(self, question: Question) -> list[Job]:
        with self._lock:
            return self._waiting.pop(question, [])

    def _fail(self, question: Question, code: str, detail: str) -> None:
        self._report([failed(job.request(), code, detail) for job in self._answered(question)])

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
