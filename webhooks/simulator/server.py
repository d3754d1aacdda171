"""The receiver: keeps what arrives, says whether its signature is right, and answers as it was told to."""

import argparse
import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from tenants.simulation import Action, BaseSimulator, Reply, Request
from webhooks.simulator.signature import Verdict, check, key_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KEPT = 2_000
SHOWN = 50
# What the page shows of one body; the whole of it is in `received` and behind /_control/requests.
BODY_SHOWN = 8_000


class Mode(StrEnum):
    """How the receiver answers."""

    OK = "200"
    ERROR = "500"
    GONE = "410"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it arrived; `attempt` counts arrivals of the same webhook-id, from 1."""

    number: int
    webhook_id: str
    type: str
    verdict: Verdict
    attempt: int
    text: str  # the body as the page shows it
    request: Request


class Simulator(BaseSimulator):
    """Takes webhooks on every path. With a secret it refuses (401) what is not signed by it, as a subscriber should."""

    name: ClassVar[str] = "receiver"
    title: ClassVar["StrOrPromise"] = _lazy("Webhook receiver")
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, secret: str = "", slow_seconds: float = 10.0
    ) -> None:
        super().__init__(host=host, port=port)
        self.mode = Mode.OK
        self.slow_seconds = slow_seconds
        self._key = key_of(secret) if secret else None
        self._received: deque[Received] = deque(maxlen=KEPT)
        self._count = 0

    @property
    def received(self) -> list[Received]:
        """Every webhook so far, repeats included, in order of arrival."""
        with self._lock:
            return list(self._received)

    def answer_with(self, mode: str) -> None:
        """Answers so from now on: one of Mode's values."""
        self.mode = Mode(mode)
        self.changes.touch()

    def reset(self) -> None:
        self.mode = Mode.OK
        with self._lock:
            self._received.clear()
        super().reset()

    def respond(self, request: Request) -> Reply:
        mode = self.mode
        received = self._keep(request)
        if mode is Mode.SLOW:
            self.changes.pause(self.slow_seconds)
        elif mode is not Mode.OK:
            return Reply.json({"error": f"told to answer {mode}"}, int(mode))
        if received.verdict not in (Verdict.GOOD, Verdict.UNCHECKED):
            return Reply.json({"error": f"signature: {received.verdict}"}, 401)
        return Reply.json({"received": received.webhook_id})

    def _keep(self, request: Request) -> Received:
        identifier = request.header("webhook-id")
        kind, text = _read(request)
        with self._lock:
            self._count += 1
            former = sum(bool(identifier) and each.webhook_id == identifier for each in self._received)
            received = Received(
                number=self._count,
                webhook_id=identifier,
                type=kind,
                verdict=self._check(request),
                attempt=former + 1,
                text=text,
                request=request,
            )
            self._received.append(received)
        self.changes.touch()
        return received

    def _check(self, request: Request) -> Verdict:
        if self._key is None:
            return Verdict.UNCHECKED
        identifier, timestamp, signatures = (
            request.header(f"webhook-{name}") for name in ("id", "timestamp", "signature")
        )
        return check(self._key, identifier, timestamp, signatures, request.body)

    # What it shows.

    def snapshot(self, language: str) -> dict[str, Any]:
        received = self.received
        return {
            "mode": self.mode.value,
            "address": self.url,
            "total": self._count,
            "webhooks": [_shown(each) for each in reversed(received[-SHOWN:])],
        }

    def actions(self) -> dict[str, Action]:
        return {"mode": self._change_mode, "clear": self._clear}

    def _change_mode(self, data: dict[str, Any]) -> str:
        if data.get("mode") not in {each.value for each in Mode}:
            raise ValueError(_("There is no such answer."))
        self.answer_with(data["mode"])
        return _("The next webhooks are answered so.")

    def _clear(self, data: dict[str, Any]) -> str:
        with self._lock:
            self._received.clear()
        return _("The list is empty.")

    # How it is started.

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--secret", default="", help="whsec_…; without it signatures are not checked")

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Self:
        try:
            return cls(host=options["host"], port=options["port"], secret=options["secret"])
        except ValueError as error:
            raise ValueError("--secret: not whsec_ followed by base64") from error


def _read(request: Request) -> tuple[str, str]:
    """The event type that the body names, if any, and the body for people: indented when it is JSON."""
    try:
        data = request.json()
        text = json.dumps(data, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # indenting gives up on a nesting that parsing survived
        data, text = None, request.body.decode("utf-8", "replace")
    kind = data.get("type") if isinstance(data, dict) else None
    short = text if len(text) <= BODY_SHOWN else f"{text[:BODY_SHOWN]}…"
    return (kind if isinstance(kind, str) else ""), short


VERDICTS = {
    Verdict.GOOD: (_lazy("Signature verified"), "good"),
    Verdict.MISSING: (_lazy("Not signed"), "bad"),
    Verdict.STALE: (_lazy("Signed too long ago"), "bad"),
    Verdict.WRONG: (_lazy("Wrong signature"), "bad"),
    Verdict.UNCHECKED: (_lazy("Signature not checked"), ""),
}


def _shown(received: Received) -> dict[str, Any]:
    request = received.request
    verdict, mood = VERDICTS[received.verdict]
    return {
        "id": received.number,
        "webhook_id": received.webhook_id,
        "type": received.type or _("no type"),
        "target": f"{request.method} {request.target}",
        "verdict": str(verdict),
        "mood": mood,
        "repeat": _("attempt %(number)d") % {"number": received.attempt} if received.attempt > 1 else "",
        "status": _("answering…") if request.status is None else str(request.status or _("no answer")),
        "status_mood": "" if request.status is None else "good" if 200 <= request.status < 300 else "bad",
        "at": _milliseconds(request.arrived),
        "headers": [
            {"id": index, "name": name, "value": value} for index, (name, value) in enumerate(request.headers)
        ],
        "body": received.text,
    }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
