"""The contract of systems whose objects are written, beside being read, tried against their simulators over real HTTP."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from integrations.capabilities import Change
from integrations.capabilities.records import value_at
from integrations.http.errors import OutcomeUnknown
from integrations.records import CLASSES, Record, RecordKind
from integrations.tests.contract import SPOILED
from integrations.tests.records_bench import outcome, records_of, set_fields, sound
from integrations.tests.records_contract import RecordsContract
from tenants.errors import RemoteRejected


class WrittenRecordsContract(RecordsContract):
    """For systems with records that we create and change."""

    creates_once: ClassVar[bool] = False
    """Whether the system knows our key again, so that creating twice makes one object."""

    @abstractmethod
    def new_record(self, simulator: Any, kind: RecordKind, number: int) -> Record:
        """An object that is not there yet, with every field that the system keeps; different by its number."""

    @abstractmethod
    def change_of(self, kind: RecordKind) -> Mapping[str, Any]:
        """New values of one or two fields of such a record."""

    @abstractmethod
    def extra_of(self, simulator: Any, kind: RecordKind) -> tuple[str, Any]:
        """One of their fields, by the name that `describe` gives, and a value for it."""

    def test_written_object_reads_back(self, integration, simulator, written):
        made = self.new_record(simulator, written, 1)

        with records_of(integration) as records:
            answer = sound(records.write(written, [Change(record=made, key="k1")]), ["k1"])[0]
            found = records.fetch(written, answer.outside_id)

        assert found is not None
        assert {name: getattr(found, name) for name in set_fields(made)} == {
            name: getattr(made, name) for name in set_fields(made)
        }

    def test_change_of_some_fields_leaves_the_others(self, integration, simulator, written):
        made, news = self.new_record(simulator, written, 1), dict(self.change_of(written))
        with records_of(integration) as records:
            [first] = sound(records.write(written, [Change(record=made, key="k1")]), ["k1"])
            # What is not named in `fields` must not be written, whatever the record says of it.
            blank = CLASSES[written](outside_id=first.outside_id, **news)
            change = Change(record=blank, key="k2", fields=frozenset(news))
            before = self.count_records(simulator, written)

            sound(records.write(written, [change]), ["k2"])
            once = records.fetch(written, first.outside_id)
            sound(records.write(written, [change]), ["k2"])
            twice = records.fetch(written, first.outside_id)

        assert once is not None
        assert twice is not None
        expected = replace(made, **news)
        for name in set_fields(made) | set(news):
            assert getattr(once, name) == getattr(twice, name) == getattr(expected, name), name
        assert self.count_records(simulator, written) == before

    def test_batch_is_answered_one_by_one(self, integration, simulator, written):
        with records_of(integration, seconds=60) as records:
            size = min(records.kinds[written].batch, 50)
            changes = [
                Change(record=self.new_record(simulator, written, number), key=f"k{number}")
                for number in range(size)
            ]
            before = self.count_records(simulator, written)

            answers = sound(records.write(written, changes), [change.key for change in changes])

        assert len({answer.outside_id for answer in answers}) == size
        assert self.count_records(simulator, written) == before + size

    def test_refused_change_does_not_harm_its_neighbours(self, integration, simulator, written):
        made = self.new_record(simulator, written, 1)
        with records_of(integration) as records:
            [there] = sound(records.write(written, [Change(record=made, key="k1")]), ["k1"])
            missing = replace(made, outside_id="987654321")
            news = replace(made, outside_id=there.outside_id, **self.change_of(written))
            changes = [Change(record=missing, key="k2"), Change(record=news, key="k3")]
            answers = [
                answer
                for part in ([changes] if records.kinds[written].batch > 1 else [[one] for one in changes])
                for answer in records.write(written, part)
            ]
            found = records.fetch(written, there.outside_id)

        assert [answer.key for answer in answers] == ["k2", "k3"]
        assert isinstance(answers[0].error, RemoteRejected)
        assert answers[1].error is None
        assert {name: getattr(found, name) for name in self.change_of(written)} == self.change_of(written)

    def test_their_own_fields_are_written_by_name(self, integration, simulator, written):
        name, value = self.extra_of(simulator, written)
        made = self.new_record(simulator, written, 1)

        with records_of(integration) as records:
            assert name in {one.name for one in records.describe(written)}
            [answer] = sound(
                records.write(written, [Change(record=made, key="k", extra={name: value})]), ["k"]
            )
            found = records.fetch(written, answer.outside_id)

        assert found is not None
        assert value_at(found.raw, name) == value

    def test_creating_twice_is_recognised_or_never_done_unasked(self, integration, simulator, written):
        change = Change(record=self.new_record(simulator, written, 1), key="k1")
        before = self.count_records(simulator, written)
        simulator.fail_next("500", after=True, path=self.records_path(written))

        with records_of(integration) as records:
            assert records.kinds[written].finds_by_key is self.creates_once
            first = outcome(records, written, change)
            if not self.creates_once:
                assert isinstance(first, OutcomeUnknown)
                assert self.count_records(simulator, written) == before + 1
                return
            [second] = sound(records.write(written, [change]), ["k1"])
            [third] = sound(records.write(written, [change]), ["k1"])

        assert second.outside_id == third.outside_id
        assert self.count_records(simulator, written) == before + 1

    @pytest.mark.parametrize(("fault", "error"), SPOILED)
    def test_spoiled_writes_become_the_right_error(self, integration, simulator, fault, error):
        kind = self.written_kinds[0]
        change = Change(record=self.new_record(simulator, kind, 1), key="k1")
        simulator.fail(fault, path=self.records_path(kind), retry_after="30")

        with records_of(integration, seconds=5) as records:
            assert isinstance(outcome(records, kind, change), error)
