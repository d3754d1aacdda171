"""`POST /tel/api`: forms with a command, checked to the letter."""

import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.planfix.simulator.outgoing import Outgoing
from integrations.connectors.planfix.simulator.state import Account, Event
from tenants.simulation import Reply, Request, is_whole

STATUSES = {
    "in": {"Success", "Missed", "Cancelled"},
    "out": {"Success", "Busy", "NoAnswer", "NotAvailable", "NotAllowed", "Cancelled"},
}
RINGING = {"in": "INCOMING", "out": "OUTGOING"}


class Refused(Exception):
    """Planfix answers 400 with one text for every mistake."""


class Telephony:
    """The commands over one account."""

    def __init__(self, account: Account, token: str, exchange: Outgoing) -> None:
        self._account, self._token = account, token
        self._commands: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
            "ping": lambda form: {"pbxToken": exchange.pbx_token, "pbxUrl": exchange.pbx_url},
            "contact": self._contact,
            "event": self._event,
            "record": self._record,
        }

    def answer(self, request: Request) -> Reply:
        form = request.form
        if not hmac.compare_digest(form.get("planfix_token", "").encode(), self._token.encode()):
            return self.refusal()
        command = self._commands.get(form.get("cmd", ""))
        try:
            if command is None:
                raise Refused
            return Reply.json(command(form))
        except Refused:
            return Reply.json({"error": "Invalid parameters"}, 400)

    def refusal(self) -> Reply:
        return Reply.json({"error": "Invalid token"}, 401)

    def _contact(self, form: dict[str, str]) -> dict[str, Any]:
        found = self._account.contact(_phone(form, "phone"))
        if found is None:
            return {}
        answer: dict[str, Any] = {"contact_name": found.name}
        if found.responsible:
            answer["responsible"] = int(found.responsible)
        return answer

    def _event(self, form: dict[str, str]) -> dict[str, Any]:
        self._account.take(_read(form))
        return {}

    def _record(self, form: dict[str, str]) -> dict[str, Any]:
        link = _link(form, required=True)
        if form.get("is_temp", "0") not in ("0", "1") or not self._account.attach(
            form.get("callid", ""), link
        ):
            raise Refused
        return {}


def _read(form: dict[str, str]) -> Event:
    kind, event = form.get("type", ""), form.get("event", "")
    if kind not in STATUSES or event not in (RINGING[kind], "ACCEPTED", "COMPLETED"):
        raise Refused
    if not form.get("callid"):
        raise Refused
    # Only a call that reached nobody ends without an extension.
    if event != "COMPLETED" and not form.get("ext"):
        raise Refused
    read = Event(
        kind, event, _phone(form, "phone"), form.get("ext", ""), form["callid"], form.get("diversion", "")
    )
    return _completed(read, form) if event == "COMPLETED" else read


def _completed(read: Event, form: dict[str, str]) -> Event:
    status, duration, recorded = form.get("status", ""), form.get("duration", ""), form.get("is_recorded", "")
    if status not in STATUSES[read.type] or not is_whole(duration) or recorded not in ("0", "1"):
        raise Refused
    return Event(
        read.type,
        read.event,
        read.phone,
        read.ext,
        read.callid,
        read.diversion,
        status,
        int(duration),
        recorded == "1",
        _link(form),
    )


def _phone(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not is_whole(value):
        raise Refused
    return value


def _link(form: dict[str, str], *, required: bool = False) -> str:
    value = form.get("record_link", "")
    if not value and not required:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise Refused from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused
    return value
