"""Keeps the list of what outside systems do not know: opens, counts and resolves mapping problems."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import F, Q
from django.utils import timezone

from integrations.http.journal import Noted
from integrations.models import MappingProblem
from tenants.reads import Read

_open_problems = Read(MappingProblem, "integration_id {among} AND resolved_at IS NULL")


def note_problems(noted: Sequence[Noted]) -> None:
    """Within the caller's transaction and scope; the integrations' rows are locked, so nobody opens one twice."""
    last = {(one.integration_id, one.issue): one for one in noted}
    seen = Counter((one.integration_id, one.issue) for one in noted if one.is_open)
    _resolve([one for one in last.values() if not one.is_open])
    for key, times in seen.items():
        if last[key].is_open:
            _count(last[key], times)


def _matches(one: Noted) -> Q:
    return Q(integration_id=one.integration_id, kind=one.issue.kind, value=one.issue.value[:100])


def _resolve(over: Sequence[Noted]) -> None:
    """Nearly always there is none that is open, and one read of a small index says so."""
    if not over:
        return
    known = {(one.integration_id, one.issue.kind, one.issue.value[:100]) for one in over}
    still_open = _open_problems({one.integration_id for one in over})
    ids = [row.pk for row in still_open if (row.integration_id, row.kind, row.value) in known]
    if ids:
        MappingProblem.objects.filter(pk__in=ids).update(resolved_at=timezone.now())


def _count(one: Noted, times: int) -> None:
    now = timezone.now()
    known = MappingProblem.objects.filter(_matches(one), resolved_at__isnull=True)
    if not known.update(times=F("times") + times, last_seen_at=now):
        MappingProblem.objects.create(
            tenant_id=one.tenant_id,
            integration_id=one.integration_id,
            kind=one.issue.kind,
            value=one.issue.value[:100],
            times=times,
            last_seen_at=now,
        )
