"""Stored bodies for people to read."""

import json

SHOWN = 20_000


def readable(body: bytes) -> str:
    """The body as stored, indented when it is JSON, and cut when it is long."""
    text = body[:SHOWN].decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)[:SHOWN]
    except (ValueError, RecursionError):
        return text
