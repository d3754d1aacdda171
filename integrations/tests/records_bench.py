"""What the contracts of records are tried with: whole runs as workers do them, and what must hold of any record."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.capabilities import Change, Page, Records, Written
from integrations.models import Integration
from integrations.records import CLASSES, Money, Record, RecordKind
from integrations.sessions import open_session
from tenants.errors import HubError

MOST_PAGES = 200
_NOW = datetime.now(UTC).replace(microsecond=0)


def hours_ago(hours: float) -> datetime:
    """A whole second, the same for the whole of the tests."""
    return _NOW - timedelta(hours=hours)


@contextmanager
def records_of(integration: Integration, seconds: float = 20) -> Iterator[Records]:
    with open_session(integration.pk, seconds=seconds) as session:
        yield session.require(Records)


def read_page(integration: Integration, kind: RecordKind, position: Any, since: datetime | None) -> Page:
    """One page in a session of its own, as workers do."""
    with records_of(integration) as records:
        return records.read(kind, position, since)


def run(
    integration: Integration, kind: RecordKind, position: Any = None, since: datetime | None = None
) -> list[Page]:
    """All pages. A position goes through JSON between two of them, as it does when it is stored."""
    pages: list[Page] = []
    while len(pages) < MOST_PAGES:
        page = read_page(integration, kind, position, since)
        pages.append(page)
        if page.next is None:
            return pages
        position = json.loads(json.dumps(page.next))
    raise AssertionError("paging does not come to its end")


def ids_of(pages: list[Page]) -> list[str]:
    return [record.outside_id for page in pages for record in page.records]


def assert_sound(record: Record, kind: RecordKind) -> None:
    """Its values have the types that they are declared with, whoever stores them."""
    assert type(record) is CLASSES[kind]
    assert record.outside_id
    assert record.raw
    json.dumps(record.raw)
    json.dumps(record.custom)
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, datetime):
            assert value.utcoffset() == timedelta(0), field.name
        if isinstance(value, Money):
            assert isinstance(value.amount, Decimal)
        if field.name.endswith("_ids"):
            assert all(isinstance(each, str) for each in value), field.name
        if field.name.endswith("_id"):
            assert isinstance(value, str), field.name


def set_fields(record: Record) -> set[str]:
    """The names of the fields that were given a value."""
    blank = CLASSES[record.kind]()
    return {
        field.name
        for field in fields(record)
        if field.compare and getattr(record, field.name) != getattr(blank, field.name)
    }


def sound(answers: tuple[Written, ...], keys: list[str]) -> tuple[Written, ...]:
    """All of them taken, each under its key and with an id."""
    assert [answer.key for answer in answers] == keys
    assert [answer.error for answer in answers] == [None] * len(keys)
    assert all(answer.outside_id for answer in answers)
    return answers


def outcome(records: Records, kind: RecordKind, change: Change) -> HubError | None:
    """The error of one change, raised or answered."""
    try:
        [answer] = records.write(kind, [change])
    except HubError as error:
        return error
    return answer.error
