"""Which calls a person may see, and what a list of them is narrowed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from telephony.fold.numbers import to_e164
from telephony.models import Call, CallParticipant
from telephony.selectors.narrowing import NARROWINGS, ends_with
from tenants.models import Member, Role


def visible_calls(member: Member | None) -> QuerySet[Call]:
    """The calls of the tenant in scope that this person may see: agents see those that their extension had a part in.

    None stands for callers that are not bound to an extension: machines and the operator's staff.
    """
    return of_person(Call.objects.filter(merged_into__isnull=True), member)


def of_person(calls: QuerySet[Call], member: Member | None) -> QuerySet[Call]:
    """Those of the calls that this person may see.

    Who may see all of them costs nothing: SQLite would write down the ids of a million calls for "is one of those".
    """
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
    ends_with: str = ""
    narrowed: Mapping[str, str] = field(default_factory=dict)
    """Values of narrowings by their names."""
    wait: tuple[int | None, int | None] = (None, None)
    talk: tuple[int | None, int | None] = (None, None)
    """Seconds, at least and at most; of calls that are over."""
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
        calls = calls.filter(NARROWINGS["extension"].q(wanted.extension))
    if wanted.ends_with:
        calls = calls.filter(ends_with(wanted.ends_with[::-1]))
    for name, value in wanted.narrowed.items():
        calls = calls.filter(NARROWINGS[name].q(value))
    return _lasting(_lasting(calls, "wait_seconds", wanted.wait), "talk_seconds", wanted.talk)


def _lasting(calls: QuerySet[Call], name: str, ends: tuple[int | None, int | None]) -> QuerySet[Call]:
    limits = {
        f"{name}__{side}": value
        for side, value in zip(("gte", "lte"), ends, strict=True)
        if value is not None
    }
    return calls.filter(finished_at__isnull=False, **limits) if limits else calls
