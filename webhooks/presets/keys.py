"""What makes two requests the same one, and what the sender says happened.

Where a signature covers only the body, an identifier in a header proves nothing: whoever caught one request could send
it again under a new one. Such presets tell requests apart by the signed bytes.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final
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


def signed_header(name: str) -> Reader:
    """The header that the source's option names; such options are taken only where that header is signed."""
    return lambda arrival: arrival.headers.get(arrival.options.get(name, "").lower(), "")


def joined(*paths: str) -> Reader:
    """Several fields of the body, which together are what happens once; empty when the first of them is missing."""

    def key(arrival: Arrival) -> str:
        values = [arrival.value(path) for path in paths]
        return ":".join(values) if values[0] else ""

    return key


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


def form_digest(arrival: Arrival) -> str:
    """Senders that sign the sorted fields may send them in another order."""
    if not arrival.pairs:
        return body_digest(arrival)
    same = orjson.dumps(sorted(arrival.pairs))
    return f"form:{hashlib.sha256(same).hexdigest()}"


def _only(value: object) -> dict[str, Any]:
    """What a list has alone, if that is an object."""
    found = value[0] if isinstance(value, list) and len(value) == 1 else None
    return found if isinstance(found, dict) else {}


def whatsapp_key(arrival: Arrival) -> str:
    """A message's or a status' own id, where the request brings one alone; batches are told apart by their bytes."""
    try:
        data = arrival.data
    except NotReadable:
        return ""
    change = _only(_only(data.get("entry") if isinstance(data, dict) else None).get("changes"))
    value = change.get("value")
    if not isinstance(value, dict) or ("messages" in value) == ("statuses" in value):
        return ""
    message, status = _only(value.get("messages")), _only(value.get("statuses"))
    if isinstance(message.get("id"), str):
        return f"message:{message['id']}"
    if isinstance(status.get("id"), str):
        return f"status:{status['id']}:{status.get('status')}:{status.get('recipient_id')}"
    return ""


def whatsapp_event(arrival: Arrival) -> str:
    """Messages, statuses, or the field that changed."""
    try:
        data = arrival.data
    except NotReadable:
        return ""
    entries = data.get("entry") if isinstance(data, dict) else None
    entry = entries[0] if isinstance(entries, list) and entries else None
    changes = entry.get("changes") if isinstance(entry, dict) else None
    change = changes[0] if isinstance(changes, list) and changes else None
    if not isinstance(change, dict):
        return arrival.value("object")
    value = change.get("value")
    is_status = isinstance(value, dict) and "statuses" in value
    return "statuses" if is_status else str(change.get("field", ""))


def hubspot_key(arrival: Arrival) -> str:
    """The same events, whichever attempt it is."""
    try:
        data = arrival.data
    except NotReadable:
        return ""
    if not isinstance(data, list):
        return ""
    events = [
        {name: value for name, value in one.items() if name != "attemptNumber"}
        for one in data
        if isinstance(one, dict)
    ]
    if len(events) != len(data):
        return ""
    return f"events:{hashlib.sha256(orjson.dumps(events, option=orjson.OPT_SORT_KEYS)).hexdigest()}"


def first_of_list(name: str) -> Reader:
    """A field of the first of several objects."""

    def read(arrival: Arrival) -> str:
        try:
            data = arrival.data
        except NotReadable:
            return ""
        one = data[0] if isinstance(data, list) and data else data
        found = one.get(name) if isinstance(one, dict) else None
        return found if isinstance(found, str) else ""

    return read


def twilio_event(arrival: Arrival) -> str:
    """What a status is of: a message or a call."""
    for field_name, kind in (("MessageStatus", "message"), ("SmsStatus", "message"), ("CallStatus", "call")):
        if status := arrival.value(field_name):
            return f"{kind}.{status}"
    return arrival.value("EventType") or arrival.value("type")
