"""How many deliveries of Switchboard lie behind a request: an endpoint that leads to a source of ours makes no endless loop.

Each delivery carries the count, an inbound request hands it on to its event, and beyond the limit the request is
refused. Other products do likewise (GitLab marks the chain of its webhooks in a header, too). Nothing secures the header:
whoever takes it off sends a request of their own, and whoever raises it is refused.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from webhooks.events import INBOUND
from webhooks.relaying import KEY_PREFIX

HEADER: Final = "switchboard-hops"
MOST: Final = 3  # enough for a hub behind a hub behind a hub
LOOP: Final = "loop"
PORTS: Final = {"http": 80, "https": 443}
LOOP_STATUS: Final = HTTPStatus.LOOP_DETECTED


def hops_in(headers: Mapping[str, str]) -> int:
    """The count in headers with lower-case names; what is none counts as a sender that knows nothing of it."""
    text = headers.get(HEADER, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0


def hops_of(event_type: str, data: Mapping[str, Any], key: str = "") -> int:
    """Those behind an event; only requests from outside have any, also where they are published under another type."""
    is_inbound = event_type == INBOUND or key.startswith(KEY_PREFIX)
    return int(data.get("hops", 0)) if is_inbound else 0


def leads_back(url: str, own_host: str) -> bool:
    """Whether an endpoint's URL is one of this installation, as PUBLIC_URL or the present request's host name it.

    Only for a warning: whoever goes in a circle by another name, or by way of another system, is stopped by the count.
    """
    target = _place(urlsplit(url))
    return target in (_place(urlsplit(settings.PUBLIC_URL)), _place(urlsplit(f"//{own_host}"), target[1]))


def _place(parts: SplitResult, usual_port: int | None = None) -> tuple[str, int | None]:
    """The host and the port; `usual_port` where none is written."""
    return (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme, usual_port)


def header_line(hops: int) -> str:
    """For a delivery of an event with so many behind it."""
    return f"{HEADER}: {hops + 1}"
