"""Plays captured calls into the database as each source would have stored them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from telephony import scenarios
from telephony.ingest.parse import ParsedEvent, parse
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import Pbx
from telephony.scenarios import packets
from telephony.scenarios.packets import content_digest, packet_event


@dataclass(frozen=True, slots=True)
class Told:
    """An event and when it came, in seconds from the call's first post."""

    offset: float
    event: ParsedEvent


def posts_of(name: str, suffix: str = "") -> list[Told]:
    """As the dialplan posted it; nothing where it posted nothing."""
    if name not in scenarios.names():
        return []
    posts = scenarios.load(name)
    renamed = scenarios.renamed(posts, suffix) if suffix else posts
    return [Told(post.offset, parse(post.body.encode(), post.path.strip("/"))) for post in renamed]


def packets_of(name: str, suffix: str = "") -> list[Told]:
    """As the manager interface told it."""
    told = packets.renamed_packets(packets.load_packets(name), suffix)
    return [Told(one.offset, packet_event(one.fields)) for one in told]


def records_of(name: str, begin: datetime, suffix: str = "") -> list[Told]:
    """As its call records told it, for a call that began then."""
    records = packets.renamed_records(packets.load_records(name), suffix)
    first = min((one.fields["start"] for one in records), default="")
    shift = begin.replace(microsecond=0) - datetime.fromisoformat(first) if first else timedelta()
    return [
        Told(
            one.offset,
            ParsedEvent(
                "cdr",
                "",
                one.fields["uniqueid"],
                one.fields["linkedid"],
                one.fields,
                "",
                (),
                content_digest("cdr", one.fields),
                source="cdr",
            ),
        )
        for one in packets.records_at(records, shift)
    ]


def tell(pbx: Pbx, told: Iterable[Told], begin: datetime) -> None:
    """Store events of a call that began then."""
    source = Source(pbx.pk, pbx.tenant_id)
    insert([arrived(source, one.event, "127.0.0.1", begin + timedelta(seconds=one.offset)) for one in told])


def in_steps(told: Iterable[Told], seconds: float = 0.25) -> list[list[Told]]:
    """In the order in which they came, those that came together in one step."""
    steps: list[list[Told]] = []
    for one in sorted(told, key=lambda one: one.offset):
        if steps and one.offset - steps[-1][0].offset <= seconds:
            steps[-1].append(one)
        else:
            steps.append([one])
    return steps


def length(told: Sequence[Told]) -> float:
    """Seconds until the last of them."""
    return max((one.offset for one in told), default=0.0)
