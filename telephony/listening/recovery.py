"""After a gap: the outage is written down, and the exchange's channels are compared with our open calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from config.ids import uuid7_at
from telephony.ami.kept import GONE, synthetic
from telephony.ami.packets import Packet, text
from telephony.ingest.tokens import Source
from telephony.listening.rebuilding import Made, Told, as_moment, channels_of, gone, present_channels
from telephony.models import Call, CallAlias, CallEvent, CallPhase, ExtensionPresence, PbxOutage

__all__ = ["Gap", "as_moment", "forget_phones", "missed", "note_outage"]

LOOK_BACK: Final = timedelta(hours=12)
KINDS: Final = ("Newchannel", "Newstate", "DialBegin", "BridgeEnter", "BridgeLeave", "Hangup", GONE)


@dataclass(frozen=True, slots=True)
class Gap:
    """`since` is None where nobody ever listened before: then nothing is missing."""

    source: Source
    since: datetime | None
    until: datetime
    reason: str


def note_outage(gap: Gap) -> None:
    """A row for the catch-up; the same gap makes one row only."""
    if gap.since is not None and gap.since < gap.until:
        PbxOutage.objects.get_or_create(
            pbx_id=gap.source.pbx_id,
            started_at=gap.since,
            defaults={"tenant_id": gap.source.tenant_id, "ended_at": gap.until, "reason": gap.reason},
        )


def forget_phones(pbx_id: UUID, listed: Sequence[Packet]) -> None:
    """Those that the exchange does not name any more."""
    if listed:
        gone = ExtensionPresence.objects.filter(pbx_id=pbx_id)
        gone.exclude(extension__in=[text(packet, "Exten") for packet in listed]).delete()


def missed(gap: Gap, channels: Sequence[Packet], seen_since: frozenset[str]) -> list[Made]:
    """The events that nobody heard, as far as the present channels tell. A fixed number of queries."""
    calls = list(
        Call.objects.filter(
            ~Q(phase=CallPhase.ENDED),
            pbx_id=gap.source.pbx_id,
            merged_into__isnull=True,
            started_at__gte=gap.until - LOOK_BACK,
        ).only("id", "external_id")
    )
    known = channels_of(_told(gap, [call.pk for call in calls]))
    reason = "restarted" if gap.reason == "restart" else "gone"
    since = gap.since or gap.until
    made = gone(known, channels, reason, since, gap.until)
    made += _unheard(gap, calls, frozenset(known), channels, reason)
    return made + present_channels(known, channels, seen_since, gap.until)


def _told(gap: Gap, call_ids: Sequence[UUID]) -> list[Told]:
    """Of open calls, and of events that no call has taken yet."""
    of_nobody = Q(call__isnull=True, id__gte=uuid7_at(gap.until - LOOK_BACK))
    events = CallEvent.objects.filter(
        Q(call_id__in=call_ids) | of_nobody, pbx_id=gap.source.pbx_id, source="ami", kind__in=KINDS
    ).order_by("created_at", "id")
    return [
        Told(event.kind, event.unique_id, event.linked_id, event.created_at, event.payload)
        for event in events.only("kind", "unique_id", "linked_id", "created_at", "payload", "tenant_id")
        if event.unique_id
    ]


def _unheard(
    gap: Gap, calls: Sequence[Call], heard: frozenset[str], channels: Sequence[Packet], reason: str
) -> list[Made]:
    """Open calls that only the dialplan told of, and of which the exchange has no channel any more."""
    there = {text(packet, key) for packet in channels for key in ("Uniqueid", "Linkedid")}
    names: dict[UUID, set[str]] = {call.pk: {call.external_id} for call in calls}
    for call_id, channel in CallAlias.objects.filter(call_id__in=list(names)).values_list(
        "call_id", "channel"
    ):
        names[call_id].add(channel)
    return [
        (
            synthetic(
                GONE,
                {
                    "Uniqueid": call.external_id,
                    "Linkedid": call.external_id,
                    "uniqueid": call.external_id,
                    "reason": reason,
                    "noticed": gap.until.isoformat(),
                },
            ),
            gap.until,
        )
        for call in calls
        if not names[call.pk] & there and not names[call.pk] & heard
    ]
