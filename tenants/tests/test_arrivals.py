"""Arrivals: rows and their work appear together, repeats neither way, and PostgreSQL is asked once."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from config.ids import uuid7
from tenants.models import Event, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import arrivals

pytestmark = pytest.mark.django_db
LANE = "tests.arrivals"
COLUMNS = (
    ("id", "uuid"),
    ("tenant_id", "bigint"),
    ("created_at", "timestamptz"),
    ("occurred_at", "timestamptz"),
    ("type", "text"),
    ("key", "text"),
    ("data", "jsonb"),
    ("correlation_id", "uuid"),
)


@pytest.fixture
def woken(monkeypatch):
    names: list[str] = []
    monkeypatch.setattr(arrivals, "wake", names.append)
    return names


@pytest.fixture
def row():
    tenant = make_tenant()

    def make(key):
        now = datetime.now(UTC)
        return (uuid7(), tenant.pk, now, now, "call.ended", key, {"text": 'it\'s \\ "quoted"'}, uuid7())

    return make


def arrive(*rows, finished=()):
    with all_tenants():
        return arrivals.arrive(
            "tenants_event", COLUMNS, rows, lane=LANE, group="correlation_id", finished=finished
        )


def queued():
    return dict(Work.objects.filter(lane=LANE).values_list("subject", "group"))


def test_rows_and_their_work_are_stored_together(row, woken, django_capture_on_commit_callbacks):
    first, second = row("a"), row("b")

    with django_capture_on_commit_callbacks(execute=True):
        stored = arrive(first, second)

    assert stored == {first[0], second[0]}
    assert queued() == {first[0]: str(first[-1]), second[0]: str(second[-1])}
    assert woken == [LANE]
    with all_tenants():
        assert Event.objects.get(pk=first[0]).data == first[6]


def test_a_repeat_is_neither_a_row_nor_work(row, woken, django_capture_on_commit_callbacks):
    first, repeat, other = row("a"), row("a"), row("b")
    arrive(first)

    with django_capture_on_commit_callbacks(execute=True):
        assert arrive(repeat, other) == {other[0]}
        assert arrive(row("b")) == set()

    assert set(queued()) == {first[0], other[0]}
    assert woken == [LANE]


def test_what_is_finished_needs_no_work(row, woken, django_capture_on_commit_callbacks):
    greeting, other = row("a"), row("b")

    with django_capture_on_commit_callbacks(execute=True):
        assert arrive(greeting, other, finished=[greeting[0]]) == {greeting[0], other[0]}
        last = row("c")
        assert arrive(last, finished=[last[0]]) == {last[0]}

    assert set(queued()) == {other[0]}
    assert woken == [LANE]


def test_nothing_is_nothing(woken):
    assert arrive() == set()
    assert queued() == {}


def test_many_rows_are_one_statement_on_postgresql(row, django_assert_num_queries):
    rows = [row(str(number)) for number in range(20)]

    # SQLite: a savepoint's two, the rows and their work.
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 4):
        arrive(*rows)
