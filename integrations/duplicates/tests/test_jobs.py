"""Searches along the index and mergings of many: resumable, cancellable, by the company's rules, and never N²."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import records
from integrations.actions.seek_duplicates import cancel_job, search_everywhere, start_merging, start_search
from integrations.actions.unmerge_records import unmerge_records
from integrations.actions.upsert_records import upsert_records
from integrations.duplicates import jobs, searching
from integrations.duplicates.finding import LARGEST
from integrations.models import (
    Contact,
    ContactPoint,
    DuplicateGroup,
    DuplicateJob,
    DuplicateRules,
    JobState,
    JobTask,
    MergeRule,
    RecordMerge,
)
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA
from integrations.tests.factories import make_integration
from tenants.errors import ConfigError
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Iterator[Owner]:
    integration = make_integration(make_tenant())
    with tenant_scope(integration.tenant):
        yield Owner.of(integration.pk)


def keep(owner: Owner, *found: records.Record) -> None:
    upsert_records(owner, found[0].kind, found)


def person(number: int, **values: Any) -> records.Contact:
    own = {"outside_id": str(number), "phones": (f"+3752912{number:05d}",), "emails": ()}
    return replace(ANNA, **{**own, **values})


def search(owner: Owner) -> DuplicateJob:
    job = start_search(owner.tenant_id)
    drain(jobs.LANE)
    job.refresh_from_db()
    assert job.state == JobState.COMPLETED, job.reason
    return job


def groups() -> list[tuple[str, str, int]]:
    return sorted(DuplicateGroup.objects.values_list("kind", "sameness", "size"))


@pytest.mark.parametrize("size", [4, 5, 20_000])
def test_a_search_finds_each_group_once_however_it_is_sliced(
    owner: Owner, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching.search_step, "__defaults__", (size,))
    many = [person(900 + one, phones=("+375172000000",)) for one in range(21)]
    keep(
        owner,
        person(1, phones=("+375291234570", "+375291234571")),
        person(2, phones=("+375291234570",)),
        person(3, emails=("a@example.com",)),
        person(4, phones=("+375291234571",), emails=("a@example.com",)),
        person(5, phones=("+375291234572",), emails=("b@example.com",)),
        person(6, phones=("+375291234572",), emails=("b@example.com",)),
        *[person(100 + one) for one in range(9)],
        *many,
    )
    keep(owner, records.Company(outside_id="7", phones=("+375291234570",)))

    job = search(owner)

    assert groups() == [("contact", "both", 2), ("contact", "email", 2), *[("contact", "phone", 2)] * 2]
    assert job.skipped == 1
    assert job.done == ContactPoint.objects.count() or size <= LARGEST
    assert search(owner).found == job.found
    assert len(groups()) == 4


def test_what_is_no_more_goes_and_what_was_dismissed_stays_so(owner: Owner) -> None:
    keep(owner, *(person(one, phones=("+375291234570",)) for one in (1, 2)))
    keep(owner, *(person(one, phones=("+375291234571",)) for one in (3, 4)))
    search(owner)
    from integrations.duplicates.dismissing import dismiss

    dismiss(DuplicateGroup.objects.filter(reasons=[["phone", "+375291234571"]]))

    keep(owner, person(2))
    search(owner)

    (left,) = DuplicateGroup.objects.all()
    assert left.dismissed_at is not None
    assert left.reasons == [["phone", "+375291234571"]]


def test_a_slice_costs_the_same_however_many_records_there_are(owner: Owner) -> None:
    costs = []
    for count in (20, 200):
        keep(owner, *(person(one, phones=(f"+3752912{one // 2:05d}",)) for one in range(count)))
        DuplicateGroup.objects.all().delete()
        job = jobs.start(owner.tenant_id, JobTask.SEARCH)
        searching.begin(job)
        with CaptureQueriesContext(connection) as queries:
            while not job.is_finished:
                searching.search_step(job)
        costs.append(sum(not one["sql"].startswith(("SAVEPOINT", "RELEASE")) for one in queries))

    assert costs[0] == costs[1] <= 30


def test_one_at_a_time_and_a_cancelled_one_stays_cancelled(owner: Owner) -> None:
    job = start_search(owner.tenant_id)

    with pytest.raises(ConfigError):
        start_search(owner.tenant_id)
    assert cancel_job(job)
    assert not cancel_job(job)
    drain(jobs.LANE)

    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.CANCELLED, 0)


def test_a_step_is_committed_by_one_worker_only(owner: Owner) -> None:
    keep(owner, *(person(one, phones=("+375291234570",)) for one in (1, 2)))
    job = jobs.start(owner.tenant_id, JobTask.SEARCH)
    searching.begin(job)
    twin = DuplicateJob.objects.get(pk=job.pk)
    searching.search_step(job)

    with pytest.raises(jobs.Overtaken):
        searching.search_step(twin)


def test_many_groups_are_merged_and_can_be_undone_one_by_one(owner: Owner) -> None:
    keep(owner, *(person(one, phones=(f"+3752912{one // 2:05d}",)) for one in range(24)))
    search(owner)
    kept = DuplicateGroup.objects.order_by("pk")[0]

    job = start_merging(owner.tenant_id, {"kind": "contact", "sameness": "phone"})
    drain(jobs.LANE)

    job.refresh_from_db()
    assert (job.state, job.total, job.merged, job.skipped) == (JobState.COMPLETED, 12, 12, 0)
    assert Contact.objects.filter(merged_into__isnull=True).count() == 12
    assert not DuplicateGroup.objects.exists()
    assert RecordMerge.objects.filter(job=job).count() == 12
    unmerge_records(RecordMerge.objects.filter(job=job).order_by("pk")[0])
    assert Contact.objects.filter(merged_into__isnull=True).count() == 13
    assert kept.size == 2


def test_only_what_was_counted_is_merged(owner: Owner) -> None:
    keep(owner, *(person(one, phones=("+375291234570",)) for one in (1, 2)))
    keep(owner, *(person(one, phones=("+375291234571",)) for one in (3, 4)))
    search(owner)
    one, other = DuplicateGroup.objects.order_by("pk")
    keep(owner, person(4))  # meanwhile one of them got a number of their own

    job = start_merging(owner.tenant_id, {"ids": [str(one.pk), str(other.pk)]})
    drain(jobs.LANE)

    job.refresh_from_db()
    assert (job.merged, job.skipped) == (1, 1)


@pytest.mark.parametrize(
    ("rule", "merged"),
    [
        (MergeRule.NEVER, 0),
        (MergeRule.PHONE_AND_EMAIL, 1),
        (MergeRule.PHONE_AND_NAME, 2),
        (MergeRule.EMAIL_AND_NAME, 1),
    ],
)
def test_a_company_says_what_is_merged_by_itself(owner: Owner, rule: MergeRule, merged: int) -> None:
    DuplicateRules.objects.create(tenant_id=owner.tenant_id, contacts=rule)
    both = {"phones": ("+375291234570",), "emails": ("a@example.com",)}
    keep(owner, person(1, **both), person(2, **both))
    keep(owner, *(person(one, name=" eve  Example", phones=("+375291234571",)) for one in (3, 4)))
    keep(owner, *(person(one, name=f"No {one}", phones=("+375291234572",)) for one in (5, 6)))

    search(owner)

    found = RecordMerge.objects.all()
    assert [one.is_automatic for one in found] == [True] * merged


def test_no_rule_merges_again_what_somebody_took_apart(owner: Owner) -> None:
    DuplicateRules.objects.create(tenant_id=owner.tenant_id, contacts=MergeRule.PHONE_AND_EMAIL)
    both = {"phones": ("+375291234570",), "emails": ("a@example.com",)}
    keep(owner, person(1, **both), person(2, **both))
    search(owner)
    unmerge_records(RecordMerge.objects.get())

    keep(owner, person(3, **both))
    search(owner)

    assert RecordMerge.objects.count() == 1


def test_every_night_each_company_that_wants_it(owner: Owner) -> None:
    keep(owner, person(1))
    make_tenant()

    assert search_everywhere() == 1
    assert search_everywhere() == 0
    DuplicateJob.objects.all().delete()
    DuplicateRules.objects.create(tenant_id=owner.tenant_id, is_nightly=False)
    assert search_everywhere() == 0
