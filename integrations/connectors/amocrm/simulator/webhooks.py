"""Webhooks: who wants to hear of what, and the requests that go out; flat forms without any signature."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from integrations.connectors.amocrm.simulator.lists import EMPTY
from integrations.connectors.amocrm.simulator.problems import bad, problem
from integrations.connectors.amocrm.simulator.state import COMPANIES, CONTACTS, LEADS, Account, Row, Webhook
from tenants.simulation import Outbox, Reply, Request

TIMEOUT_SECONDS = 2.0
_SINGULAR = {LEADS: "lead", CONTACTS: "contact", COMPANIES: "company"}
_ACTIONS = ("add", "update", "delete", "restore", "status", "responsible", "note")
SETTINGS = frozenset(f"{action}_{entity}" for action in _ACTIONS for entity in _SINGULAR.values())


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that went out; a status of 0 means that there was no answer."""

    url: str
    form: dict[str, str]
    status: int


class Webhooks:
    """Subscriptions, and a thread that sends, so that a change never waits for its receiver."""

    def __init__(self, account: Account, notify: Callable[[], None], outbox: Outbox) -> None:
        self._account, self._notify, self._outbox = account, notify, outbox
        self.made: list[Delivery] = []
        self.known_settings = SETTINGS
        self._queue: queue.Queue[tuple[str, dict[str, str]] | None] = queue.Queue()
        account.listeners.append(self._heard)

    def list(self, request: Request) -> Reply:
        wanted = request.query.get("filter[destination]")
        with self._account.lock:
            found = [one for one in self._account.webhooks if wanted in (None, one.destination)]
        return Reply.json({"_embedded": {"webhooks": [_shown(one) for one in found]}}) if found else EMPTY

    def subscribe(self, request: Request) -> Reply:
        data = _json(request)
        destination, settings = data.get("destination"), data.get("settings")
        if not isinstance(destination, str) or not destination.startswith(("http://", "https://")):
            return bad("InvalidUrl", "destination", "This value is not a valid URL.")
        if not isinstance(settings, list) or not settings or not set(settings) <= self.known_settings:
            return bad("NotSupportedChoice", "settings", "One or more of the given values is invalid.")
        with self._account.lock:
            one = next((each for each in self._account.webhooks if each.destination == destination), None)
            if one is None:
                one = Webhook(self._account.number(), destination, [])
                self._account.webhooks.append(one)
            one.settings, one.is_disabled = settings, False
        return Reply.json(_shown(one), 201)

    def unsubscribe(self, request: Request) -> Reply:
        destination = _json(request).get("destination")
        with self._account.lock:
            left = [one for one in self._account.webhooks if one.destination != destination]
            if len(left) == len(self._account.webhooks):
                return problem(404, "Webhook not found")
            self._account.webhooks[:] = left
        return EMPTY

    def run(self) -> None:
        """Send what is queued, until `stop`."""
        with requests.Session() as session:
            session.trust_env = False
            session.headers["User-Agent"] = "amoCRM-Webhooks/3.0"
            while (one := self._queue.get()) is not None:
                self._outbox.send(one[0], partial(self._send, session, *one), None)

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name="simulator-amocrm-webhooks", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._queue.put(None)

    def _heard(self, plural: str, action: str, row: Row) -> None:
        setting = f"{action}_{_SINGULAR[plural]}"
        for one in self._account.webhooks:
            if setting in one.settings and not one.is_disabled:
                self._queue.put((one.destination, self.form(plural, action, row)))

    def form(self, plural: str, action: str, row: Row) -> dict[str, str]:
        """Flat keys with brackets; a company comes as a contact of that type."""
        begin = f"{LEADS if plural == LEADS else CONTACTS}[{action}][0]"
        found = {f"{begin}[id]": str(row["id"])}
        for name in ("name", "status_id", "pipeline_id", "responsible_user_id", "price"):
            if row.get(name) not in (None, "") and action != "delete":
                found[f"{begin}[{name}]"] = str(row[name])
        found[f"{begin}[updated_at]"] = str(row["updated_at"])
        if plural != LEADS:
            found[f"{begin}[type]"] = _SINGULAR[plural]
        return found | {"account[id]": str(self._account.id), "account[subdomain]": self._account.subdomain}

    def _send(self, session: requests.Session, url: str, form: dict[str, str]) -> None:
        try:
            status = session.post(url, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False).status_code
        except requests.RequestException:
            status = 0  # nobody there: shown on the page, and never sent again
        with self._account.lock:
            self.made.append(Delivery(url, form, status))
        self._notify()


def _json(request: Request) -> dict[str, Any]:
    try:
        data = request.json()
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _shown(one: Webhook) -> Row:
    return {
        "id": one.id,
        "destination": one.destination,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "account_id": 290,
        "created_by": 501,
        "sort": 1,
        "disabled": one.is_disabled,
        "settings": one.settings,
    }
