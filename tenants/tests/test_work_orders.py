"""Leased work under every order of events: no row is lost, no lease records twice."""

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from tenants.models import Work
from tenants.tests.factories import make_tenant
from tenants.tests.lanes import Pooled
from tenants.work import Outcome, cancel, enqueue, store

VERDICTS = {
    "done": Outcome.done,
    "retry": lambda row: Outcome.retry(row, 0),
    "later": lambda row: Outcome.retry(row, 3600),
    "uncounted": lambda row: Outcome.retry(row, 0, counted=False),
    "release": Outcome.release,
}


class Orders(RuleBasedStateMachine):
    """A model of the queue beside the real one: which subjects are unfinished, and who holds them."""

    leases = Bundle("leases")
    subjects = Bundle("subjects")

    def __init__(self) -> None:
        super().__init__()
        self.tenant = make_tenant()
        self.lane = Pooled(per_group=2)
        self.unfinished: set[uuid.UUID] = set()
        self.holders: dict[uuid.UUID, uuid.UUID] = {}
        self.expected: Counter[uuid.UUID] = Counter()

    @rule(target=subjects, group=st.sampled_from("abc"))
    def queue(self, group):
        subject = uuid.uuid4()
        enqueue(self.lane.name, [(subject, self.tenant.pk, group, None)])
        self.unfinished.add(subject)
        return subject

    @rule(subject=subjects, again=st.booleans())
    def queue_once_more(self, subject, again):
        enqueue(self.lane.name, [(subject, self.tenant.pk, "a", None)], again=again)
        if again or subject not in self.unfinished:
            self.holders.pop(subject, None)
        self.unfinished.add(subject)

    @rule(subject=subjects)
    def cancel(self, subject):
        assert cancel(self.lane.name, [subject]) == (subject in self.unfinished)
        self.unfinished.discard(subject)
        self.holders.pop(subject, None)

    @rule(target=leases, limit=st.integers(1, 5))
    def lease(self, limit):
        rows = store.lease(self.lane, limit)
        assert max(Counter(row.group for row in rows).values(), default=0) <= 2
        for row in rows:
            assert row.subject in self.unfinished
            self.holders[row.subject] = row.lease
        return multiple(*rows)

    @rule(row=leases)
    def let_time_pass(self, row):
        Work.objects.filter(id=row.id, lease=row.lease).update(due=timezone.now() - timedelta(seconds=1))

    @rule(row=leases)
    def extend(self, row):
        assert bool(store.extend([row], 30)) == (self.holders.get(row.subject) == row.lease)

    @rule(rows=st.lists(consumes(leases), min_size=1, max_size=4), verdict=st.sampled_from(sorted(VERDICTS)))
    def settle(self, rows, verdict):
        self._settle(rows, verdict)

    @rule(row=leases, verdict=st.sampled_from(sorted(VERDICTS)))
    def settle_but_keep_acting(self, row, verdict):
        """A second settling with the same lease comes later, and must find nothing."""
        self._settle([row], verdict)

    def _settle(self, rows, verdict):
        store.settle(self.lane, [VERDICTS[verdict](row) for row in rows])
        for row in rows:
            if self.holders.get(row.subject) == row.lease:
                del self.holders[row.subject]
                self.expected[row.lease, row.subject] += verdict != "release"
                if verdict == "done":
                    self.unfinished.discard(row.subject)

    @invariant()
    def nothing_is_lost(self):
        assert set(Work.objects.values_list("subject", flat=True)) == self.unfinished

    @invariant()
    def holders_are_those_of_the_model(self):
        held = dict(Work.objects.exclude(lease=None).values_list("subject", "lease"))
        assert held == self.holders

    @invariant()
    def each_lease_records_at_most_once(self):
        recorded = Counter((outcome.row.lease, outcome.row.subject) for outcome in self.lane.notes.recorded)
        assert recorded == +self.expected
        assert max(recorded.values(), default=0) <= 1

    def teardown(self):
        """Whatever happened: with enough time every unfinished row can be taken and finished."""
        Work.objects.update(due=timezone.now() - timedelta(seconds=1))
        self.lane.per_group = None  # type: ignore[misc]
        rows = store.lease(self.lane, 1000)
        store.settle(self.lane, [Outcome.done(row) for row in rows])
        assert {row.subject for row in rows} == self.unfinished
        assert not Work.objects.exists()


class TestOrders(Orders.TestCase, TestCase):  # type: ignore[misc,valid-type]
    settings = settings(max_examples=25, stateful_step_count=30, deadline=None)  # type: ignore[assignment]


pytestmark = pytest.mark.django_db
