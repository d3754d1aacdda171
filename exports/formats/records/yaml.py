"""YAML: a list of mappings whose values are written as JSON, which every reader of YAML understands alike."""

import re
from typing import ClassVar

import orjson
from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format
from exports.formats.records.writer import RecordWriter
from exports.pushdown.dialects import JSON as DIALECT

# Characters that JSON may hold as they are and YAML may not, or takes for line ends; all of them stand inside quotes here.
_UNPRINTABLE_BYTES = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]")
_PLAIN_KEY = re.compile("[a-z_][a-z0-9_]*")
# YAML 1.1 takes these for truth values and nothing.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def _escaped(found: re.Match[bytes]) -> bytes:
    return f"\\u{ord(found.group().decode()):04x}".encode()


class YamlWriter(RecordWriter):
    row_foot: ClassVar[bytes] = b"\n"
    between: ClassVar[bytes] = b""
    nothing: ClassVar[bytes] = b"[]\n"

    def before(self, at: int, name: str) -> bytes:
        is_plain = _PLAIN_KEY.fullmatch(name) and name not in _WORDS
        key = name.encode() if is_plain else orjson.dumps(name)
        return (b"\n  " if at else b"- ") + key + b": "

    def finish(self, block: bytes) -> bytes:
        return _UNPRINTABLE_BYTES.sub(_escaped, block)


YAML = Format(
    name="yaml",
    title=_("YAML"),
    extension="yaml",
    content_type="application/yaml",
    writer=YamlWriter,
    dialect=lambda _options: DIALECT,
    is_for_people=False,
)
