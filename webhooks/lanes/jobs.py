"""A request in this process's hands, from the database to the engine: one delivery, or several of one endpoint together."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Final, NamedTuple

from django.db.models import Q

from tenants.work import Leased
from tenants.work.lanes import Settle
from webhooks import limits
from webhooks.flow.settings import Limits
from webhooks.formats import Rendered
from webhooks.hops import header_line
from webhooks.lanes.targets import Target, Targets
from webhooks.models import Breaker, Delivery, DeliveryState, EndpointState, Payload, Trigger
from webhooks.proof.logins import HEADER
from webhooks.proof.tokens import Account, Held
from webhooks.sender import Request
from webhooks.wire import message_id


class Member(NamedTuple):
    """One delivery of a request."""

    delivery_id: uuid.UUID
    event_id: uuid.UUID
    variant: str
    trigger: str
    attempts: int
    tries: int
    seq: int | None
    stream: str | None
    body: Rendered
    hops: int


@dataclass(slots=True)
class Job:
    """A request with everything that it and its record need. `row` is the first member's, whose fate all share.

    `batch` is its own id where it sends several; `is_troubled` says that the endpoint is, `is_gated` that
    it has to keep to limits, of its own or because of trouble.
    """

    row: Leased
    settle: Settle
    endpoint_id: uuid.UUID
    members: Sequence[Member]
    target: Target
    body: Rendered
    egress_allow: str = ""
    batch: uuid.UUID | None = None
    is_gated: bool = False
    is_troubled: bool = False
    bearer: Held | None = None
    is_token_renewed: bool = False
    is_token_doubted: bool = False

    @property
    def account(self) -> Account | None:
        """Whose token it needs; None for most."""
        if self.target.client is None:
            return None
        way = self.target.way
        return Account(self.endpoint_id, self.row.tenant_id or 0, self.target.client, way, self.egress_allow)

    @property
    def authorization(self) -> list[str]:
        """Never shown."""
        return [f"{HEADER}: Bearer {self.bearer.access}"] if self.bearer else []

    @property
    def first(self) -> Member:
        return self.members[0]

    @property
    def is_test(self) -> bool:
        return self.first.trigger == Trigger.TEST

    @property
    def limits(self) -> Limits:
        return self.target.limits

    def headers(self) -> list[str]:
        """The header lines of a try that starts now: same id as ever, fresh timestamp, every live key signs."""
        now, first = int(time()), self.first
        id_ = message_id(self.batch or first.event_id)
        return [
            *self.target.headers,
            *self.authorization,
            f"Content-Type: {self.body.content_type}",
            *self.body.headers,
            f"webhook-id: {id_}",
            f"webhook-timestamp: {now}",
            *self.target.sign(self.target.live_keys(now), id_, now, self.body.body),
            f"webhook-attempt: {first.attempts + 1}",
            *self._order(),
            header_line(max(one.hops for one in self.members)),
        ]

    def _order(self) -> list[str]:
        """What a receiver recognises gaps by."""
        lines = [f"webhook-batch: {len(self.members)}"] if self.batch else []
        if self.first.seq is not None:
            last = f"-{self.members[-1].seq}" if len(self.members) > 1 else ""
            lines.append(f"webhook-seq: {self.first.seq}{last}")
        return lines

    def request(self) -> Request:
        return Request(
            token=self,
            url=self.target.url,
            host=self.target.host,
            headers=self.headers,
            body=self.body.body,
            timeout_ms=self.target.timeout_ms,
            connect_timeout_ms=min(int(limits.CONNECT_TIMEOUT * 1000), self.target.timeout_ms),
            egress_allow=self.egress_allow,
            way=self.target.way,
        )


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A leased row that needs no request: `state` None leaves its delivery as it is."""

    row: Leased
    state: DeliveryState | None
    reason: str = ""
    endpoint_id: uuid.UUID | None = None
    stream: str | None = None
    delivery_ids: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A leased row whose endpoint cannot be prepared now (its secret does not open)."""

    row: Leased


class _Stored(NamedTuple):
    id: uuid.UUID
    endpoint_id: uuid.UUID
    event_id: uuid.UUID
    variant: str
    state: str
    trigger: str
    attempts: int
    tries: int
    seq: int | None
    stream: str | None
    batch: uuid.UUID | None
    revision: uuid.UUID
    endpoint_state: str
    breaker: str | None
    egress_allow: str


_FIELDS: Final = (
    *("id", "endpoint_id", "event_id", "variant", "state", "trigger", "attempts", "tries"),
    *("seq", "stream", "batch"),
    *("endpoint__revision", "endpoint__state", "endpoint__flow__breaker", "tenant__egress_allow"),
)
_Bodies = Mapping[tuple[uuid.UUID, str], tuple[Rendered, int]]
_CLOSED: Final = (None, Breaker.CLOSED.value)


def load(rows: Sequence[Leased], targets: Targets, settle: Settle) -> list[Job | Unsendable | Unprepared]:
    """Everything the rows need in two queries; more when an endpoint is new or has changed, or for a batch."""
    by_id = {row.subject: row for row in rows}
    stored = {
        one[0]: _Stored(*one) for one in Delivery.objects.filter(id__in=list(by_id)).values_list(*_FIELDS)
    }
    batches = _batches({one.batch for one in stored.values() if one.batch is not None})
    together = [one for members in batches.values() for one in members]
    bodies = _bodies({one.event_id for one in (*stored.values(), *together)})
    prepared = targets.get({one.endpoint_id: one.revision for one in stored.values()})
    made: list[Job | Unsendable | Unprepared] = []
    for id_, row in by_id.items():
        one = stored.get(id_)
        # Nothing to do any more: deleted with its endpoint, cancelled, or finished by whoever held it before.
        if one is None or one.state != DeliveryState.PENDING:
            made.append(Unsendable(row, None))
            continue
        members = batches.get(one.batch, []) if one.batch else [one]
        made.append(_made(row, one, members, bodies, prepared.get(one.endpoint_id), settle))
    return made


def _made(
    row: Leased,
    one: _Stored,
    stored: Sequence[_Stored],
    bodies: _Bodies,
    target: Target | None,
    settle: Settle,
) -> Job | Unsendable | Unprepared:
    of_all = (one.endpoint_id, one.stream, tuple(member.id for member in stored))
    if one.endpoint_state != EndpointState.ENABLED and one.trigger != Trigger.TEST:
        return Unsendable(row, DeliveryState.PARKED, "endpoint_disabled", *of_all)
    if any((member.event_id, member.variant) not in bodies for member in stored):
        return Unsendable(row, DeliveryState.FAILED, "payload_expired", *of_all)
    if target is None:
        return Unprepared(row)
    if not target.live_keys(time()):
        return Unsendable(row, DeliveryState.FAILED, "no_secret", *of_all)
    members = _members(stored, bodies)
    is_troubled = one.breaker not in _CLOSED
    return Job(
        row,
        settle,
        one.endpoint_id,
        members,
        target,
        members[0].body,
        one.egress_allow,
        one.batch,
        one.trigger != Trigger.TEST and (target.is_limited or target.batch_size > 1 or is_troubled),
        is_troubled,
    )


def _members(stored: Sequence[_Stored], bodies: _Bodies) -> list[Member]:
    return [
        Member(
            one.id,
            one.event_id,
            one.variant,
            one.trigger,
            one.attempts,
            one.tries,
            one.seq,
            one.stream,
            *bodies[one.event_id, one.variant],
        )
        for one in stored
    ]


def _bodies(event_ids: Collection[uuid.UUID]) -> _Bodies:
    found = Payload.objects.filter(event_id__in=event_ids)
    return {
        (event_id, variant): (
            Rendered(content_type, bytes(body), tuple(headers.split("\n")) if headers else ()),
            hops,
        )
        for event_id, variant, content_type, headers, body, hops in found.values_list(
            "event_id", "variant", "content_type", "headers", "body", "hops"
        )
    }


def _batches(ids: Collection[uuid.UUID]) -> dict[uuid.UUID | None, list[_Stored]]:
    """The deliveries of each, in the order in which they stand in its body."""
    found: dict[uuid.UUID | None, list[_Stored]] = {}
    if ids:
        rows = Delivery.objects.filter(batch__in=ids, state=DeliveryState.PENDING).order_by("seq", "id")
        for values in rows.values_list(*_FIELDS):
            found.setdefault(values[10], []).append(_Stored(*values))
    return found


def followers(wanted: Mapping[uuid.UUID, tuple[str, int]], most: int) -> dict[uuid.UUID, list[Member]]:
    """What comes after these places (stream and number by endpoint) and still waits, in its order; up to so many."""
    places = Q(pk__in=[])
    for endpoint_id, (stream, seq) in wanted.items():
        places |= Q(endpoint_id=endpoint_id, stream=stream, seq__gt=seq, seq__lte=seq + most)
    waiting: Any = Delivery.objects.filter(
        places, state=DeliveryState.PENDING, stream__isnull=False, batch=None
    )
    stored = [_Stored(*values) for values in waiting.order_by("endpoint_id", "seq").values_list(*_FIELDS)]
    bodies = _bodies({one.event_id for one in stored})
    found: dict[uuid.UUID, list[Member]] = {}
    for one in stored:
        if (one.event_id, one.variant) in bodies:
            found.setdefault(one.endpoint_id, []).extend(_members([one], bodies))
    return found
