"""What makes two requests the same one, and what the sender says happened.

Where a signature covers only the body, an identifier in a header proves nothing: whoever caught one request could send
it again under a new one. Such presets tell requests apart by the signed bytes.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import orjson

from webhooks.presets.arrival import Arrival, NotReadable

Reader = Callable[[Arrival], str]
LONGEST: Final = 150
_AMOCRM: Final = re.compile(r"(\w{1,30})\[(\w{1,30})\]")


def header(name: str) -> Reader:
    return lambda arrival: arrival.headers.get(name, "")


def field(path: str) -> Reader:
    return lambda arrival: arrival.value(path)


def option(name: str) -> Reader:
    """The field of the body that the source's option names."""
    return lambda arrival: arrival.value(path) if (path := arrival.options.get(name, "")) else ""


def first(*readers: Reader) -> Reader:
    return lambda arrival: next((found for reader in readers if (found := reader(arrival))), "")


def body_digest(arrival: Arrival) -> str:
    return f"body:{hashlib.sha256(arrival.body).hexdigest()}"


def canonical_digest(arrival: Arrival) -> str:
    """For senders that write the same JSON differently when they repeat it."""
    try:
        same = orjson.dumps(arrival.data, option=orjson.OPT_SORT_KEYS)
    except (NotReadable, TypeError):
        return body_digest(arrival)
    return f"json:{hashlib.sha256(same).hexdigest()}"


def body_and(reader: Reader) -> Reader:
    """Senders use one body for several topics: an order that is created paid is posted as both."""

    def key(arrival: Arrival) -> str:
        topic = reader(arrival).encode("utf-8", "surrogatepass")
        return "body:" + hashlib.sha256(topic + b"\0" + arrival.body).hexdigest()

    return key


def each_its_own(arrival: Arrival) -> str:
    """Without any identifier, a request with a known token is a new one every time."""
    return f"new:{uuid4()}"


def fitting(key: str) -> str:
    """The key as it is stored: odd or long ones are told apart by a digest."""
    if len(key) <= LONGEST and key.isascii() and key.isprintable():
        return key
    return f"long:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def slack_event(arrival: Arrival) -> str:
    """`event_callback` is only the envelope; slash commands and buttons come as forms."""
    kind = arrival.value("event.type") if arrival.value("type") == "event_callback" else arrival.value("type")
    return kind or arrival.value("payload.type") or ("slash_command" if arrival.value("command") else "")


def telegram_event(arrival: Arrival) -> str:
    """An update has `update_id` and one more key, which is its kind."""
    try:
        data = arrival.data
    except NotReadable:
        return ""
    return next((str(key) for key in data if key != "update_id"), "") if isinstance(data, dict) else ""


def amocrm_event(arrival: Arrival) -> str:
    """`leads[status][0][id]=101` is `leads.status`; of several objects the first counts."""
    try:
        data = arrival.data
    except NotReadable:
        return ""
    names = (_AMOCRM.match(str(name)) for name in (data if isinstance(data, dict) else ()))
    return next((f"{found[1]}.{found[2]}" for found in names if found and found[1] != "account"), "")
