"""Which calls a person may see, and what a list of them is narrowed to."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from telephony.fold.numbers import to_e164
from telephony.models import Call, CallParticipant
from tenants.models import Member, Role


def visible_calls(member: Member | None) -> QuerySet[Call]:
    """The calls of the tenant in scope that this person may see: agents see those that their extension had a part in.

    None stands for callers that are not bound to an extension: machines and the operator's staff.
    """
    calls = Call.objects.filter(merged_into__isnull=True)
    if member is None or member.role != Role.AGENT:
        return calls
    if member.extension is None:
        return calls.none()
    mine = CallParticipant.objects.filter(tenant_id=member.tenant_id, extension=member.extension.number)
    return calls.filter(id__in=mine.values("call_id"))


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What a list of calls is narrowed to; empty values do not narrow."""

    started_from: datetime | None = None
    started_to: datetime | None = None
    direction: str = ""
    statuses: tuple[str, ...] = ()
    phone: str = ""
    extension: str = ""
    region: str = ""


def filtered(calls: QuerySet[Call], wanted: CallFilter) -> QuerySet[Call]:
    """The calls that fit. A phone is compared in E.164 where it is one, else as the exchange wrote it."""
    if wanted.started_from:
        calls = calls.filter(started_at__gte=wanted.started_from)
    if wanted.started_to:
        calls = calls.filter(started_at__lt=wanted.started_to)
    if wanted.direction:
        calls = calls.filter(direction=wanted.direction)
    if wanted.statuses:
        calls = calls.filter(status__in=wanted.statuses)
    if wanted.phone:
        # An unescaped plus of a query string arrives as a space.
        raw = wanted.phone.strip()
        number = to_e164(raw, wanted.region) or to_e164(f"+{raw}", wanted.region)
        calls = calls.filter(client_number=number) if number else calls.filter(client_raw=raw)
    if wanted.extension:
        parts = CallParticipant.objects.filter(extension=wanted.extension)
        calls = calls.filter(id__in=parts.values("call_id"))
    return calls
