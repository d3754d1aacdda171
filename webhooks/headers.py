"""Header lines: which an owner may add, which are hidden in the log, and how a stored block reads."""

import re
from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.masking import masked_line

NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
MOST_HEADERS = 20
RESERVED = frozenset(
    {
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "expect",
        "te",
        "trailer",
        "upgrade",
    }
    | {"user-agent", "proxy-authorization", "proxy-connection", "keep-alive"}
)


def clean_headers(headers: object) -> dict[str, str]:
    """The extra headers, or a ValidationError that names the one that cannot be sent."""
    if not isinstance(headers, Mapping):
        raise ValidationError(_("Headers are pairs of name and value."))
    if len(headers) > MOST_HEADERS:
        raise ValidationError(_("At most %(count)d headers."), params={"count": MOST_HEADERS})
    for name, value in headers.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValidationError(_("“%(name)s” is not a header name."), params={"name": str(name)[:50]})
        if name.lower() in RESERVED or name.lower().startswith(("webhook-", "switchboard-")):
            raise ValidationError(
                _("The header “%(name)s” is set by Switchboard itself."), params={"name": name}
            )
        if not isinstance(value, str) or not VALUE.fullmatch(value):
            raise ValidationError(
                _("The value of “%(name)s” must be a text of printable ASCII characters, at most 1,000."),
                params={"name": name},
            )
    return dict(headers)


def masked_lines(lines: Iterable[str]) -> str:
    return "\n".join(map(masked_line, lines))
