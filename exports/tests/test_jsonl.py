"""JSON Lines: types kept, decimals exact, hostile values survive."""

import io
import json
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from exports.formats import FORMATS, OutputColumn


def test_values_keep_their_types() -> None:
    stream = io.BytesIO()
    writer = FORMATS["jsonl"].open(stream, [OutputColumn("a", "A"), OutputColumn("b", "B")], {})

    writer.write([
        (Decimal("10.10"), datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Minsk"))),
        (True, None),
        ({"x": ["\ud800", 2**70]}, "=1\x00"),
    ])  # fmt: skip
    writer.close()

    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"a": "10.10", "b": "2026-01-01T00:00:00+03:00"},
        {"a": True, "b": None},
        {"a": {"x": ["\ufffd", 2**70]}, "b": "=1\x00"},
    ]
