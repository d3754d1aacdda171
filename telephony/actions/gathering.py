"""What a batch of fresh events is folded from: their exchanges under lock, what they tie together, and all events of those calls."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from telephony.actions.grouping import Channel, Group, group
from telephony.fold import FOLDED, Ours
from telephony.fold.manager import TYING, ties
from telephony.models import Call, CallAlias, CallEvent, EventSource, Pbx
from tenants.models import Extension, Mobile, Tenant
from tenants.reads import Read

MAX_EVENTS: Final = 1000  # of one call: beyond that somebody sends the same id for everything
OF_PACKETS: Final = (EventSource.AMI, EventSource.HUB)
KINDS_OF_PACKETS: Final = frozenset(FOLDED)

read_events = Read(CallEvent, "id {among}", without=("payload", "sealed", "raw"))
_all_events = Read(
    CallEvent,
    "call_id {among} OR id {among} OR (pbx_id {among} AND unique_id {among} AND call_id IS NULL)",
    without=("raw",),
)
_aliases = Read(CallAlias, "pbx_id {among} AND channel {among}")
read_calls = Read(Call, "id {among}")
# The writer's inserts refer to this row and must not wait for it. One order for all: no deadlock.
_pbxs = Read(Pbx, "id {among}", order="id", lock=True)
_tenants = Read(Tenant, "id {among}")
# What an event ties together may stand in its content only.
_tying_events = Read(
    CallEvent,
    "id {among}",
    without=(
        "created_at",
        "pbx",
        "call",
        "sealed",
        "raw",
        "degraded",
        "digest",
        "address",
        "unique_id",
        "linked_id",
    ),
)
_extensions = Read(Extension, "tenant_id {among}")
_mobiles = Read(Mobile, "tenant_id {among}")

Names = dict[UUID, tuple[Channel, ...]]
"""Event -> the channels and bridges that it names."""


def lock(pbx_ids: Iterable[UUID]) -> dict[UUID, Pbx]:
    rows = {row.pk: row for row in _pbxs(pbx_ids)}
    tenants = {tenant.pk: tenant for tenant in _tenants({row.tenant_id for row in rows.values()})}
    for row in rows.values():
        row.tenant = tenants[row.tenant_id]
    return rows


def channels_of(event: CallEvent) -> tuple[Channel, ...]:
    """The event's own channel and the one that names its call."""
    own = event.unique_id or event.linked_id
    return ((event.pbx_id, own), (event.pbx_id, event.linked_id or own)) if own else ()


def names_of(fresh: list[CallEvent]) -> Names:
    """What each event ties together. Packets that change no call are left out: nothing is folded for them."""
    names = {
        event.pk: channels_of(event)
        for event in fresh
        if not _is_packet(event) or event.kind in KINDS_OF_PACKETS
    }
    tying = {event.pk: event.pbx_id for event in fresh if _is_packet(event) and event.kind in TYING}
    for event in _tying_events(tying) if tying else ():
        packet = event.payload if isinstance(event.payload, dict) else {}
        found = tuple((tying[event.pk], name) for name in ties(event.kind, packet))
        names[event.pk] = tuple(dict.fromkeys((*names[event.pk], *found)))
    return names


def _is_packet(event: CallEvent) -> bool:
    return event.source in OF_PACKETS


def groups_of(fresh: list[CallEvent], names: Names) -> tuple[list[Group], dict[Channel, UUID]]:
    tied = [names[event.pk] for event in fresh]
    known = _aliases(
        {event.pbx_id for event in fresh}, {name for channels in tied for _pbx, name in channels}
    )
    aliases = {(one.pbx_id, one.channel): one.call_id for one in known}
    return group(tied, aliases), aliases


def events_of(
    groups: list[Group], calls: dict[UUID, Call], fresh: list[CallEvent], names: Names
) -> dict[tuple[UUID, str], list[CallEvent]]:
    """All events that the groups' calls are folded from, by channel name.

    Events that came before any call was known for them (a recording's, or of a channel now linked) are found too.
    """
    foldable = [call.pk for call in calls.values() if call.event_count < MAX_EVENTS]
    channels = {name for one in groups for name in one.channels}
    found: dict[tuple[UUID, str], list[CallEvent]] = defaultdict(list)
    owners = {(one.pbx_id, name): one for one in groups for name in one.channels}
    by_call = {call_id: one for one in groups for call_id in one.call_ids}
    for event in _all_events(
        foldable, [event.pk for event in fresh], {one.pbx_id for one in groups}, channels
    ):
        named = names.get(event.pk) or channels_of(event)
        mine = next((owners[name] for name in named if name in owners), None) or by_call.get(event.call_id)
        if mine is not None:
            found[mine.pbx_id, min(mine.channels)].append(event)
    return found


def companies(pbxs: dict[UUID, Pbx], events: dict[tuple[UUID, str], list[CallEvent]]) -> dict[UUID, Ours]:
    """What the fold has to know of each exchange's company. The dialplan's posts need no list of extensions, unless those have mobiles."""
    outside = {pbx.tenant_id for pbx in pbxs.values() if pbx.tenant.has_mobiles}
    asked = outside | {
        pbxs[pbx_id].tenant_id
        for (pbx_id, _name), found in events.items()
        if any(event.source != EventSource.HTTP for event in found)
    }
    numbers: dict[int, dict[UUID, str]] = defaultdict(dict)
    for extension in _extensions(asked) if asked else ():
        numbers[extension.tenant_id][extension.pk] = extension.number
    mobiles: dict[int, dict[str, str]] = defaultdict(dict)
    for mobile in _mobiles(outside) if outside else ():
        mobiles[mobile.tenant_id][mobile.number] = numbers[mobile.tenant_id].get(mobile.extension_id, "")
    return {
        pbx.pk: Ours(
            pbx.tenant.phone_region,
            frozenset(numbers[pbx.tenant_id].values()),
            pbx.trunk_names,
            mobiles.get(pbx.tenant_id, {}),
        )
        for pbx in pbxs.values()
    }
