"""The secret itself, for senders that sign nothing: in a header, in the URL, in the body, or as a login."""

from base64 import b64encode

from webhooks.presets.arrival import Arrival
from webhooks.presets.schemes import Scheme
from webhooks.presets.schemes.comparing import LONGEST, MISSING, WRONG, raw, same


def token_in(header: str = "") -> Scheme:
    """In a header, or else in the parameter `token` of the URL."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        name = (header or arrival.options.get("header", "")).lower()
        given = arrival.headers.get(name) if name else arrival.parameter("token")
        if not given:
            return MISSING
        begin = arrival.options.get("prefix", "") if name else ""
        if len(given) > LONGEST or not given.startswith(begin):
            return WRONG
        return "" if same(given[len(begin) :].strip(), secret) else WRONG

    return check


def token_in_form(field: str, *, is_in_url: bool = True) -> Scheme:
    """In a field of the body, or else, where that is possible, in the parameter `token` of the URL."""

    def check(arrival: Arrival, secret: str, tolerance: float) -> str:
        places = (arrival.value(field), arrival.parameter("token") if is_in_url else "")
        given = [one for one in places if one]
        if not given:
            return MISSING
        matches = [len(one) <= LONGEST and same(one, secret) for one in given]
        return "" if any(matches) else WRONG

    return check


def login(arrival: Arrival, secret: str, tolerance: float) -> str:
    """HTTP Basic; the secret is "name:password"."""
    given = arrival.headers.get("authorization", "")
    if not given:
        return MISSING
    kind, _space, value = given.partition(" ")
    if len(given) > LONGEST or kind.lower() != "basic":
        return WRONG
    return "" if same(value.strip(), b64encode(raw(secret)).decode()) else WRONG
