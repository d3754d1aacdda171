"""Keeps secrets out of the log, whoever wrote the line."""

import logging
import re

MASK = "•••"
_NAMES = r"(?:api[_-]?key|apikey|token|secret|passw(?:or)?d|authorization|client_?id|credential)"
# `name=value`, `name: value` and their quoted forms; a quoted value ends at its quote, spaces and all.
_SECRET = re.compile(
    rf"""({_NAMES}[\w-]*["']?\s*[:=]\s*(?:bearer\s+|basic\s+)?)("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s"'&,;}}]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
_KEY = re.compile(r"\b(sbk_|whsec_|whsk_)[A-Za-z0-9_\-+/=]+")


def masked(text: str) -> str:
    """The text with the values of telling names, passwords in URLs, and our own keys, replaced."""
    text = _SECRET.sub(lambda found: found[1] + _kept_quotes(found[2]), text)
    for pattern in (_BEARER, _USERINFO, _KEY):
        text = pattern.sub(rf"\1{MASK}", text)
    return text


def _kept_quotes(value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    return f"{quote}{MASK}{quote}"


class MaskSecrets(logging.Filter):
    """Masks the finished message of every record, and the text of its exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # A format that does not fit its arguments. Handlers report that; a filter's exception would reach the caller.
            message = f"{record.msg!s} {record.args!r}"
        record.msg, record.args = masked(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True
