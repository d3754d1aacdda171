"""Says that Switchboard runs as soon as it is true, and what is missing when it takes long."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.supervisor.plan import Plan

POLL_SECONDS = 0.3
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Health:
    is_ok: bool
    missing: str


def ask_health(plan: Plan) -> Health:
    """What /health says right now."""
    peer = "127.0.0.1" if plan.host in ("", "0.0.0.0", "::") else plan.host  # noqa: S104 compared, not bound
    connection = http.client.HTTPConnection(peer, plan.port, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Host": plan.public_host})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return Health(False, "web")
    finally:
        connection.close()
    # A redirect to https means that Django is there and that only the proxy may ask.
    return Health(response.status == 200 or 300 <= response.status < 400, _missing(body))


def _missing(body: bytes) -> str:
    try:
        return ", ".join(json.loads(body)["failing"])
    except (ValueError, KeyError, TypeError):
        return "web"


def announce_when_healthy(plan: Plan, stopped: threading.Event, say: Callable[[str], object]) -> None:
    """Watch in the background; `stopped` ends it."""
    threading.Thread(target=_watch, args=(plan, stopped, say), name="announcement", daemon=True).start()


def _watch(plan: Plan, stopped: threading.Event, say: Callable[[str], object]) -> None:
    impatient_at = time.monotonic() + PATIENCE_SECONDS
    while not stopped.wait(POLL_SECONDS):
        health = ask_health(plan)
        if health.is_ok:
            say(plan.words.greeting)
            return
        if time.monotonic() > impatient_at:
            say(plan.words.waiting % {"missing": health.missing})
            impatient_at = time.monotonic() + PATIENCE_SECONDS
