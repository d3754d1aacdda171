"""Captured calls as fold input."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from telephony import scenarios
from telephony.fold import Seen, read
from telephony.ingest.parse import parse

BEGIN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def seen(name: str, *, late: timedelta = timedelta()) -> list[Seen]:
    """The events of a captured call, received at their captured offsets from the exchange's own StartTime."""
    posts = scenarios.load(name)
    wall = re.search(r'"StartTime":"([^"]+)"', posts[0].body)
    start = datetime.fromisoformat(wall[1]).replace(tzinfo=UTC) if wall else BEGIN
    return [_seen(post, start + late + timedelta(seconds=post.offset)) for post in posts]


def _seen(post: scenarios.Post, at: datetime) -> Seen:
    event = parse(post.body.encode(), post.path.strip("/"))
    return read(
        key=event.digest.hex(),
        kind=event.kind,
        at=at,
        payload={**event.payload, **event.sealed},
        channel=event.unique_id,
        linked=event.linked_id,
        zone=ZONE,
        is_degraded=bool(event.degraded),
    )
