"""The safety valve: a run that would delete too much, or everything, stops before it does."""

from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.models import Link, LinkStatus

if TYPE_CHECKING:
    from integrations.sync.work import Job


def known(job: "Job") -> "QuerySet[Link]":
    """The links to objects of that kind that are there, as far as we know."""
    links = Link.objects.filter(integration_id=job.plan.integration_id, kind=job.kind)
    return links.exclude(status=LinkStatus.DELETED)


def would_empty(job: "Job", gone: int) -> str:
    """Why it must not go on, in words; empty when it may. `gone`: how many records are no longer there, in all."""
    total = known(job).count() + job.run.deleted
    limit = job.plan.deletion_limit
    if not gone or not total or (gone < total and gone * 100 <= limit * total):
        return ""
    figures = {"gone": gone, "total": total, "limit": limit}
    return (
        _(
            "%(gone)d of %(total)d records are gone there; up to %(limit)d%% are deleted without asking. "
            "If that is right, run it with deletions accepted."
        )
        % figures
    )
