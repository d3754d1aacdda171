"""Events that the portal keeps until we say that they are stored: nothing is lost while one of us cannot be reached."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

import orjson
from django.core.cache import cache

from integrations.capabilities import Polled, Updates
from integrations.connector import Session
from integrations.connectors.bitrix24.client import Bitrix24, Row, as_rows
from integrations.connectors.bitrix24.manifest import ASKED

LOOK_BACK_SECONDS: Final = 300
MOST_PROCESSES: Final = 4


class OfflineEvents(Session, Updates):
    """A position is the process ids under which events were given to us; they are cleared with the next question."""

    pause: ClassVar[float] = 5.0

    _api: Bitrix24

    @classmethod
    def is_polled(cls, values: Mapping[str, Any]) -> bool:
        return values.get("events") == ASKED

    def poll(self, position: str, seconds: float) -> Polled:
        for process_id in filter(None, position.split(",")):
            self._api.clear_events(process_id)
        found = self._api.offline_events()
        events = as_rows(found.get("events") or [])
        if events:
            return Polled(_bodies(events), str(found.get("process_id") or ""))
        left = self._left_over()
        named = list(dict.fromkeys(str(one["PROCESS_ID"]) for one in left))[:MOST_PROCESSES]
        return Polled(_bodies(one for one in left if str(one["PROCESS_ID"]) in named), ",".join(named))

    def _left_over(self) -> list[Row]:
        """Given to one of us who was killed before they were stored. Looked for now and then, when all is quiet."""
        if not cache.add(f"bitrix24:looked-back:{self.live.id}", True, LOOK_BACK_SECONDS):
            return []
        return [one for one in self._api.taken_events() if one.get("PROCESS_ID")]


def _bodies(events: Iterable[Row]) -> tuple[bytes, ...]:
    return tuple(orjson.dumps(_as_sent(one)) for one in events)


def _as_sent(event: Row) -> Row:
    """With the names that an event has when the portal sends it."""
    found: Row = {"event": str(event.get("EVENT_NAME") or ""), "offline": str(event.get("ID") or "")}
    data = event.get("EVENT_DATA")
    for name, value in (data if isinstance(data, Mapping) else {}).items():
        if isinstance(value, Mapping):
            found |= {f"data[{name}][{inner}]": _text(one) for inner, one in value.items()}
        else:
            found[f"data[{name}]"] = _text(value)
    return found | {"ts": _seconds(event.get("TIMESTAMP_X")), "message": str(event.get("MESSAGE_ID") or "")}


def _seconds(moment: Any) -> str:
    """Since 1970, as events that are sent have it."""
    try:
        return str(int(datetime.fromisoformat(str(moment)).timestamp()))
    except (ValueError, OverflowError):
        return ""


def _text(value: Any) -> str:
    return "" if value is None or value is False else str(value)
