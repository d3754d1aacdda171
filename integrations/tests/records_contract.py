"""The contract of systems whose objects are read, tried against their simulators over real HTTP.

A connector's test class inherits `RecordsContract`, beside the contract of its other capabilities, and says how objects
get into its simulator and how they change there. What is written, too, has `WrittenRecordsContract` on top of it.
"""

import json
from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from integrations.capabilities import Changes, KindSupport
from integrations.capabilities.records import value_at
from integrations.models import Exchange, Integration
from integrations.records import RecordKind
from integrations.tests.contract import SPOILED, ConnectorContract
from integrations.tests.records_bench import assert_sound, hours_ago, ids_of, read_page, records_of, run

LARGEST_PAGE = 500
HOSTILE_IDS = [
    "",
    "0",
    "-1",
    "987654321",
    "../account",
    "1/../2",
    "1?a=b",
    "абв",
    "a" * 300,
    "\x00",
    "1 or 1=1",
]


@pytest.mark.django_db(transaction=True)
class RecordsContract(ConnectorContract):
    """For systems with records."""

    record_kinds: ClassVar[tuple[RecordKind, ...]]
    written_kinds: ClassVar[tuple[RecordKind, ...]] = ()
    changed_kinds: ClassVar[tuple[RecordKind, ...]] = ()
    """Objects that we change, but that only people there can create."""
    record_count: ClassVar[int] = 260
    """Enough objects for more than one page."""
    side_requests: ClassVar[int] = 4
    """How many requests reading one page may make beside the page's own: stages, fields, a place in a sequence."""
    keeps_place: ClassVar[bool] = True
    """Whether reading loses nothing when objects change between two pages; page numbers alone cannot promise it."""

    @abstractmethod
    def put_records(self, simulator: Any, kind: RecordKind, count: int, at: datetime) -> list[str]:
        """So many objects, last changed at that time (a whole second); their ids."""

    @abstractmethod
    def touch_record(self, simulator: Any, kind: RecordKind, outside_id: str, at: datetime) -> None:
        """Somebody there changes it at that time."""

    @abstractmethod
    def remove_record(self, simulator: Any, kind: RecordKind, outside_id: str) -> None:
        """Somebody there deletes it."""

    @abstractmethod
    def break_record(self, simulator: Any, kind: RecordKind, outside_id: str) -> None:
        """All of its fields but the id become values of wrong types, as a fault there would make them."""

    @abstractmethod
    def count_records(self, simulator: Any, kind: RecordKind) -> int: ...

    @abstractmethod
    def records_path(self, kind: RecordKind) -> str:
        """Where objects of that kind are read and written, to spoil that and nothing before it."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for argument, kinds in (("kind", self.record_kinds), ("written", self.written_kinds)):
            if argument in metafunc.fixturenames:
                metafunc.parametrize(argument, kinds, ids=[each.value for each in kinds])

    def test_kinds_are_declared(self, integration):
        with records_of(integration) as records:
            assert set(records.kinds) == set(self.record_kinds)
            assert {kind for kind, one in records.kinds.items() if one.is_writable} == {
                *self.written_kinds,
                *self.changed_kinds,
            }

    def test_full_run_reads_every_object_once(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, self.record_count, hours_ago(2))

        pages = run(integration, kind)

        assert len(pages) > 1
        assert sorted(ids_of(pages)) == sorted(put)
        assert max(len(page.records) for page in pages) <= LARGEST_PAGE
        assert [fault for page in pages for fault in page.faults] == []
        for page in pages:
            for record in page.records:
                assert_sound(record, kind)

    def test_pages_cost_no_request_for_each_object(self, integration, simulator, kind):
        self.put_records(simulator, kind, self.record_count, hours_ago(2))
        before = len(simulator.requests)

        pages = run(integration, kind)

        assert len(simulator.requests) - before <= len(pages) * (1 + self.side_requests)
        assert len(simulator.requests) - before < self.record_count / 2

    def test_empty_account_is_one_empty_page(self, integration, kind):
        [page] = run(integration, kind)

        assert (page.records, page.deleted, page.faults) == ((), (), ())

    def test_incremental_run_reads_what_changed_and_no_more(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, 5, hours_ago(2))
        support, position, since = self._beginning(integration, kind)
        if support.changes is Changes.NONE:
            return
        self.touch_record(simulator, kind, put[1], hours_ago(1))  # exactly at the watermark
        self.touch_record(simulator, kind, put[3], hours_ago(0.5))

        pages = run(integration, kind, position, since)

        assert sorted(set(ids_of(pages))) == sorted([put[1], put[3]])

    def test_incremental_run_reads_many_of_one_moment(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, self.record_count, hours_ago(2))
        support, position, since = self._beginning(integration, kind)
        if support.changes is Changes.NONE:
            return
        for outside_id in put:
            self.touch_record(simulator, kind, outside_id, hours_ago(0.5))

        pages = run(integration, kind, position, since)

        assert set(ids_of(pages)) == set(put)

    def test_incremental_run_without_changes_is_empty(self, integration, simulator, kind):
        self.put_records(simulator, kind, 3, hours_ago(2))
        support, position, since = self._beginning(integration, kind)
        if support.changes is Changes.NONE:
            return

        assert ids_of(run(integration, kind, position, since)) == []

    def test_incremental_run_names_what_was_deleted(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, 3, hours_ago(2))
        support, position, since = self._beginning(integration, kind)
        if not support.names_deleted:
            return
        self.remove_record(simulator, kind, put[1])

        pages = run(integration, kind, position, since)

        assert [outside_id for page in pages for outside_id in page.deleted] == [put[1]]

    def test_nothing_is_lost_when_objects_change_between_pages(self, integration, simulator, kind):
        if not self.keeps_place:
            return
        put = self.put_records(simulator, kind, self.record_count, hours_ago(2))
        for number, outside_id in enumerate(put):
            self.touch_record(simulator, kind, outside_id, hours_ago(2) + timedelta(seconds=number))
        first = read_page(integration, kind, None, None)
        touched, removed = first.records[0].outside_id, first.records[1].outside_id
        self.touch_record(simulator, kind, touched, hours_ago(0))
        self.remove_record(simulator, kind, removed)

        assert first.next is not None
        pages = [first, *run(integration, kind, first.next)]

        assert set(ids_of(pages)) == set(put)

    def test_broken_object_does_not_harm_its_neighbours(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, 3, hours_ago(2))
        self.break_record(simulator, kind, put[1])

        pages = run(integration, kind)

        faults = [fault for page in pages for fault in page.faults]
        assert {put[0], put[2]} <= set(ids_of(pages))
        assert sorted([*ids_of(pages), *(fault.outside_id for fault in faults)]) == sorted(put)
        assert all(str(fault.text) for fault in faults)

    def test_one_object_is_fetched_as_the_page_had_it(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, 3, hours_ago(2))
        by_id = {record.outside_id: record for page in run(integration, kind) for record in page.records}

        with records_of(integration) as records:
            assert records.fetch(kind, put[1]) == by_id[put[1]]

    def test_unknown_and_deleted_ids_are_none(self, integration, simulator, kind):
        put = self.put_records(simulator, kind, 2, hours_ago(2))
        self.remove_record(simulator, kind, put[0])

        with records_of(integration) as records:
            assert records.fetch(kind, put[0]) is None
            assert [each for each in HOSTILE_IDS if records.fetch(kind, each) is not None] == []
            assert records.fetch(kind, put[1]) is not None

    @pytest.mark.parametrize(("fault", "error"), SPOILED)
    def test_spoiled_pages_become_the_right_error(self, integration, simulator, fault, error):
        kind = self.record_kinds[0]
        put = self.put_records(simulator, kind, 2, hours_ago(2))
        simulator.fail(fault, path=self.records_path(kind), retry_after="30")

        for read in (
            lambda records: records.read(kind),
            lambda records: records.fetch(kind, put[0]),
        ):
            with records_of(integration, seconds=5) as records, pytest.raises(error) as raised:
                read(records)
            assert str(raised.value)

        assert Exchange.objects.exclude(error="").exists()

    def test_fields_are_described_as_they_are_read(self, integration, simulator, kind):
        self.put_records(simulator, kind, 1, hours_ago(2))
        [record] = [record for page in run(integration, kind) for record in page.records]

        with records_of(integration) as records:
            described = records.describe(kind)

        names = [one.name for one in described]
        assert len(set(names)) == len(names)
        assert all(one.title for one in described)
        if described:
            assert any(value_at(record.raw, name) not in (None, "", []) for name in names)

    def test_deleted_object_is_gone_and_may_be_deleted_again(self, integration, simulator, kind):
        with records_of(integration) as records:
            if not records.kinds[kind].is_deletable:
                return
            put = self.put_records(simulator, kind, 2, hours_ago(2))

            records.delete(kind, put[0])
            records.delete(kind, put[0])

            assert records.fetch(kind, put[0]) is None
            assert records.fetch(kind, put[1]) is not None

    def _beginning(
        self, integration: Integration, kind: RecordKind
    ) -> tuple[KindSupport, Any, datetime | None]:
        """Where an incremental run begins, after a full run where the system keeps a sequence."""
        with records_of(integration) as records:
            support = records.kinds[kind]
        if support.changes is not Changes.CURSOR:
            return support, None, hours_ago(1)
        resume = run(integration, kind)[-1].resume
        assert resume is not None
        return support, json.loads(json.dumps(resume)), None
