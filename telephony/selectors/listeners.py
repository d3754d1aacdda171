"""What the listener last knew of each exchange: whether it hears it, how late, what is wrong, and the last gap."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from telephony.models import AmiAccess, CdrSource, ListenerState, Pbx, PbxOutage, PbxStatus

STALE_AFTER: Final = timedelta(minutes=1)  # it reports every few seconds, whatever the exchange does


class Hearing(StrEnum):
    """How an exchange is listened to."""

    NO_ACCOUNT = "no_account"
    SWITCHED_OFF = "switched_off"
    SILENT = "silent"
    """The listener itself has not reported: it does not run."""
    CONNECTING = "connecting"
    CONNECTED = "connected"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Gap:
    """The latest time in which nobody listened. Without `has_records` nothing can fill it."""

    started_at: datetime
    ended_at: datetime
    why: str
    caught_up_at: datetime | None
    has_records: bool


@dataclass(frozen=True, slots=True)
class Listener:
    """`status` is the listener's own last word, None where it never spoke."""

    hearing: Hearing
    status: PbxStatus | None = None
    gap: Gap | None = None


def listeners(pbx_ids: Collection[UUID], now: datetime | None = None) -> Mapping[UUID, Listener]:
    """Of these exchanges of the company in scope. Five queries, however many."""
    moment = now or timezone.now()
    accounts = dict(AmiAccess.objects.filter(pbx_id__in=pbx_ids).values_list("pbx_id", "is_enabled"))
    said = {row.pbx_id: row for row in PbxStatus.objects.filter(pbx_id__in=pbx_ids)}
    gaps = _gaps(pbx_ids)
    return {
        pbx_id: Listener(
            _hearing(accounts.get(pbx_id), said.get(pbx_id), moment), said.get(pbx_id), gaps.get(pbx_id)
        )
        for pbx_id in pbx_ids
    }


def _hearing(is_enabled: bool | None, status: PbxStatus | None, now: datetime) -> Hearing:
    if is_enabled is None:
        return Hearing.NO_ACCOUNT
    if not is_enabled:
        return Hearing.SWITCHED_OFF
    if status is None or status.seen_at is None or now - status.seen_at > STALE_AFTER:
        return Hearing.SILENT
    if status.state == ListenerState.CONNECTED:
        return Hearing.CONNECTED
    return Hearing.FAILING if status.reason else Hearing.CONNECTING


def _gaps(pbx_ids: Collection[UUID]) -> dict[UUID, Gap]:
    latest = PbxOutage.objects.filter(pbx_id=OuterRef("pk")).order_by("-started_at").values("pk")[:1]
    found = Pbx.objects.filter(pk__in=pbx_ids).annotate(latest=Subquery(latest))
    rows = PbxOutage.objects.filter(pk__in=list(found.values_list("latest", flat=True)))
    recorded = set(
        CdrSource.objects.filter(pbx_id__in=pbx_ids, is_enabled=True).values_list("pbx_id", flat=True)
    )
    return {
        row.pbx_id: Gap(row.started_at, row.ended_at, str(row.why), row.caught_up_at, row.pbx_id in recorded)
        for row in rows
    }
