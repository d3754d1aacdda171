"""The bodies that go out: one rendering per variant, made once per event and stored."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

STANDARD = "standard"
CONTENT_TYPE = "application/json"


def render(event_type: str, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """The envelope that Standard Webhooks advises: type, when it happened, data."""
    moment = occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps({"type": event_type, "timestamp": moment, "data": data})


def message_id(event_id: uuid.UUID) -> str:
    """`webhook-id`: one per event, equal at every try, so that receivers can recognise a repeat."""
    return str(event_id)
