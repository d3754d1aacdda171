"""What RetailCRM asks of a module: make a call, take a status, hear of its activity, open its page."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin

import requests

from integrations.connectors.retailcrm.simulator.state import Account, Module
from tenants.simulation import Outbox

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Callback:
    """One request made to a module, and its answer; a status of 0 means that there was none."""

    method: str
    url: str
    data: dict[str, str]
    status: int
    body: str


class Callbacks:
    """Makes the requests; nothing authenticates them but the module's clientId."""

    def __init__(self, account: Account, outbox: Outbox) -> None:
        self._account, self._outbox = account, outbox
        self.made: list[Callback] = []

    def make_call(self, user_id: int, phone: str, external_phone: str = "") -> Callback:
        """What a click on the telephone icon does; raises LookupError where the icon is not shown."""
        module = self._account.calling_module()
        code = self._account.code_of(user_id)
        if module is None or not code:
            raise LookupError("the telephone icon needs a module with makeCallUrl and a user with a code")
        query = self._identity(module) | {"code": code, "phone": phone, "userId": str(user_id)}
        query |= {"externalPhone": external_phone} if external_phone else {}
        return self._get(module, module.telephony["makeCallUrl"], query)

    def change_status(self, user_id: int, status: str) -> list[Callback]:
        """Tells every working module that wants to know."""
        with self._account.lock:
            modules = [
                each for each in self._account.modules.values() if each.telephony.get("changeUserStatusUrl")
            ]
        query = {"userId": str(user_id), "code": self._account.code_of(user_id), "status": status}
        return [
            self._get(each, each.telephony["changeUserStatusUrl"], self._identity(each) | query)
            for each in modules
            if each.is_working
        ]

    def change_activity(self, code: str, *, active: bool, freeze: bool = False) -> Callback | None:
        """Switches a module on or off, as a person can in the account, and tells it if it asked for that."""
        with self._account.lock:
            module = self._account.modules[code]
            module.data |= {"active": active, "freeze": freeze}
        path = (module.data.get("actions") or {}).get("activity")
        if not path:
            return None
        data = self._identity(module) | {"activity": json.dumps({"active": active, "freeze": freeze})}
        return self._send("POST", urljoin(f"{module.data['baseUrl'].rstrip('/')}/", path.lstrip("/")), data)

    def open_account(self, code: str) -> Callback:
        """What opening the module's own page from the account sends."""
        module = self._account.modules[code]
        return self._send("POST", module.data["accountUrl"], self._identity(module))

    def _identity(self, module: Module) -> dict[str, str]:
        return {"clientId": str(module.data.get("clientId", ""))}

    def _get(self, module: Module, url: str, query: dict[str, str]) -> Callback:
        return self._send("GET", urljoin(module.data["baseUrl"], url), query)

    def _send(self, method: str, url: str, data: dict[str, str]) -> Callback:
        unsent = Callback(method, url, data, 0, "")
        return self._outbox.send(url, partial(self._post, method, url, data), unsent)

    def _post(self, method: str, url: str, data: dict[str, str]) -> Callback:
        fields: dict[str, Any] = {"params": data} if method == "GET" else {"data": data}
        try:
            with requests.Session() as session:
                session.trust_env = (
                    False  # a proxy of the environment must not come between two local servers
                )
                answer = session.request(
                    method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **fields
                )
            callback = Callback(method, url, data, answer.status_code, answer.text[:2000])
        except requests.RequestException as error:
            callback = Callback(method, url, data, 0, str(error))
        with self._account.lock:
            self.made.append(callback)
        return callback
