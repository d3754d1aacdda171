"""One delivery in this process's hands, from the database to the engine."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from time import time

from tenants.work import Leased
from tenants.work.lanes import Settle
from webhooks import limits
from webhooks.formats import Rendered
from webhooks.hops import header_line
from webhooks.lanes.targets import Target, Targets
from webhooks.models import Delivery, DeliveryState, EndpointState, Payload, Trigger
from webhooks.proof.logins import HEADER
from webhooks.proof.tokens import Account, Held
from webhooks.sender import Request
from webhooks.wire import message_id


@dataclass(slots=True)
class Job:
    """A delivery with everything that its request and its record need."""

    row: Leased
    settle: Settle
    endpoint_id: uuid.UUID
    event_id: uuid.UUID
    trigger: str
    attempts: int
    tries: int
    target: Target
    body: Rendered
    hops: int
    egress_allow: str = ""
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

    def headers(self) -> list[str]:
        """The header lines of a try that starts now: same id as ever, fresh timestamp, every live key signs."""
        now = int(time())
        id_ = message_id(self.event_id)
        return [
            *self.target.headers,
            *self.authorization,
            f"Content-Type: {self.body.content_type}",
            *self.body.headers,
            f"webhook-id: {id_}",
            f"webhook-timestamp: {now}",
            *self.target.sign(self.target.live_keys(now), id_, now, self.body.body),
            f"webhook-attempt: {self.attempts + 1}",
            header_line(self.hops),
        ]

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


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A leased row whose endpoint cannot be prepared now (its secret does not open)."""

    row: Leased


_FIELDS = (
    "id",
    "endpoint_id",
    "event_id",
    "variant",
    "state",
    "trigger",
    "attempts",
    "tries",
    "endpoint__revision",
    "endpoint__state",
    # Read each time, so that what an operator takes back is taken back at once.
    "tenant__egress_allow",
)


def load(rows: Sequence[Leased], targets: Targets, settle: Settle) -> list[Job | Unsendable | Unprepared]:
    """Everything the rows need in two queries, and a third when an endpoint is new or has changed."""
    by_id = {row.subject: row for row in rows}
    found = {
        values[0]: values for values in Delivery.objects.filter(id__in=list(by_id)).values_list(*_FIELDS)
    }
    bodies = {
        (event_id, variant): (
            Rendered(content_type, bytes(body), tuple(headers.split("\n")) if headers else ()),
            hops,
        )
        for event_id, variant, content_type, headers, body, hops in Payload.objects.filter(
            event_id__in={values[2] for values in found.values()}
        ).values_list("event_id", "variant", "content_type", "headers", "body", "hops")
    }
    prepared = targets.get({values[1]: values[8] for values in found.values()})
    made: list[Job | Unsendable | Unprepared] = []
    for id_, row in by_id.items():
        values = found.get(id_)
        # Nothing to do any more: deleted with its endpoint, cancelled, or finished by whoever held it before.
        if values is None or values[4] != DeliveryState.PENDING:
            made.append(Unsendable(row, None))
            continue
        (
            _id,
            endpoint_id,
            event_id,
            variant,
            _state,
            trigger,
            attempts,
            tries,
            _revision,
            endpoint_state,
            allow,
        ) = values
        body, hops = bodies.get((event_id, variant), (None, 0))
        target = prepared.get(endpoint_id)
        if endpoint_state != EndpointState.ENABLED and trigger != Trigger.TEST:
            made.append(Unsendable(row, DeliveryState.PARKED, "endpoint_disabled"))
        elif body is None:
            made.append(Unsendable(row, DeliveryState.FAILED, "payload_expired"))
        elif target is None:
            made.append(Unprepared(row))
        elif not target.live_keys(time()):
            made.append(Unsendable(row, DeliveryState.FAILED, "no_secret"))
        else:
            made.append(
                Job(row, settle, endpoint_id, event_id, trigger, attempts, tries, target, body, hops, allow)
            )
    return made
