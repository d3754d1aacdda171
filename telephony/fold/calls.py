"""The events of one call, whoever told of them -> `CallState`."""

from collections.abc import Iterable
from typing import TypeVar

from telephony.fold import dialplan, manager, records
from telephony.fold.channel_records import ChannelRecord, end_of
from telephony.fold.facts import Seen
from telephony.fold.manager import GONE, Heard
from telephony.fold.mobiles import as_colleagues
from telephony.fold.ours import Ours
from telephony.fold.reading import Fact
from telephony.fold.record_rows import Row
from telephony.fold.state import CallState
from telephony.fold.union import Sources, join

FactT = TypeVar("FactT", Seen, Heard, Row, ChannelRecord)


def fold(events: Iterable[Fact], ours: Ours | str) -> CallState:
    """The state of a call. At least one event; repeats (by key) count once, the order of the input does not matter.

    Each source is folded alone, then what they say is joined. `ours` may be just the region of the company's numbers.
    """
    company = Ours(ours) if isinstance(ours, str) else ours
    facts = list(events)
    posts, packets = _of(facts, Seen), _of(facts, Heard)
    if company.mobiles:
        posts = as_colleagues(posts, company)
    rows, cel = _of(facts, Row), _of(facts, ChannelRecord)
    swept = _of_whole_calls(packets)
    packets = [packet for packet in packets if packet not in swept]
    return join(
        Sources(
            posted=dialplan.fold(posts, company.region) if posts else None,
            heard=manager.fold(packets, company) if packets or not (posts or rows) else None,
            recorded=records.fold(rows, company) if rows else None,
            posts=posts,
            packets=packets,
            swept_at=swept[-1].at if swept else None,
            record_end=end_of(cel),
        )
    )


def _of_whole_calls(packets: list[Heard]) -> list[Heard]:
    """The word that something is gone of which the manager interface had told nothing before: the call itself."""
    seen = {packet.channel for packet in packets if packet.kind != GONE}
    seen.update(packet.text("DestUniqueid") for packet in packets)
    return [
        packet
        for packet in packets
        if packet.is_sweep or (packet.kind == GONE and packet.channel not in seen)
    ]


def _of(facts: list[Fact], kind: type[FactT]) -> list[FactT]:
    """The events of one source in order, each once."""
    first: dict[str, FactT] = {}
    for fact in sorted((fact for fact in facts if isinstance(fact, kind)), key=lambda fact: fact.order):
        first.setdefault(fact.key, fact)
    return list(first.values())
