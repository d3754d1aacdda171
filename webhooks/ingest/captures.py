"""Records the requests to URLs that are there to find out how a sender signs (models/capture.py)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from config import front
from config.front import FrontRequest, FrontResponse
from config.front.live_table import LiveTable
from tenants.scoping import all_tenants
from tenants.storable import storable_text
from webhooks.models.capture import LARGEST_CAPTURED, MOST_CAPTURED, Capture, CapturedRequest
from webhooks.presets import Arrival
from webhooks.presets.arrival import lower_case
from webhooks.presets.schemes.comparing import raw

LONGEST_WORD = 1000


@dataclass(frozen=True, slots=True)
class KnownCapture:
    id: UUID
    tenant_id: int


class CaptureTable(LiveTable[KnownCapture]):
    """By the identifier in the URL. Nobody follows it: it is read when an identifier is asked for that it does not have."""

    name = "captures"

    def load(self) -> Mapping[str, KnownCapture]:
        with all_tenants():
            rows = Capture.objects.filter(
                source=None, expires_at__gt=timezone.now(), tenant__is_active=True
            ).values_list("public_id", "id", "tenant_id")
            return {public_id: KnownCapture(id_, tenant_id) for public_id, id_, tenant_id in rows}

    def version(self) -> object:
        return object()


class Recorder:
    """The handler of such URLs."""

    def __init__(self) -> None:
        self._captures = CaptureTable()

    async def receive(self, request: FrontRequest, public_id: str) -> FrontResponse:
        """200 once the request is stored. DatabaseError when it cannot be."""
        capture = await self._captures.lookup(public_id) if public_id else None
        if capture is None:
            return front.problem(HTTPStatus.NOT_FOUND, "There is no such webhook.")
        if len(request.body) > LARGEST_CAPTURED:
            text = f"At most {LARGEST_CAPTURED} bytes are recorded here."
            return front.problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
        arrival = Arrival(lower_case(request.headers), request.query.decode("latin-1"), request.body)
        if not await asyncio.to_thread(_store, capture, request, arrival):
            # Full, over, or a source by now, which another process may not know yet: the sender comes again.
            text = "Nothing is recorded here any more."
            return front.problem(HTTPStatus.TOO_MANY_REQUESTS, text, [("Retry-After", "60")])
        return _answer(request, arrival)


def _store(capture: KnownCapture, request: FrontRequest, arrival: Arrival) -> bool:
    """The count is the database's: however many processes record, there are never more than may be."""
    try:
        with all_tenants(), transaction.atomic():
            has_room = Capture.objects.filter(
                pk=capture.id, source=None, requests__lt=MOST_CAPTURED, expires_at__gt=timezone.now()
            ).update(requests=F("requests") + 1)
            if has_room:
                CapturedRequest.objects.create(
                    tenant_id=capture.tenant_id,
                    capture_id=capture.id,
                    method=request.method,
                    address=request.client[:45],
                    query=storable_text(arrival.query),
                    headers={
                        storable_text(name): storable_text(value) for name, value in arrival.headers.items()
                    },
                    body=request.body,
                )
            return bool(has_room)
    finally:
        connection.close()


def _answer(request: FrontRequest, arrival: Arrival) -> FrontResponse:
    """Some senders send nothing before a new URL has repeated a word of theirs."""
    word = arrival.parameter("hub.challenge") if request.method == "GET" else None
    if request.method == "POST" and arrival.value("type") == "url_verification":
        word = arrival.value("challenge")
    if word and len(word) <= LONGEST_WORD:
        return FrontResponse(200, raw(word), "text/plain")
    return FrontResponse(200, b"{}")
