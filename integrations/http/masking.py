"""Takes secrets out of what is kept of an exchange: by their names (config/masking.py), and by one integration's own values."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from config.masking import Values, masked_header, masked_json, masked_pairs, masked_url

KEPT = 16 * 1024
# Regular expressions hold every other thread up: a third of a second for a megabyte, for the sake of 16 kB that are kept.
LOOKED_AT = 128 * 1024
# As the address was checked when it was entered, urlsplit takes it.
_ADDRESS = re.compile(r"https?://[\w.:-]+/")


class Masker:
    """Knows one integration's secret values."""

    def __init__(self, values: Iterable[object]) -> None:
        self._values = Values([form for value in values for form in _forms(value)])

    def text(self, text: str) -> str:
        """Free text without secret values."""
        return self._values.text(text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they may be kept."""
        return {
            name: self.text(masked_header(name, value)).replace("\x00", "") for name, value in headers.items()
        }

    def url(self, url: str) -> str:
        """The address with secret parameters and path parts masked."""
        return self.text(masked_url(url))

    def body(self, body: bytes | None, content_type: str) -> str:
        """The body as text, a form as one field a line: masked first, then cut, so that no half secret remains."""
        if not body:
            return ""
        text = body[:LOOKED_AT].decode("utf-8", "replace").replace("\x00", "")
        is_form = content_type == "application/x-www-form-urlencoded"
        text = self.text("\n".join(masked_pairs(text)) if is_form else masked_json(text))
        return text if len(text) <= KEPT else text[:KEPT] + "…"


def _forms(value: object) -> list[object]:
    """A credential that is an address is one by its path: errors of connections name that alone."""
    path = urlsplit(value).path.rstrip("/") if isinstance(value, str) and _ADDRESS.match(value) else ""
    return [value, path] if path else [value]
