"""Leaves an endpoint alone that failed several times in a row, or mostly, and goes back to it step by step.

While it is open nothing is sent. When its pause is over one delivery is the probe; after its answer two may go, then four,
eight and so on, each step when all of the step before were answered. A failure on the way opens it again, for longer.
Counting the failures that open it stays in the process; the rest is in the endpoint's row, for all workers.
"""

from datetime import datetime, timedelta
from typing import Final

from webhooks.models import UNTROUBLED, WIDEST, Breaker, EndpointFlow

FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 900.0


def fail(flow: EndpointFlow, now: datetime, reason: str) -> None:
    """Open it; late failures of what was under way before do not lengthen the pause."""
    if flow.breaker == Breaker.OPEN and flow.probe_at is not None and flow.probe_at > now:
        return
    pause = min(FIRST_PAUSE * 2 ** min(flow.openings, 10), LONGEST_PAUSE)
    flow.breaker, flow.reason = Breaker.OPEN, reason
    flow.opened_at = flow.opened_at or now
    flow.probe_at = now + timedelta(seconds=pause)
    flow.openings += 1
    flow.width, flow.passed = 1, 0


def answer(flow: EndpointFlow) -> None:
    """One request was answered."""
    if flow.breaker == Breaker.CLOSED:
        return
    flow.breaker, flow.probe_at = Breaker.RECOVERING, None
    flow.passed += 1
    if flow.passed >= flow.width:
        flow.width, flow.passed = flow.width * 2, 0
    if flow.width >= WIDEST:
        close(flow)


def close(flow: EndpointFlow) -> None:
    for name, value in UNTROUBLED.items():
        setattr(flow, name, value)


def room(flow: EndpointFlow, now: datetime, under_way: int) -> int | None:
    """How many more requests may begin; None for as many as one likes."""
    if flow.breaker == Breaker.CLOSED:
        return None
    if flow.breaker == Breaker.OPEN and flow.probe_at is not None and flow.probe_at > now:
        return 0
    return max(flow.width - flow.passed - under_way, 0)
