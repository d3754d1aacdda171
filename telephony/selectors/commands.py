"""Which commands for calls a person may see."""

from django.db.models import QuerySet

from telephony.models import CallCommand
from telephony.selectors.calls import visible_calls
from tenants.models import Member, Role


def visible_commands(member: Member | None) -> QuerySet[CallCommand]:
    """Those of the tenant in scope; agents see those of their own calls. None: a machine or the operator's staff."""
    return of_person(CallCommand.objects.all(), member)


def of_person(rows: QuerySet[CallCommand], member: Member | None) -> QuerySet[CallCommand]:
    """Those of the rows that this person may see."""
    if member is None or member.role != Role.AGENT:
        return rows
    return rows.filter(call_id__in=visible_calls(member).values("id"))
