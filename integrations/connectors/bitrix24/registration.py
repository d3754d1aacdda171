"""Subscribing to the portal's events. Bitrix24 sends no secret of ours with them, so the handler's address carries it."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext as _

from integrations.connector import Session
from integrations.connectors.bitrix24.client import Bitrix24
from integrations.connectors.bitrix24.errors import Refused
from integrations.connectors.bitrix24.hooks import EVENTS
from integrations.connectors.bitrix24.manifest import ASKED
from integrations.hooks import WebhookRegistration
from tenants.errors import ConfigError

_BOUND_ALREADY = "already bind"
_LINE_EXISTS = "already exists"


class Subscriptions(Session, WebhookRegistration):
    """For applications only. Bindings are lost when the application is installed anew."""

    _api: Bitrix24

    def subscribe(self, url: str, secret: str) -> None:
        line = str(self.live.settings.get("line") or "")
        if line:
            self._add_line(line)
        handler = url if urlsplit(url).query or not secret else f"{url}?{urlencode({'token': secret})}"
        bound = self._bound(url)
        asked = self._asked_for()
        if self._is_asking:
            self._ask_for([event for event in EVENTS if event not in asked])
            self._unbind(bound)
            return
        self._ask_no_more(asked)
        # A secret that was changed since: the old address proves nothing any more.
        self._unbind({event: handlers - {handler} for event, handlers in bound.items()})
        missing = [event for event in EVENTS if handler not in bound.get(event, set())]
        self._in_batch("event.bind", [{"event": event, "handler": handler} for event in missing])

    def is_subscribed(self, url: str) -> bool:
        bound = self._asked_for() if self._is_asking else self._bound(url).keys()
        return all(event in bound for event in EVENTS)

    def unsubscribe(self, url: str) -> None:
        self._unbind(self._bound(url))
        self._ask_no_more(self._asked_for())

    @property
    def _is_asking(self) -> bool:
        return self.live.settings.get("events") == ASKED

    def _asked_for(self) -> set[str]:
        """Events that the portal keeps for us."""
        if not self._api.is_app:
            return set()
        rows = [row for row in self._api.bindings() if str(row.get("offline") or "0") == "1"]
        return {str(row.get("event", "")).upper() for row in rows}

    def _ask_for(self, events: Sequence[str]) -> None:
        self._in_batch("event.bind", [{"event": event, "event_type": "offline"} for event in events])

    def _ask_no_more(self, events: Iterable[str]) -> None:
        calls = [{"event": event, "event_type": "offline"} for event in sorted(events)]
        self._in_batch("event.unbind", calls)

    def _in_batch(self, method: str, calls: Sequence[Mapping[str, str]]) -> None:
        named = {f"e{number}": (method, params) for number, params in enumerate(calls)}
        answer = self._api.batch(named, operation=method) if named else None
        for error in answer.errors.values() if answer else ():
            if not (isinstance(error, Refused) and _BOUND_ALREADY in error.why.lower()):
                raise error

    def _bound(self, url: str) -> dict[str, set[str]]:
        """Event -> our addresses that hear of it, whatever secret they carry."""
        if not self._api.is_app:
            raise ConfigError(
                _(
                    "An incoming webhook cannot subscribe: connect an application, or make an outgoing webhook there."
                )
            )
        found: dict[str, set[str]] = {}
        for row in self._api.bindings():
            if str(row.get("offline") or "0") == "1":
                continue
            event, handler = str(row.get("event", "")).upper(), str(row.get("handler", ""))
            if _without_query(handler) == _without_query(url):
                found.setdefault(event, set()).add(handler)
        return found

    def _unbind(self, bound: dict[str, set[str]]) -> None:
        pairs = [(event, handler) for event, handlers in bound.items() for handler in sorted(handlers)]
        for begin in range(0, len(pairs), 50):
            calls = {
                f"u{number}": ("event.unbind", {"event": event, "handler": handler})
                for number, (event, handler) in enumerate(pairs[begin : begin + 50])
            }
            for error in self._api.batch(calls, operation="event.unbind").errors.values():
                raise error

    def _add_line(self, number: str) -> None:
        try:
            self._api.add_line(number)
        except Refused as error:
            if _LINE_EXISTS not in error.why.lower():
                raise


def _without_query(address: str) -> str:
    try:
        return urlsplit(address)._replace(query="", fragment="").geturl()
    except ValueError:
        return ""
