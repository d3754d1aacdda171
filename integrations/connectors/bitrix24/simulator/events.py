"""`event.*`, and the sending of events: forms without a signature, once, whatever becomes of them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.errors import Refused
from integrations.connectors.bitrix24.simulator.php import pairs
from integrations.connectors.bitrix24.simulator.state import Binding, Portal
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
                {"event": one.event, "handler": one.handler, "auth_type": "0", "offline": 0}
                for one in self._portal.bindings
            ]

    def changed(self, event: str, item_id: int) -> None:
        """An object of the CRM was created, changed or deleted."""
        self.send(event, {"FIELDS": {"ID": item_id}})

    def send(self, event: str, data: Mapping[str, Any]) -> None:
        """To all who want it, from threads of their own: the portal waits for nobody."""
        with self._portal.lock:
            handlers = [one.handler for one in self._portal.bindings if one.event == event]
        body = {"event": event, "data": data, "ts": int(self._portal.clock()), "auth": self._identity()}
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


def _binding(params: Params) -> Binding:
    event, handler = str(params.get("event", "")).upper(), str(params.get("handler", ""))
    if not event or not handler.startswith(("http://", "https://")):
        raise Refused("ERROR_ARGUMENT", "Argument 'event' or 'handler' is null or empty")
    return Binding(event, handler)
