"""Begins and ends searches for duplicates and mergings of many; the lane does the work."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.duplicates import jobs
from integrations.models import ContactPoint, DuplicateJob, DuplicateRules, JobState, JobTask
from integrations.models.duplicates.job import UNFINISHED
from tenants import audit
from tenants.errors import ConfigError
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.work import cancel


def start_search(tenant_id: int) -> DuplicateJob:
    """ConfigError while one is under way."""
    return _start(tenant_id, JobTask.SEARCH, {})


def start_merging(tenant_id: int, wanted: Mapping[str, Any]) -> DuplicateJob:
    """Of the groups that `chosen_groups` finds; ConfigError while another merging is under way."""
    return _start(tenant_id, JobTask.MERGE, dict(wanted))


def _start(tenant_id: int, task: JobTask, wanted: dict[str, Any]) -> DuplicateJob:
    try:
        with transaction.atomic():
            job = jobs.start(tenant_id, task, wanted)
            audit.record("duplicatejob.asked", job, after={"task": str(task), "wanted": wanted})
    except IntegrityError as error:
        raise ConfigError(_("One is under way already.")) from error
    return job


def cancel_job(job: DuplicateJob) -> bool:
    """Whether there was something to cancel. What it committed stays."""
    with transaction.atomic():
        changed = DuplicateJob.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
            state=JobState.CANCELLED, finished_at=timezone.now()
        )
        if changed:
            cancel(jobs.LANE, [job.pk])
            audit.record("duplicatejob.cancelled", job)
    job.refresh_from_db()
    return bool(changed)


def search_everywhere() -> int:
    """The nightly search, for every company that has somebody to look for and wants it; how many were begun."""
    with all_tenants():
        unwanted = set(DuplicateRules.objects.filter(is_nightly=False).values_list("tenant_id", flat=True))
        tenants = list(Tenant.objects.filter(is_active=True).values_list("pk", flat=True))
    return sum(_began(tenants, unwanted))


def _began(tenants: Iterable[int], unwanted: set[int]) -> Iterable[bool]:
    for tenant_id in tenants:
        if tenant_id in unwanted:
            continue
        with tenant_scope(tenant_id):
            if not ContactPoint.objects.exists():
                continue
            try:
                with transaction.atomic():
                    jobs.start(tenant_id, JobTask.SEARCH)
                yield True
            except IntegrityError:
                yield False  # yesterday's is still under way
