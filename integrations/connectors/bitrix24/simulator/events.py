"""`event.*`, and the sending of events: forms without a signature, once, whatever becomes of them."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.errors import Refused
from integrations.connectors.bitrix24.simulator.php import pairs
from integrations.connectors.bitrix24.simulator.state import Binding, Kept, Portal
from tenants.simulation import Outbox

TIMEOUT_SECONDS = 5.0

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """One event at one handler; a status of 0 means that nobody answered."""

    event: str
    handler: str
    status: int


class Events:
    """`identity` is what stands under `auth` in each event."""

    def __init__(
        self,
        portal: Portal,
        identity: Callable[[], dict[str, Any]],
        touched: Callable[[], None],
        outbox: Outbox,
    ) -> None:
        self._portal, self._identity, self._touched = portal, identity, touched
        self._outbox = outbox
        self.sent: list[Sent] = []

    def bind(self, params: Params, caller: Caller) -> bool:
        binding = _binding(params)
        with self._portal.lock:
            if binding in self._portal.bindings:
                raise Refused("ERROR_EVENT_BINDING_EXISTS", "Handler already binded")
            self._portal.bindings.append(binding)
        return True

    def unbind(self, params: Params, caller: Caller) -> dict[str, int]:
        binding = _binding(params)
        with self._portal.lock:
            count = self._portal.bindings.count(binding)
            self._portal.bindings = [one for one in self._portal.bindings if one != binding]
        return {"count": count}

    def get(self, params: Params, caller: Caller) -> list[dict[str, Any]]:
        with self._portal.lock:
            return [
                {"event": one.event, "handler": one.handler, "auth_type": "0", "offline": int(one.is_offline)}
                for one in self._portal.bindings
            ]

    def offline_get(self, params: Params, caller: Caller) -> dict[str, Any]:
        """What nobody was given yet. It is gone at once, or marked until it is cleared."""
        limit, is_cleared = int(params.get("limit", 50)), str(params.get("clear", 1)) != "0"
        with self._portal.lock:
            free = [one for one in self._portal.kept if not one.process_id][:limit]
            process_id = "" if is_cleared else f"{self._portal.next_id():032x}"
            for one in free:
                one.process_id = process_id
            if is_cleared:
                self._portal.kept = [one for one in self._portal.kept if one not in free]
        return {"process_id": process_id or None, "events": [_shown(one) for one in free]}

    def offline_list(self, params: Params, caller: Caller) -> list[dict[str, Any]]:
        wanted = params.get("filter") or {}
        if not isinstance(wanted, Mapping) or set(wanted) - {"!PROCESS_ID"}:
            raise Refused("ERROR_ARGUMENT", "Unknown filter")
        with self._portal.lock:
            found = [one for one in self._portal.kept if one.process_id or "!PROCESS_ID" not in wanted]
            return [_shown(one) | {"PROCESS_ID": one.process_id, "ERROR": "0"} for one in found[:50]]

    def offline_clear(self, params: Params, caller: Caller) -> bool:
        process_id = str(params.get("process_id", ""))
        if not process_id:
            raise Refused("ERROR_ARGUMENT", "Argument 'process_id' is null or empty")
        with self._portal.lock:
            self._portal.kept = [one for one in self._portal.kept if one.process_id != process_id]
        return True

    def changed(self, event: str, item_id: int) -> None:
        """An object of the CRM was created, changed or deleted."""
        self.send(event, {"FIELDS": {"ID": item_id}})

    def send(self, event: str, data: Mapping[str, Any]) -> None:
        """To all who want it, from threads of their own: the portal waits for nobody."""
        with self._portal.lock:
            bound = [one for one in self._portal.bindings if one.event == event]
            if any(one.is_offline for one in bound):
                self._keep(event, dict(data))
            handlers = [one.handler for one in bound if not one.is_offline]
        body = {"event": event, "data": data, "ts": int(self._portal.clock()), "auth": self._identity()}
        self._send(event, handlers, body)

    def install(self, handler: str, tokens: Mapping[str, Any]) -> None:
        """ONAPPINSTALL, which goes to the address that the application's settings name."""
        auth = {**self._identity(), **tokens}
        body = {
            "event": "ONAPPINSTALL",
            "data": {"VERSION": 1, "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "ru"},
            "ts": int(self._portal.clock()),
            "auth": auth,
        }
        self._send("ONAPPINSTALL", [handler], body)

    def _keep(self, event: str, data: dict[str, Any]) -> None:
        same = (event, data.get("FIELDS"))
        self._portal.kept = [
            one
            for one in self._portal.kept
            if one.process_id or (one.event, one.data.get("FIELDS")) != same or "FIELDS" not in data
        ]
        self._portal.kept.append(Kept(self._portal.next_id(), event, data, self._portal.now()))

    def _send(self, event: str, handlers: Iterable[str], body: dict[str, Any]) -> None:
        for handler in handlers:
            post = partial(self._post, event, handler, body)
            threading.Thread(target=self._outbox.send, args=(handler, post, None), daemon=True).start()

    def _post(self, event: str, handler: str, body: dict[str, Any]) -> None:
        try:
            with requests.Session() as session:
                session.trust_env = False  # a proxy must not come between two local servers
                status = session.post(
                    handler, data=pairs(body), timeout=TIMEOUT_SECONDS, allow_redirects=False
                ).status_code
        except requests.RequestException:
            status = 0
        with self._portal.lock:
            self.sent.append(Sent(event, handler, status))
        self._touched()


def _shown(one: Kept) -> dict[str, Any]:
    return {
        "ID": str(one.id),
        "TIMESTAMP_X": one.at,
        "EVENT_NAME": one.event,
        "EVENT_DATA": one.data or False,
        "EVENT_ADDITIONAL": False,
        "MESSAGE_ID": str(one.id),
    }


def _binding(params: Params) -> Binding:
    event, handler = str(params.get("event", "")).upper(), str(params.get("handler", ""))
    if event and params.get("event_type") == "offline":
        return Binding(event, "", is_offline=True)
    if not event or not handler.startswith(("http://", "https://")):
        raise Refused("ERROR_ARGUMENT", "Argument 'event' or 'handler' is null or empty")
    return Binding(event, handler)
