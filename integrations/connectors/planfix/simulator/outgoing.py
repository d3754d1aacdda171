"""What Planfix sends: commands to the exchange, and the requests of an automatic scenario."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from tenants.simulation import Outbox

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and how it was answered; a status of 0 means that nobody answered."""

    command: str
    status: int
    body: bytes


class Outgoing:
    """`pbx_url` and `pbx_token` are what the account's settings say of the exchange."""

    def __init__(self, pbx_url: str, pbx_token: str, touched: Callable[[], None], outbox: Outbox) -> None:
        self.pbx_url, self.pbx_token, self._outbox = pbx_url, pbx_token, outbox
        self.sent: list[Sent] = []
        self._touched = touched

    def make_call(self, extension: str, phone: str) -> Sent:
        """An employee clicked a number."""
        return self.command({"cmd": "makeCall", "from": extension, "to": phone})

    def set_up(self, planfix_token: str, planfix_url: str) -> Sent:
        """Somebody switched the telephony on."""
        return self.command({"cmd": "setup", "planfix_token": planfix_token, "planfix_url": planfix_url})

    def command(self, form: Mapping[str, str]) -> Sent:
        return self._send(form["cmd"], self.pbx_url, data={**form, "token": self.pbx_token})

    def scenario(self, url: str, body: Mapping[str, Any]) -> Sent:
        """The HTTP request of an automatic scenario, as its author wrote it."""
        return self._send("scenario", url, json=dict(body))

    def _send(self, command: str, url: str, **body: Any) -> Sent:
        return self._outbox.send(url, partial(self._post, command, url, **body), Sent(command, 0, b""))

    def _post(self, command: str, url: str, **body: Any) -> Sent:
        with requests.Session() as session:
            session.trust_env = False  # a proxy must not come between two local servers
            try:
                answer = session.post(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **body)
                sent = Sent(command, answer.status_code, answer.content)
            except requests.RequestException:
                sent = Sent(command, 0, b"")
        self.sent.append(sent)
        self._touched()
        return sent
