"""The exchange's paths, answered at the front: token, parse, durable row, 200."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from django.conf import settings

from config import front
from config.front import FrontRequest, FrontResponse, Handler
from config.front.group_commit import NotStored, Overloaded
from config.front.live_table import UNREACHABLE
from config.metrics import counter
from telephony.ingest.parse import KINDS, MAX_TOKEN, parse
from telephony.ingest.tokens import TokenTable
from telephony.ingest.writer import CallEventWriter, arrived

TOKEN_HEADER: Final = b"x-pbx-token"
STORED: Final = FrontResponse(200, b"{}")
# The second one is what existing deployments speak.
GATEWAY_PATHS: Final = ("/dispatch/call-event", "/retailcrm/api/events")

events_total = counter("switchboard_pbx_events_total", "Requests of telephone exchanges.", ("kind", "result"))


class Ingest:
    """Token table, writer and handlers of one web process; a service of the front."""

    name = "call events"

    def __init__(self) -> None:
        self.tokens = TokenTable()
        self.writer = CallEventWriter()

    async def start(self) -> None:
        await self.writer.start()
        self.tokens.start_following()

    async def stop(self) -> None:
        self.tokens.stop_following()
        await self.writer.stop()

    def handler(self, kind: str) -> Handler:
        """The handler of one path; an empty kind means that the body names it."""

        async def take(request: FrontRequest) -> FrontResponse:
            return await self.take(request, kind)

        return take

    async def take(self, request: FrontRequest, kind: str) -> FrontResponse:
        """Store one event. 401 without a known token, 503 when there is no row; in both cases nothing was kept."""
        event = parse(request.body, kind, _outside_token(request))
        try:
            source = await self.tokens.find(event.token)
            if source is None:
                events_total.inc(kind or event.kind, "unauthorized")
                return _unauthorized(event.token)
            await self.writer.store(arrived(source, event, request.client[:45]))
        except (NotStored, Overloaded, *UNREACHABLE):
            events_total.inc(event.kind, "unavailable")
            return front.problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "Not stored. Send it again.", [("Retry-After", "1")]
            )
        events_total.inc(event.kind, "degraded" if event.degraded else "stored")
        return STORED


def _outside_token(request: FrontRequest) -> str:
    header = request.header(TOKEN_HEADER)
    if header:
        return header.decode("latin-1").strip()[:MAX_TOKEN]
    if request.query:
        query = parse_qs(request.query.decode("latin-1"), max_num_fields=None)
        values = query.get("token") or query.get("Token")
        return values[0].strip()[:MAX_TOKEN] if values else ""
    return ""


def _unauthorized(token: str) -> FrontResponse:
    detail = (
        "This token is not known."
        if token
        else "A token is needed: the field Token, or the header X-Pbx-Token."
    )
    return front.problem(HTTPStatus.UNAUTHORIZED, detail, [("WWW-Authenticate", "Token")])


def register_paths(ingest: Ingest | None = None) -> None:
    """Tell the front which paths are ours."""
    ingest = ingest or Ingest()
    limit = settings.PBX_EVENT_MAX_SIZE
    for kind in KINDS:
        front.register(f"/{kind}", ingest.handler(kind), body_limit=limit)
        front.register(f"/pbx/{kind}", ingest.handler(kind), body_limit=limit)
    for path in GATEWAY_PATHS:
        front.register(path, ingest.handler(""), body_limit=limit)
    front.register_service(ingest)
