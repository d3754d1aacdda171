"""The key of an order: a place in the body, and which stream an event belongs to by what stands there."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final

from django.utils.translation import gettext as _

LONGEST_PATH: Final = 200
LONGEST_KEY: Final = 60
MOST_STEPS: Final = 10
STRICT: Final = ""
"""The stream of an endpoint that has only one."""

StreamOf = Callable[[Mapping[str, Any]], str | None]


class BadKey(ValueError):
    """Not the place of a key; the text is for whoever wrote it."""


def compile_key(path: str) -> StreamOf:
    """The stream of an event with this data; None for one that has no key, which waits for nobody."""
    root, *steps = str(path).split(".")
    if root != "data" or not steps or not all(steps) or len(steps) > MOST_STEPS or len(path) > LONGEST_PATH:
        raise BadKey(_("This is not a path into the body such as data.order_id."))

    def stream(data: Mapping[str, Any]) -> str | None:
        found: Any = data
        for step in steps:
            if not isinstance(found, Mapping) or step not in found:
                return None
            found = found[step]
        return _name(found)

    return stream


def always_the_same(data: Mapping[str, Any]) -> str:
    return STRICT


def _name(value: Any) -> str | None:
    """Equal values have equal names, and an order's number is the same as a number and as a text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    text = str(value).replace("\x00", "\ufffd")
    if len(text) <= LONGEST_KEY:
        return text
    return f"{text[:20]}…{blake2b(text.encode(), digest_size=16).hexdigest()}"
