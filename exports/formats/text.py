"""Text that any file can carry: no control characters, no lone surrogates; fast for clean blocks, exact for others."""

import re
from collections.abc import Iterable

# XML 1.0 cannot hold these at all, and they are noise in CSV; tab, LF and CR stay.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SURROGATE = re.compile("[\ud800-\udfff]")
_DIRTY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Drop control characters that no reader takes; a lone surrogate becomes U+FFFD, since UTF-8 cannot carry it."""
    return SURROGATE.sub("\ufffd", ILLEGAL.sub("", text))


def has_dirt(texts: Iterable[str]) -> bool:
    """Whether any of the texts needs `clean`; one pass in C over the whole block."""
    return _DIRTY.search("\n".join(texts)) is not None


# The same for UTF-8: what `clean` drops, and nothing else.
CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def clean_bytes(data: bytes | bytearray, spared: bytes = b"") -> bytes:
    """`clean` for a whole block from the database, whose texts have no lone surrogates; some bytes may be spared."""
    data = bytes(data.translate(None, CONTROLS.translate(None, spared)))
    if _NONCHARACTERS[0][:-1] in data:
        for noncharacter in _NONCHARACTERS:
            data = data.replace(noncharacter, b"")
    return data
