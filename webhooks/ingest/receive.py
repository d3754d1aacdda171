"""`POST /webhook/{sender}/{identifier}`, and messengers' own path: find the source, check the proof, store the row, answer.

At the front and not in Django: senders give up after a few seconds and switch off what answers slowly, so an admin page
that takes long must not hold them up, and a flood of wrong signatures must not cost queries.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from django.conf import settings

from config import front
from config.front import FrontRequest, FrontResponse
from config.front.group_commit import NotStored, Overloaded
from config.front.live_table import REFRESH_SECONDS, UNREACHABLE
from config.keyring import Unreadable
from config.metrics import counter
from webhooks.hops import LOOP_STATUS, MOST
from webhooks.ingest import tallies
from webhooks.ingest.arrived import new_inbound, of_parameters
from webhooks.ingest.captures import Recorder
from webhooks.ingest.certificates import Certificates
from webhooks.ingest.diagnosis import sample
from webhooks.ingest.key_sets import UNREACHABLE as KEYS_UNREACHABLE
from webhooks.ingest.key_sets import KeySets
from webhooks.ingest.table import KnownSource, SourceTable
from webhooks.ingest.writer import InboundWriter
from webhooks.models.capture import CAPTURE
from webhooks.models.source import PATH
from webhooks.presets import PRESETS, Arrival, Preset, Proof
from webhooks.presets.arrival import lower_case
from webhooks.presets.certificates import is_known

logger = logging.getLogger(__name__)

MESSAGING_PATH: Final = "/api/v1/messaging/webhook/"

requests_total = counter(
    "switchboard_inbound_requests_total", "Requests to inbound webhooks.", ("sender", "result")
)


class Receiver:
    """Table, writer, tallies and handler of one web process; a service of the front."""

    name = "inbound webhooks"

    def __init__(self) -> None:
        self.sources = SourceTable()
        self.writer = InboundWriter()
        self.tallies = tallies.Tallies()
        self.certificates = Certificates()
        self.key_sets = KeySets()
        self._recorder = Recorder()
        self._counting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.writer.start()
        self.sources.start_following()
        self._counting = asyncio.create_task(self._count())

    async def stop(self) -> None:
        self.sources.stop_following()
        if self._counting is not None:
            self._counting.cancel()
        await self.writer.stop()
        await self.write_tallies()

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.write_tallies()

    async def write_tallies(self) -> None:
        if counts := self.tallies.take():
            await asyncio.to_thread(tallies.write, counts)

    async def receive(self, request: FrontRequest) -> FrontResponse:
        """One request of a sender. 2xx only after the commit; 4xx and 503 have left no row."""
        sender, _slash, public_id = request.path.removeprefix(PATH).strip("/").partition("/")
        is_capture = sender == CAPTURE
        try:
            source = await self.sources.lookup(public_id) if sender in PRESETS or is_capture else None
            if is_capture and source is None:
                requests_total.inc(CAPTURE, "captured")
                return await self._recorder.receive(request, public_id)
        except UNREACHABLE:
            return _unavailable(sender)
        # A source that was made of a capture keeps its URL, whoever its sender turned out to be.
        return await self._answer(request, source.preset.name if is_capture and source else sender, source)

    async def receive_messaging(self, request: FrontRequest) -> FrontResponse:
        """The same by the path of messengers, at which a sender's token may stand for the identifier."""
        sender, _slash, public_id = request.path.removeprefix(MESSAGING_PATH).strip("/").partition("/")
        try:
            if public_id or sender not in PRESETS or not PRESETS[sender].is_token:
                source = await self.sources.lookup(public_id) if sender in PRESETS else None
            else:
                source = await self.sources.proved_by(sender, _arrival(request))
        except UNREACHABLE:
            return _unavailable(sender)
        except Unreadable:
            logger.exception("sources of %s: a secret cannot be read", sender)
            return _unavailable(sender)
        return await self._answer(request, sender, source)

    async def _answer(self, request: FrontRequest, sender: str, source: KnownSource | None) -> FrontResponse:
        if source is None or source.preset.name != sender:
            requests_total.inc(sender if sender in PRESETS else "unknown", "unknown")
            return front.problem(HTTPStatus.NOT_FOUND, "There is no such webhook.")
        preset, now = source.preset, time.time()
        arrival = _arrival(request, now, source.options)
        if preset.greeting is not None and (greeting := preset.greeting(arrival)) is not None:
            requests_total.inc(sender, "handshake")
            return FrontResponse(200, greeting.body, greeting.content_type)
        if request.method == "GET":
            if not preset.takes_get:
                return _refused(preset, HTTPStatus.METHOD_NOT_ALLOWED, "Use POST.", [("Allow", "POST")])
            arrival = of_parameters(arrival)
        if preset.certificate is not None and self._lacks_certificate(preset.certificate(arrival)):
            return _unavailable(sender, preset)
        try:
            secrets = source.secrets(now)
        except Unreadable:
            logger.exception("source %s: its secret cannot be read", source.id)
            return _unavailable(sender, preset)
        proof = preset.prove(arrival, secrets, source.tolerance)
        lacking = self._lacking_keys(source, arrival, secrets)
        if lacking and not (proof.holds and proof.secret not in lacking):
            return _unavailable(sender, preset)
        if not proof.holds:
            self._reject(source, arrival, proof.reason)
            return _refused(
                preset,
                HTTPStatus.UNAUTHORIZED,
                "The signature is missing or wrong.",
                [("WWW-Authenticate", "Signature")],
            )
        return await self._accept(source, arrival, proof)

    def _lacks_certificate(self, url: str) -> bool:
        """Whether it must be fetched before anything can be said. An address that is not believed is never asked."""
        if not url or is_known(url):
            return False
        self.certificates.want(url)
        return True

    def _lacking_keys(self, source: KnownSource, arrival: Arrival, secrets: list[str]) -> set[str]:
        """The addresses whose keys must be fetched before they can say anything. That they cannot be is shown at the source."""
        if source.preset.key_set is None:
            return set()
        places = dict(source.preset.key_set(arrival, secret) for secret in secrets)
        places.pop("", None)
        lacking = {
            place: why for place, name in places.items() if (why := self.key_sets.lacking(place, name))
        }
        for place, reason in lacking.items():
            if reason == KEYS_UNREACHABLE:
                self.tallies.reject(source.id, source.tenant_id, reason)
                if self.tallies.wants_sample(source.id):
                    found = ("key_set", self.key_sets.failure(place))
                    self.tallies.add_sample(source.id, sample(source, arrival, reason, (), found))
        return set(lacking)

    def _reject(self, source: KnownSource, arrival: Arrival, reason: str) -> None:
        requests_total.inc(source.preset.name, "unauthorized")
        self.tallies.reject(source.id, source.tenant_id, reason)
        if self.tallies.wants_sample(source.id):
            neighbours = self.sources.neighbours(source)
            self.tallies.add_sample(source.id, sample(source, arrival, reason, neighbours))

    async def _accept(self, source: KnownSource, arrival: Arrival, proof: Proof) -> FrontResponse:
        sender = source.preset.name
        reply = source.preset.reply(arrival, proof.secret)
        new = new_inbound(
            source.id, source.tenant_id, source.preset, arrival, reply, is_former=proof.is_former_secret
        )
        try:
            is_new = await self.writer.store(new, len(arrival.body))
        except (NotStored, Overloaded):
            return _unavailable(sender, source.preset)
        if new.is_loop:
            requests_total.inc(sender, "loop")
            return _refused(
                source.preset, LOOP_STATUS, f"It came through more than {MOST} deliveries of Switchboard."
            )
        requests_total.inc(sender, "stored" if is_new else "duplicate")
        if not is_new:
            self.tallies.repeat(source.id, source.tenant_id)
        return FrontResponse(200, reply.body, reply.content_type)


def _arrival(request: FrontRequest, now: float = 0.0, options: Mapping[str, str] | None = None) -> Arrival:
    query = request.query.decode("latin-1")
    return Arrival(
        lower_case(request.headers),
        query,
        request.body,
        now,
        options or {},
        request.client,
        request.method,
        request.path,
    )


def _unavailable(sender: str, preset: Preset | None = None) -> FrontResponse:
    requests_total.inc(sender, "unavailable")
    return _refused(
        preset, HTTPStatus.SERVICE_UNAVAILABLE, "Not stored. Send it again.", [("Retry-After", "1")]
    )


def _refused(
    preset: Preset | None, status: HTTPStatus, text: str, headers: list[tuple[str, str]] | None = None
) -> FrontResponse:
    """In the shape that the sender wants its refusals in."""
    if preset is None or preset.refusal is None:
        return front.problem(status, text, headers or [])
    return FrontResponse(status, preset.refusal(status, text), "application/json", headers or [])


def register_paths() -> None:
    """Tell the front which paths are ours. Some senders ask by GET whether a URL is ours before they use it."""
    receiver = Receiver()
    for path, handler in ((PATH, receiver.receive), (MESSAGING_PATH, receiver.receive_messaging)):
        front.register(
            path, handler, methods=("POST", "GET"), body_limit=settings.INBOUND_MAX_SIZE, prefix=True
        )
    front.register_service(receiver)
