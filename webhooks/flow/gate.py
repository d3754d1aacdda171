"""Decides how many requests to an endpoint may begin now, for all workers together, and what is not worth leasing.

Only endpoints with a limit or in trouble come here; for all others it costs nothing. What may begin is written down before
it does: a worker that is killed has used up its tokens and holds its share until that ends, so too little is sent after a
crash and never too much. Between two looks at the database each worker remembers what it saw, and leaves due rows where they
are that could not be sent.
"""

import threading
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from webhooks.flow import breaker, rows
from webhooks.flow.failures import Failures
from webhooks.flow.settings import Limits
from webhooks.models import Breaker, EndpointFlow

# Each is a branch of the statement that leases.
MOST_REMEMBERED: Final = 2000
# What other workers and people changed is seen after so long.
LOOK_AGAIN: Final = 1.0
MOST: Final = 1 << 20
_UTC: Final = UTC


@dataclass(frozen=True, slots=True)
class Wish:
    """So many requests to one endpoint; each is over, or given up, within `seconds`. A request takes `size` leased rows."""

    limits: Limits
    count: int
    seconds: float
    size: int = 1


@dataclass(slots=True)
class _Seen:
    """An endpoint as this worker saw it last; `ahead` is the database's clock minus the monotonic one."""

    wish: Wish
    flow: EndpointFlow
    ahead: float

    def now(self) -> float:
        return time.monotonic() + self.ahead


class Gate:
    """One worker's. `per_group` is how many rows of an endpoint it leases when nothing limits them."""

    def __init__(self, per_group: int) -> None:
        self._per_group = per_group
        self._worker = uuid.uuid4().hex
        self._seen: OrderedDict[UUID, _Seen] = OrderedDict()
        self._mine: Counter[UUID] = Counter()
        self._failures = Failures()
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def admit(self, wishes: Mapping[UUID, Wish]) -> dict[UUID, int]:
        """How many of them may begin; they count as under way from now on."""
        with transaction.atomic():
            flows, moment = rows.locked(wishes)
            now = moment.timestamp()
            admitted = {id_: self._admit(flow, wishes[id_], moment) for id_, flow in flows.items()}
            rows.write(list(flows.values()))
        with self._lock:
            self._mine.update(admitted)
            for id_, flow in flows.items():
                self._remember(id_, _Seen(wishes[id_], flow, now - time.monotonic()))
        return admitted

    def _admit(self, flow: EndpointFlow, wish: Wish, moment: datetime) -> int:
        now = moment.timestamp()
        taken = min(wish.count, self._room(flow, wish.limits, moment))
        if wish.limits.pace is not None:
            taken, flow.next_slot = wish.limits.pace.take(flow.next_slot, now, taken)
        self._share(flow, self._mine[flow.endpoint_id] + taken, now, wish.seconds)
        return taken

    def _room(self, flow: EndpointFlow, limits: Limits, moment: datetime) -> int:
        under_way = self._mine[flow.endpoint_id] + self._others(flow, moment.timestamp())
        room = breaker.room(flow, moment, under_way)
        room = MOST if room is None else room
        return room if limits.concurrency is None else max(min(room, limits.concurrency - under_way), 0)

    def _others(self, flow: EndpointFlow, now: float) -> int:
        return sum(
            count for name, (count, until) in flow.shares.items() if name != self._worker and until > now
        )

    def _share(self, flow: EndpointFlow, count: int, now: float, seconds: float = 0.0) -> None:
        """Write down what is under way here, and forget who was not heard of for too long."""
        shares = {name: share for name, share in flow.shares.items() if share[1] > now}
        own = shares.pop(self._worker, [0, 0.0])
        if count:
            shares[self._worker] = [count, max(own[1], now + seconds)]
        flow.shares = shares

    def ended(self, endpoint_id: UUID) -> None:
        """A request that was admitted is over; from any thread."""
        with self._lock:
            self._mine[endpoint_id] -= 1

    def is_telling(self, endpoint_id: UUID, *, has_answered: bool) -> bool:
        """Whether a try of an endpoint without limits must be told to `learn`: its breaker may open."""
        return self._failures.note(endpoint_id, time.monotonic(), has_answered=has_answered)

    def learn(
        self,
        flow: EndpointFlow,
        now: datetime,
        tries: Collection[tuple[bool, str]],
        limits: Limits,
    ) -> None:
        """What tries (answered or not, and why not) showed of an endpoint. The caller writes the locked row."""
        for has_answered, reason in tries:
            if has_answered:
                breaker.answer(flow)
            elif not flow.is_well or self._failures.are_too_many(flow.endpoint_id):
                breaker.fail(flow, now, reason)
                self._failures.forget(flow.endpoint_id)
        with self._lock:
            self._share(flow, max(self._mine[flow.endpoint_id], 0), now.timestamp())
            known = self._seen.get(flow.endpoint_id)
            wish = known.wish if known else Wish(limits, 0, 0.0)
            self._remember(flow.endpoint_id, _Seen(wish, flow, now.timestamp() - time.monotonic()))

    def held_back(self) -> dict[str, int]:
        """How many fewer rows than usual may be leased, by group."""
        self._look_again()
        with self._lock:
            return {
                id_.hex: self._per_group - max(self._mine[id_], 0) - self._leasable(seen)
                for id_, seen in self._seen.items()
            }

    def _leasable(self, seen: _Seen) -> int:
        now = seen.now()
        room = self._room(seen.flow, seen.wish.limits, datetime.fromtimestamp(now, UTC))
        if seen.wish.limits.pace is not None:
            room, _next = seen.wish.limits.pace.take(seen.flow.next_slot, now, room)
        # Of what is sent in arrays twice as much, or a full one would never come together.
        return min(room, self._per_group if seen.wish.size == 1 else 2) * seen.wish.size

    def patience(self) -> float:
        """Seconds until something may be sent that could not be just now."""
        with self._lock:
            return min((self._wait(seen) for seen in self._seen.values()), default=float("inf"))

    def _wait(self, seen: _Seen) -> float:
        now, flow, waits = seen.now(), seen.flow, []
        if flow.breaker == Breaker.OPEN and flow.probe_at is not None:
            waits.append(flow.probe_at.timestamp() - now)
        if seen.wish.limits.pace is not None:
            waits.append(seen.wish.limits.pace.wait(flow.next_slot, now))
        ahead = [seconds for seconds in waits if seconds > 0]
        return max(ahead) if ahead else float("inf")

    def _look_again(self) -> None:
        """One query for all that are remembered, once in a while."""
        if not self._seen or time.monotonic() - self._looked_at < LOOK_AGAIN:
            return
        self._looked_at = time.monotonic()
        found = EndpointFlow.objects.filter(endpoint_id__in=list(self._seen)).annotate(moment=Now())
        fresh = {flow.endpoint_id: flow for flow in found}
        with self._lock:
            for id_, seen in list(self._seen.items()):
                flow = fresh.get(id_)
                if flow is None:
                    del self._seen[id_]
                else:
                    ahead = flow.moment.timestamp() - time.monotonic()
                    self._remember(id_, _Seen(seen.wish, flow, ahead))

    def _remember(self, id_: UUID, seen: _Seen) -> None:
        self._seen.pop(id_, None)
        if seen.wish.limits.are_there or not seen.flow.is_well or seen.wish.size > 1:
            self._seen[id_] = seen
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
