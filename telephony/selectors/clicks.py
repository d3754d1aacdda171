"""Which clicks a person may see."""

from django.db.models import QuerySet

from telephony.models import OriginateRequest
from tenants.models import Member, Role


def visible_clicks(member: Member | None) -> QuerySet[OriginateRequest]:
    """Those of the tenant in scope; agents see those of their own extension. None: a machine or the operator's staff."""
    return of_person(OriginateRequest.objects.all(), member)


def of_person(rows: QuerySet[OriginateRequest], member: Member | None) -> QuerySet[OriginateRequest]:
    """Those of the rows that this person may see."""
    if member is None or member.role != Role.AGENT:
        return rows
    return rows.filter(extension=member.extension.number) if member.extension is not None else rows.none()
