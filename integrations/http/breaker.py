"""Leaves an outside system alone that failed several times in a row, then tries again with one call at a time.

While the circuit is open a row says so to all workers; counting the failures that lead there stays in the process.
Refused credentials count too: many systems lock out an address that keeps knocking with a wrong key.
"""

import logging
import threading
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import live as configurations
from integrations.http.errors import AccessEnded, BudgetSpent, CircuitOpen
from integrations.live import Live, OpenCircuit
from integrations.models import Breaker
from tenants.errors import AuthFailed, HubError, RateLimited, TransientError

log = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5
FIRST_PAUSE = 15.0
LONGEST_PAUSE = 300.0
PROBE_SECONDS = 30.0


class Circuit:
    """One integration's breaker as this process sees it."""

    def __init__(self) -> None:
        self._failures = 0
        self._lock = threading.Lock()

    def admit(self, live: Live) -> bool:
        """Whether this call is a probe; raises when nothing may be sent."""
        if live.circuit is None:
            return False
        now = timezone.now()
        if live.circuit.open_until > now:
            raise refusal(live.circuit, (live.circuit.open_until - now).total_seconds())
        if self._claim_probe(live):
            return True
        configurations.forget(live.tenant_id)
        if Breaker.objects.filter(pk=live.id).exists():
            raise refusal(live.circuit, PROBE_SECONDS)
        return False

    def succeeded(self, live: Live) -> None:
        """The outside system works: count anew, and close the circuit if it was open."""
        self._failures = 0
        if live.circuit is not None and Breaker.objects.filter(pk=live.id).delete()[0]:
            log.info("circuit closed: integration %s works again", live.id)
            configurations.forget(live.tenant_id)

    def failed(self, live: Live, error: HubError) -> None:
        """Count a failure, and open the circuit when there were enough in a row."""
        if not counts(error):
            return
        with self._lock:
            self._failures += 1
            if self._failures < FAILURES_TO_OPEN and live.circuit is None:
                return
            self._failures = 0
        _open(live, error)

    @staticmethod
    def _claim_probe(live: Live) -> bool:
        now = timezone.now()
        free = Breaker.objects.filter(
            Q(probe_until__isnull=True) | Q(probe_until__lte=now), pk=live.id, open_until__lte=now
        )
        return free.update(probe_until=now + timedelta(seconds=PROBE_SECONDS)) == 1


def counts(error: HubError) -> bool:
    """Failures of the other side or of the way there; not our own limits, nor an answer that says no."""
    if isinstance(error, RateLimited | CircuitOpen | BudgetSpent | AccessEnded):
        return False
    return isinstance(error, TransientError | AuthFailed)


def refusal(circuit: OpenCircuit, seconds: float) -> HubError:
    """The error of a call that is not sent, in the class of what opened the circuit."""
    if circuit.code == AuthFailed.code:
        return AuthFailed(
            _(
                "The outside system refused our credentials several times; enter valid ones, then test the connection."
            ),
            detail="circuit open",
        )
    return CircuitOpen(
        _("The outside system failed several times in a row; we try again in %(seconds)d s.")
        % {"seconds": seconds},
        detail=circuit.reason,
        retry_after=seconds,
    )


def _open(live: Live, error: HubError) -> None:
    now = timezone.now()
    values = {"code": error.code, "reason": error.detail or str(error), "probe_until": None}
    known = Breaker.objects.filter(pk=live.id).first()
    pause = min(FIRST_PAUSE * 2 ** (known.openings if known else 0), LONGEST_PAUSE)
    until = now + timedelta(seconds=pause)
    if known:
        # Only once its pause was over: late failures of calls under way do not lengthen it.
        Breaker.objects.filter(pk=live.id, open_until__lte=now).update(
            openings=F("openings") + 1, open_until=until, **values
        )
    else:
        try:
            with transaction.atomic():
                Breaker.objects.create(integration_id=live.id, opened_at=now, open_until=until, **values)
        except IntegrityError:
            log.debug("circuit of integration %s was opened by another worker, or it was deleted", live.id)
        else:
            log.warning("circuit opened: integration %s, %s", live.id, values["reason"])
    configurations.forget(live.tenant_id)
