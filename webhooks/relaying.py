"""Which of a sender's events are expected, and under which type of the company they are published.

Pure: what a source says in its settings, checked and applied.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext as _

from tenants.events import NAME, event_types
from webhooks.headers import NAME as HEADER
from webhooks.presets.options import BadOption

KEY_PREFIX: Final = (
    "relay:"  # of events in the log; whoever publishes through the API cannot take one of those
)
GROUP: Final = ".*"
LONGEST_TYPE: Final = 100
MOST_EXPECTED: Final = 200
MOST_HEADERS: Final = 20
LONGEST_EXPECTED: Final = 200
UNNAMED: Final = "unnamed"
OTHER: Final = "other"  # when a sender has more kinds of events than a catalogue should hold
_STRANGE: Final = re.compile(r"[^a-z0-9_]+")


def is_expected(patterns: Iterable[str], event: str) -> bool:
    return any(
        event.startswith(pattern[:-1]) if pattern.endswith("*") else event == pattern for pattern in patterns
    )


def relayed_type(relay: str, event: str) -> str:
    """`shop.*` and orders/create make shop.orders.create; a whole name is the type of every event."""
    if not relay.endswith(GROUP):
        return relay
    parts = [part for part in re.split(r"[./:\-\s]+", event.lower()) if part]
    named = [cleaned for part in parts if (cleaned := _STRANGE.sub("_", part).strip("_"))]
    return f"{relay[: -len(GROUP)]}.{'.'.join(named) or UNNAMED}"[:LONGEST_TYPE].rstrip(".")


def clean_relay(relay: Any) -> str:
    """BadOption when it is no type of the company's own."""
    text = str(relay or "").strip()
    if not text:
        return ""
    name = text[: -len(GROUP)] + ".x" if text.endswith(GROUP) else text
    if not NAME.match(name):
        raise BadOption(
            "relay",
            _("Write a group such as shop.* or a type such as shop.news, of small letters and digits."),
        )
    group = name.partition(".")[0]
    if group in {one.name.partition(".")[0] for one in event_types()}:
        text = _("Types that begin with “%(group)s.” are Switchboard's own; begin with another word.")
        raise BadOption("relay", text % {"group": group})
    return text


def clean_expected(names: Any) -> list[str]:
    return _texts("expected", names, MOST_EXPECTED, lambda name: 0 < len(name) <= LONGEST_EXPECTED)


def clean_headers(names: Any) -> list[str]:
    lowered = [name.lower() if isinstance(name, str) else name for name in _listed("relay_headers", names)]
    return _texts("relay_headers", lowered, MOST_HEADERS, lambda name: bool(HEADER.fullmatch(name)))


def _listed(field: str, names: Any) -> list[Any]:
    if not isinstance(names, list | tuple):
        raise BadOption(field, _("This is a list of names."))
    return list(names)


def _texts(field: str, names: Any, most: int, is_possible: Any) -> list[str]:
    listed = _listed(field, names)
    stripped = [name.strip() if isinstance(name, str) else name for name in listed]
    for name in stripped:
        if not isinstance(name, str) or not is_possible(name):
            raise BadOption(field, _("“%(name)s” cannot be one of them.") % {"name": str(name)[:50]})
    if len(stripped) > most:
        raise BadOption(field, _("There may be at most %(most)d of them.") % {"most": most})
    return list(dict.fromkeys(stripped))
