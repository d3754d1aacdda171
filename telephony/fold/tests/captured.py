"""Captured calls as fold input, from each source."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from telephony import scenarios
from telephony.fold import Fact, Ours, Seen, read
from telephony.ingest.parse import parse
from telephony.scenarios import packets

BEGIN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
OURS = Ours("BY", frozenset(("150", "151", "152", "153", "154", "156")))


def seen(name: str, *, late: timedelta = timedelta()) -> list[Seen]:
    """The posts of a captured call, received at their captured offsets from the exchange's own StartTime."""
    begin = begins(name) + late
    return [_seen(post, begin + timedelta(seconds=post.offset)) for post in scenarios.load(name)]


def begins(name: str) -> datetime:
    """When the call began by the exchange's clock, whichever source is asked."""
    if name in scenarios.names():
        wall = re.search(r'"StartTime":"([^"]+)"', scenarios.load(name)[0].body)
        return datetime.fromisoformat(wall[1]).replace(tzinfo=UTC) if wall else BEGIN
    stamp = packets.load_packets(name)[0].fields["Timestamp"]
    return datetime.fromtimestamp(float(stamp), UTC)


def heard(name: str, suffix: str = "") -> list[Fact]:
    """Its packets of the manager interface, at their own times."""
    begin = begins(name)
    return [
        read(
            key=f"ami{number}{suffix}",
            kind=packet.kind,
            at=begin + timedelta(seconds=packet.offset),
            payload=packet.fields,
            channel=packet.fields.get("Uniqueid", "") or packet.fields.get("DestUniqueid", ""),
            linked=packet.fields.get("Linkedid", "") or packet.fields.get("DestLinkedid", ""),
            zone=ZONE,
            source="ami",
        )
        for number, packet in enumerate(packets.renamed_packets(packets.load_packets(name), suffix))
    ]


def recorded(name: str) -> list[Fact]:
    """Its call records, as they were written after it."""
    begin = begins(name)
    return [
        read(
            key=f"cdr{number}",
            kind="cdr",
            at=begin + timedelta(seconds=record.offset),
            payload=record.fields,
            channel=record.fields["uniqueid"],
            linked=record.fields["linkedid"],
            zone=ZONE,
            source="cdr",
        )
        for number, record in enumerate(packets.load_records(name))
    ]


def posted(name: str) -> list[Fact]:
    """Its posts, none where the dialplan sent none."""
    return list(seen(name)) if name in scenarios.names() else []


def _seen(post: scenarios.Post, at: datetime) -> Seen:
    event = parse(post.body.encode(), post.path.strip("/"))
    found = read(
        key=event.digest.hex(),
        kind=event.kind,
        at=at,
        payload={**event.payload, **event.sealed},
        channel=event.unique_id,
        linked=event.linked_id,
        zone=ZONE,
        is_degraded=bool(event.degraded),
    )
    assert isinstance(found, Seen)
    return found
