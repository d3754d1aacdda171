"""The hub's front for webhooks on the wire, for simulators that send to us."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

from config.front.messages import FrontRequest, FrontResponse
from tenants.simulation import BaseSimulator, Reply, Request
from tenants.simulation import tests as page
from tenants.work import drain
from webhooks.ingest.receive import Receiver


class Door(BaseSimulator):
    """Every request is stored or refused as by a real front."""

    name: ClassVar[str] = "door"
    title: ClassVar[str] = "Door"
    folder: ClassVar[Path] = Path(page.__file__).parent / "page"

    def snapshot(self, language: str) -> dict[str, Any]:
        return {}

    def respond(self, request: Request) -> Reply:
        answer = asyncio.run(_received(request))
        return Reply(answer.status, answer.body, answer.content_type)


async def _received(request: Request) -> FrontResponse:
    receiver = Receiver()
    await receiver.start()
    try:
        headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
        query = request.target.partition("?")[2].encode()
        asked = FrontRequest(request.method, request.path, query, headers, request.body, "192.0.2.7")
        return await receiver.receive(asked)
    finally:
        await receiver.stop()


def handle_all() -> None:
    """Everything that came in is dealt with."""
    drain("webhooks.inbound")
    drain("integrations.receive")
