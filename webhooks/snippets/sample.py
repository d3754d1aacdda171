"""A delivery to try a snippet on: the newest that failed, as it was sent, or an example."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from webhooks.formats import FORMATS
from webhooks.models import Delivery, DeliveryState, Endpoint, EndpointSecret
from webhooks.schemes import scheme_of
from webhooks.selectors import sent_body
from webhooks.signing import BadSecret
from webhooks.wire import message_id

LARGEST: Final = 16 * 1024
LOOKED_AT: Final = 20
EXAMPLE: Final = (
    b'{"type":"webhook.test","timestamp":"2026-11-21T09:40:29.121Z","data":{"message":"It works."}}'
)


@dataclass(frozen=True, slots=True)
class Sample:
    """`headers` by their names, as the newest secret signs these bytes for this time. `is_failed`: a receiver refused it."""

    headers: Mapping[str, str]
    body: bytes
    is_failed: bool


def failing_sample(endpoint: Endpoint) -> Sample:
    """Never a secret: where the secret itself is sent, its place is filled by a placeholder."""
    failed = Delivery.objects.filter(endpoint=endpoint, attempts__gt=0)
    for state in (DeliveryState.FAILED, DeliveryState.PENDING):
        for delivery in failed.filter(state=state).order_by("-id")[:LOOKED_AT]:
            body = sent_body(delivery)
            last = delivery.tries_made.order_by("-n").values_list("started_at", flat=True).first()
            if body is not None and len(body) <= LARGEST and last is not None:
                id_ = message_id(delivery.event_id)
                return Sample(headers(endpoint, id_, int(last.timestamp()), body), body, is_failed=True)
    return Sample(headers(endpoint, str(endpoint.pk), int(time.time()), EXAMPLE), EXAMPLE, is_failed=False)


def headers(endpoint: Endpoint, id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Those that a receiver verifies."""
    found = {"webhook-id": id_, "webhook-timestamp": str(timestamp)}
    if FORMATS[endpoint.format].is_chat:
        return found
    scheme = scheme_of(endpoint.signing)
    newest = EndpointSecret.objects.filter(endpoint=endpoint).order_by("-id").first()
    if newest is None:
        return found
    try:
        key = scheme.key_of(newest.secret)
    except BadSecret:
        # Nothing is sent with it either; the delivery's page says why.
        return found
    lines = scheme.sign([key], id_, timestamp, body)
    for line in lines:
        name, _colon, value = line.partition(": ")
        found[name] = value
    return found
