"""The request of a sender as it came: its very bytes, and those of its headers that the endpoint wants."""

from base64 import b64decode
from collections.abc import Mapping

from django.utils.translation import gettext as _

from webhooks.formats.occasion import Occasion, Rendered, RenderFailed
from webhooks.headers import RESERVED

OCTETS = "application/octet-stream"
LONGEST_TYPE = 100


def original(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """Only for events of sources that hand the bytes on; signatures are ours, the sender's would prove nothing there."""
    data = occasion.data
    if not isinstance(data.get("original"), str):
        raise RenderFailed(
            _(
                "This event is no request that was handed on: switch on “hand on the original bytes” at its source."
            )
        )
    wanted = [name.strip().lower() for name in options.get("keep_headers", "").split(",") if name.strip()]
    given = data.get("headers", {})
    lines = [
        f"{name}: {given[name]}"
        for name in wanted
        if name in given and not _is_ours(name) and _is_line(given[name])
    ]
    content_type = str(data.get("content_type") or OCTETS)
    is_kept = _is_line(content_type) and len(content_type) <= LONGEST_TYPE
    return Rendered(content_type if is_kept else OCTETS, b64decode(data["original"]), tuple(lines))


def _is_ours(name: str) -> bool:
    return name in RESERVED or name.startswith(("webhook-", "switchboard-"))


def _is_line(value: object) -> bool:
    """What was a stranger's must not make a second header of one."""
    return isinstance(value, str) and value.isascii() and value.isprintable()
