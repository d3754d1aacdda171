"""Sorts channels into calls: whatever shares a channel is one conversation. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

Channel = tuple[UUID, str]
"""A channel's name, or a bridge's, at one exchange (its id): two exchanges may use the same names."""


@dataclass(frozen=True, slots=True)
class Group:
    """Channels that are one call, and the calls that exist for some of them: none, one, or several to be merged."""

    pbx_id: UUID
    channels: frozenset[str]
    call_ids: tuple[UUID, ...]
    """Oldest first."""


def group(tied: Iterable[Sequence[Channel]], calls: Mapping[Channel, UUID]) -> list[Group]:
    """Groups of connected channels. `tied` are the channels that one event names, `calls` what is known already."""
    parents: dict[Channel | UUID, Channel | UUID] = {}

    def root(node: Channel | UUID) -> Channel | UUID:
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = node = parents[parents[node]]
        return node

    for channels in tied:
        for channel in channels:
            parents[root(channel)] = root(channels[0])
            if channel in calls:
                parents[root(channel)] = root(calls[channel])
    members: dict[Channel | UUID, list[Channel | UUID]] = defaultdict(list)
    for node in list(parents):
        members[root(node)].append(node)
    return [_as_group(nodes) for nodes in members.values()]


def _as_group(nodes: list[Channel | UUID]) -> Group:
    channels = [node for node in nodes if isinstance(node, tuple)]
    call_ids = sorted(node for node in nodes if isinstance(node, UUID))
    return Group(channels[0][0], frozenset(name for _pbx, name in channels), tuple(call_ids))
