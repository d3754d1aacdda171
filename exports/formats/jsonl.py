"""JSON Lines for programs: one object a row, keys are column names, values keep their types."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import orjson
from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format, OutputColumn, Row, Writer
from exports.formats.text import SURROGATE


def _plain(value: Any) -> str:
    """Decimals stay exact as text: a JSON number would pass through a binary float in most readers."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _mend(value: Any) -> Any:
    """The same value without what JSON in UTF-8 cannot carry: lone surrogates, integers beyond 64 bits."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mend(str(key)): _mend(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value


def _line(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, default=_plain, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return orjson.dumps(_mend(record), default=_plain, option=orjson.OPT_APPEND_NEWLINE)


class JsonLinesWriter(Writer):
    def __init__(
        self, stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str = ""
    ) -> None:
        super().__init__(stream, columns, options, title)
        self._names = [column.name for column in columns]

    def write(self, rows: Sequence[Row]) -> None:
        names = self._names
        self.stream.write(b"".join([_line(dict(zip(names, row, strict=True))) for row in rows]))

    def close(self) -> None:
        """A line is complete by itself: nothing belongs to the end."""


JSON_LINES = Format(
    name="jsonl",
    title=_("JSON Lines"),
    extension="jsonl",
    content_type="application/x-ndjson",
    writer=JsonLinesWriter,
    is_for_people=False,
)
