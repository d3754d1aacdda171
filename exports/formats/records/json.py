"""JSON and JSON Lines for programs: one object a row, keys are column names, values keep their types."""

from typing import ClassVar

import orjson
from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format
from exports.formats.records.writer import RecordWriter
from exports.pushdown.dialects import JSON as DIALECT


class JsonLinesWriter(RecordWriter):
    row_foot: ClassVar[bytes] = b"}\n"
    between: ClassVar[bytes] = b""

    def before(self, at: int, name: str) -> bytes:
        return (b"," if at else b"{") + orjson.dumps(name) + b":"


class JsonWriter(JsonLinesWriter):
    """One array, with a row on every line."""

    head: ClassVar[bytes] = b"[\n"
    row_foot: ClassVar[bytes] = b"}"
    between: ClassVar[bytes] = b",\n"
    foot: ClassVar[bytes] = b"\n]\n"
    nothing: ClassVar[bytes] = b"[]\n"


JSON_LINES = Format(
    name="jsonl",
    title=_("JSON Lines"),
    extension="jsonl",
    content_type="application/x-ndjson",
    writer=JsonLinesWriter,
    dialect=lambda _options: DIALECT,
    is_for_people=False,
)
JSON = Format(
    name="json",
    title=_("JSON"),
    extension="json",
    content_type="application/json",
    writer=JsonWriter,
    dialect=lambda _options: DIALECT,
    is_for_people=False,
)
