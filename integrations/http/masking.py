"""Takes secrets out of what is kept: by the names of headers and fields, and by their very values wherever they occur."""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

MASK = "***"
KEPT = 16 * 1024
LOOKED_AT = 1024 * 1024
SHORTEST_SECRET = 4

_SECRET_NAME = re.compile(
    r"(authorization|cookie|signature|password|passwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|client[-_]?id)$",
    re.IGNORECASE,
)
_SECRET_JSON = re.compile(
    r'("(?:[\w.-]*?)(?:authorization|password|passwd|secret|token|api_?key|access_?key|private_?key|client_?id)"\s*:\s*)'
    r'"(?:[^"\\]|\\.)*"',
    re.IGNORECASE,
)


class Masker:
    """Knows one integration's secret values, in every form in which they travel."""

    def __init__(self, values: Iterable[object]) -> None:
        forms = {
            form for value in values if len(str(value)) >= SHORTEST_SECRET for form in _forms(str(value))
        }
        # The longest first: a secret may contain another.
        self._values = (
            re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
            if forms
            else None
        )

    def text(self, text: str) -> str:
        """Free text without secret values."""
        return self._values.sub(MASK, text) if self._values else text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they may be kept."""
        return {
            name: MASK if _SECRET_NAME.search(name) else self.text(value).replace("\x00", "")
            for name, value in headers.items()
        }

    def url(self, url: str) -> str:
        """The address with secret parameters and path parts masked."""
        parts = urlsplit(url)
        return self.text(urlunsplit(parts._replace(query="&".join(_mask_pairs(parts.query)))))

    def body(self, body: bytes | None, content_type: str) -> str:
        """The body as text, a form as one field a line: masked first, then cut, so that no half secret remains."""
        if not body:
            return ""
        text = body[:LOOKED_AT].decode("utf-8", "replace").replace("\x00", "")
        is_form = content_type == "application/x-www-form-urlencoded"
        text = self.text("\n".join(_mask_pairs(text)) if is_form else _mask_json(text))
        return text if len(text) <= KEPT else text[:KEPT] + "…"


def _mask_pairs(text: str) -> list[str]:
    """The fields of a form or query, decoded, with the values of secret keys masked; JSON inside is looked into."""
    pairs = parse_qsl(text, keep_blank_values=True)
    return [f"{key}={MASK if _SECRET_NAME.search(key) else _mask_json(value)}" for key, value in pairs]


def _mask_json(text: str) -> str:
    return _SECRET_JSON.sub(rf'\1"{MASK}"', text)


def _forms(value: str) -> set[str]:
    return {value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1]}
