"""How updates reach the bot: called at its address one by one with retries, or handed out when it asks; never both."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

from integrations.connectors.telegram.simulator.refusals import Refused
from integrations.connectors.telegram.simulator.state import World
from tenants.simulation import Outbox

TIMEOUT = 10.0
LONGEST_DELAY = 60.0


class Delivery:
    """The webhook of one bot, and its polling."""

    def __init__(
        self, world: World, changed: Callable[[], None], outbox: Outbox, first_delay: float = 2.0
    ) -> None:
        self._world, self._changed, self._outbox, self._first_delay = world, changed, outbox, first_delay
        self.url, self.secret = "", ""
        self.allowed: list[str] = []
        self.last_error: tuple[int, str] | None = None
        self._poller = 0
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    # The webhook.

    def set_webhook(self, url: str, secret: str, allowed: list[str] | None) -> None:
        with self._world.arrived:
            self.url, self.secret, self.last_error = url, secret, None
            self.allowed = self.allowed if allowed is None else allowed
            self._world.arrived.notify_all()
        if self._thread is None and url:
            self._thread = threading.Thread(target=self._run, name="telegram-webhook", daemon=True)
            self._thread.start()

    def info(self) -> dict[str, Any]:
        with self._world.lock:
            found: dict[str, Any] = {
                "url": self.url,
                "has_custom_certificate": False,
                "pending_update_count": len(self._world.updates),
            }
            if self.last_error:
                found |= {"last_error_date": self.last_error[0], "last_error_message": self.last_error[1]}
            return found

    def close(self) -> None:
        self._is_over.set()
        with self._world.arrived:
            self._world.arrived.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        """One at a time, and the next only when the one before was taken."""
        tries = 0
        while not self._is_over.is_set():
            with self._world.arrived:
                if not self.url or not self._world.updates:
                    self._world.arrived.wait(0.5)
                    continue
                update, url, secret = self._world.updates[0], self.url, self.secret
            trouble = self._outbox.send(url, partial(_post, url, secret, update), "")
            with self._world.lock:
                if not trouble:
                    if update in self._world.updates:
                        self._world.updates.remove(update)
                    tries = 0
                else:
                    self.last_error = (int(datetime.now(UTC).timestamp()), trouble)
                    tries += 1
            self._changed()
            if tries > 1:  # the first repetition follows at once
                self._is_over.wait(min(self._first_delay * 2 ** (tries - 2), LONGEST_DELAY))

    # Polling.

    def get_updates(self, offset: int | None, limit: int, seconds: float) -> list[dict[str, Any]]:
        with self._world.arrived:
            if self.url:
                raise Refused(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                )
            self._poller += 1
            mine = self._poller
            self._world.arrived.notify_all()
            if offset is not None:
                self._world.updates[:] = [one for one in self._world.updates if one["update_id"] >= offset]
            deadline = monotonic() + min(seconds, 50)
            while not self._world.updates and mine == self._poller and not self._is_over.is_set():
                left = deadline - monotonic()
                if left <= 0:
                    break
                self._world.arrived.wait(left)
            if mine != self._poller:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
            return list(self._world.updates[:limit])


def _post(url: str, secret: str, update: dict[str, Any]) -> str:
    """Empty when it was taken, else what Telegram would say of it."""
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
    request = urllib.request.Request(url, json.dumps(update).encode(), headers)  # noqa: S310 the bot's owner names it
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return "" if 200 <= answer.status < 300 else f"Wrong response from the webhook: {answer.status}"
    except urllib.error.HTTPError as error:
        return f"Wrong response from the webhook: {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        return f"Connection failed: {getattr(error, 'reason', error)}"
