"""The channels of a call: which of them carry the client, which way the call goes, and when it is over."""

from datetime import datetime
from functools import cached_property

from telephony.fold.facts import Seen
from telephony.fold.numbers import is_extension
from telephony.fold.state import Direction


class Channels:
    """A call's events in order, seen channel by channel.

    One conversation has several channels: a transfer or click-to-call adds internal ones that begin and end in the
    middle of it. Only those that carry the client decide when the call is over and whether it was answered.
    """

    def __init__(self, ordered: list[Seen]) -> None:
        self.ordered = ordered
        self.of_calls = [event for event in ordered if event.kind != "download"]

    @cached_property
    def direction(self) -> Direction:
        """External wins over internal; of several external ones the call's first channel's, else the first.

        A blind transfer turns the client's own channel "internal", so what was external once stays so.
        """
        external = [(event, way) for event in self.of_calls if (way := direction_of(event)).is_external]
        if external:
            return min(external, key=lambda pair: (pair[0].channel != pair[0].linked, pair[0].order))[1]
        is_internal = any(direction_of(event) is Direction.INTERNAL for event in self.of_calls)
        return Direction.INTERNAL if is_internal else Direction.UNKNOWN

    @cached_property
    def main(self) -> frozenset[str]:
        """The channels that carry the client; for an internal call all of them."""
        if not self.direction.is_external:
            return frozenset(event.channel for event in self.of_calls)
        return frozenset(event.channel for event in self.of_calls if direction_of(event) is self.direction)

    @cached_property
    def of_main(self) -> list[Seen]:
        return [event for event in self.of_calls if event.channel in self.main]

    @cached_property
    def hangups(self) -> list[Seen]:
        """The hang-ups of the main channels, in order."""
        return [event for event in self.of_main if event.kind == "hangup"]

    @property
    def last_hangup(self) -> Seen | None:
        return self.hangups[-1] if self.hangups else None

    @cached_property
    def died_at(self) -> dict[str, datetime]:
        """When each main channel was hung up. A channel never comes back, whatever arrives late."""
        died: dict[str, datetime] = {}
        for event in self.hangups:
            died.setdefault(event.channel, event.at)
        return died

    @property
    def ended_at(self) -> datetime | None:
        """When the last main channel was hung up; None while one lives."""
        if not self.main or self.main - self.died_at.keys():
            return None
        return max(self.died_at.values())

    def first_text(self, name: str) -> str:
        """The first non-empty value of a field, the main channels' own first."""
        return next(
            (value for event in (*self.of_main, *self.of_calls) if (value := getattr(event, name))), ""
        )


def direction_of(event: Seen) -> Direction:
    """What the event says, else what its numbers suggest."""
    if event.direction is not Direction.UNKNOWN or event.kind in ("download", "unknown"):
        return event.direction
    is_caller_ours = is_extension(event.number)
    if event.number and not is_caller_ours:
        return Direction.IN
    if is_caller_ours and event.did and not is_extension(event.did):
        return Direction.OUT
    if is_caller_ours and event.extensions:
        return Direction.INTERNAL
    return Direction.UNKNOWN
