"""What outcomes change beyond their own deliveries: the endpoint's state, its breaker, and what waits behind them."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from webhooks.actions.disable_endpoint import disable_endpoint, park_waiting
from webhooks.flow import rows, streams
from webhooks.flow.gate import Gate
from webhooks.flow.settings import Limits
from webhooks.flow.streams import Stream
from webhooks.lanes.jobs import Job
from webhooks.lanes.recording import Sent, Unsent
from webhooks.lanes.verdicts import has_answered
from webhooks.models import DeliveryState, Endpoint


def disable_gone(jobs: Sequence[Job]) -> None:
    """A receiver that answered 410 wants nothing more; a test alone does not count as its word."""
    ids = {job.endpoint_id for job in jobs if not job.is_test}
    for endpoint in Endpoint.objects.filter(id__in=ids).order_by("id"):
        disable_endpoint(endpoint, reason="gone")


def learn(gate: Gate, results: Sequence[Sent | Unsent]) -> None:
    """In the settling transaction, last of all: the shared rows of endpoints that have limits, an order, or trouble."""
    _park_behind([one for one in results if isinstance(one, Unsent)])
    tries: dict[UUID, list[tuple[bool, str]]] = defaultdict(list)
    concerned: dict[UUID, Limits] = {}
    moved: set[Stream] = set()
    for one in results:
        if isinstance(one, Sent):
            job = one.job
            is_answered = has_answered(one.reply)
            tries[job.endpoint_id].append((is_answered, one.verdict.reason))
            # A test opens nothing, but one that is taken shows that the receiver is back.
            is_telling = not job.is_test and gate.is_telling(job.endpoint_id, has_answered=is_answered)
            if is_telling or job.is_gated or job.is_troubled:
                concerned[job.endpoint_id] = job.limits
            if job.first.stream is not None:
                moved.add((job.endpoint_id, job.first.stream))
        elif one.stream is not None and one.endpoint_id is not None:
            moved.add((one.endpoint_id, one.stream))
    ids = {*concerned, *(endpoint_id for endpoint_id, _stream in moved)}
    if not ids:
        return
    flows, now = rows.locked(ids)
    changed = [flow for id_, flow in flows.items() if id_ in concerned]
    for flow in changed:
        gate.learn(flow, now, tries[flow.endpoint_id], concerned[flow.endpoint_id])
    rows.write(changed)
    streams.advance(moved, {id_: flow.tenant_id for id_, flow in flows.items()})


def _park_behind(unsent: Sequence[Unsent]) -> None:
    """A disabled endpoint's head was parked: what waits behind it would come due one by one."""
    ids = {
        one.endpoint_id
        for one in unsent
        if one.endpoint_id is not None and one.stream is not None and one.state == DeliveryState.PARKED
    }
    for endpoint in Endpoint.objects.filter(id__in=ids).order_by("id"):
        park_waiting(endpoint)
