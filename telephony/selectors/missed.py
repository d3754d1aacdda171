"""Which clients that wait for a call back a person may see, and what a list of them is narrowed to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from telephony.fold.numbers import to_e164
from telephony.models import CallParticipant, MissedClient
from tenants.models import Member, Role

STANDINGS: Final[Mapping[str, Q]] = {
    "waiting": Q(cleared_at__isnull=True),
    "reached": Q(cleared_at__isnull=False),
    "all": Q(),
}


def visible_missed(member: Member | None) -> QuerySet[MissedClient]:
    """Agents see those who called them: they should call back, or their phone rang in the last missed call."""
    return of_person(MissedClient.objects.all(), member)


def of_person(rows: QuerySet[MissedClient], member: Member | None) -> QuerySet[MissedClient]:
    """Those of the rows that this person may see."""
    if member is None or member.role != Role.AGENT:
        return rows
    if member.extension is None:
        return rows.none()
    number = member.extension.number
    rang = CallParticipant.objects.filter(tenant_id=member.tenant_id, extension=number)
    return rows.filter(Q(extension=number) | Q(last_call__in=rang.values("call_id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedFilter:
    """What a list is narrowed to; empty values do not narrow. `state` is one of STANDINGS."""

    state: str = "waiting"
    extension: str = ""
    line: str = ""
    phone: str = ""
    ends_with: str = ""
    missed_from: datetime | None = None
    missed_to: datetime | None = None


def narrowed(rows: QuerySet[MissedClient], wanted: MissedFilter, region: str) -> QuerySet[MissedClient]:
    """The rows that fit; `region` completes a local telephone number."""
    rows = rows.filter(STANDINGS[wanted.state])
    if wanted.extension:
        rows = rows.filter(extension=wanted.extension)
    if wanted.line:
        rows = rows.filter(line=wanted.line)
    if wanted.phone:
        # An unescaped plus of a query string arrives as a space.
        raw = wanted.phone.strip()
        rows = rows.filter(client_number=to_e164(raw, region) or to_e164(f"+{raw}", region) or raw)
    if wanted.ends_with:
        rows = rows.filter(client_number__endswith=wanted.ends_with)
    if wanted.missed_from:
        rows = rows.filter(last_missed_at__gte=wanted.missed_from)
    if wanted.missed_to:
        rows = rows.filter(last_missed_at__lt=wanted.missed_to)
    return rows
