"""Adds lines to the company's list, and says which integrations hear of the calls on them."""

from collections.abc import Iterable

from django.db import transaction

from integrations.models import Integration
from telephony import policies
from telephony.models import Line, LineHearer
from tenants import audit


@transaction.atomic
def set_hearers(line: Line, integrations: Iterable[Integration]) -> bool:
    """Exactly these; none means all. Whether anything changed."""
    wanted = {one.pk: one for one in integrations}
    known = {
        row.integration_id: row for row in LineHearer.objects.filter(line=line).select_related("integration")
    }
    gone = [row for key, row in known.items() if key not in wanted]
    new = [one for key, one in wanted.items() if key not in known]
    if not gone and not new:
        return False
    LineHearer.objects.filter(pk__in=[row.pk for row in gone]).delete()
    for one in new:
        LineHearer.objects.create(tenant_id=line.tenant_id, line=line, integration=one)
    before = sorted(row.integration.name for row in known.values())
    after = sorted(one.name for one in wanted.values())
    audit.record("line.hearers", line, before={"hearers": before}, after={"hearers": after})
    policies.forget(line.tenant_id)
    return True


@transaction.atomic
def add_line(tenant_id: int, number: str) -> Line:
    """The line of that number, made where the list has none: it is told to everybody until somebody chooses otherwise."""
    line, is_new = Line.objects.get_or_create(tenant_id=tenant_id, number=number)
    if is_new:
        audit.record("line.created", line, after=audit.snapshot(line))
        policies.forget(tenant_id)
    return line
