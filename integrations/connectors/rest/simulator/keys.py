"""Who is asking: the five ways of sending a key."""

import hmac
from base64 import b64decode

from tenants.simulation import Request

USERNAME = "hub"


def is_known(request: Request, scheme: str, key: str) -> bool:
    """Whether the request carries the key in the way that this system wants it."""
    if scheme == "none":
        return True
    found = {
        "bearer": request.header("authorization").removeprefix("Bearer "),
        "header": request.header("x-api-key"),
        "query": request.query.get("api_token", ""),
        "basic": _password(request),
    }[scheme]
    return hmac.compare_digest(found.encode(), key.encode())


def _password(request: Request) -> str:
    scheme, _space, pair = request.header("authorization").partition(" ")
    try:
        user, _colon, password = b64decode(pair).decode().partition(":")
    except ValueError:
        return ""
    return password if scheme == "Basic" and user == USERNAME else ""
