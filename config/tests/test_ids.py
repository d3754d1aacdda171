"""Ids in the order of time."""

from datetime import UTC, datetime, timedelta

import pytest

from config.ids import uuid7, uuid7_at


def test_the_smallest_id_of_a_moment_divides_before_from_after():
    before = uuid7_at(datetime.now(UTC) - timedelta(seconds=1))
    after = uuid7_at(datetime.now(UTC) + timedelta(seconds=1))

    assert before < uuid7() < after
    assert before.version == after.version == 7


@pytest.mark.parametrize(
    "moment",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)],
)
def test_no_moment_is_too_early_or_too_late(moment):
    assert (uuid7_at(moment) < uuid7()) == (moment.year < 2000)
