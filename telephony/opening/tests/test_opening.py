"""Hours as people write them, and the moments that lie within."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from telephony.opening import DAYS, Hours, Schedule, parse_day, parse_exceptions, parse_weekly, written

MINSK = ZoneInfo("Europe/Minsk")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Schedule(parse_weekly({"mon-fri": "09:00-13:00, 14:00-18:00", "sat": "10:00-14:00"}), (), MINSK)


def at(text: str, zone: ZoneInfo = MINSK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T08:59", False),  # a Monday
        ("2026-11-23T09:00", True),
        ("2026-11-23T12:59", True),
        ("2026-11-23T13:00", False),
        ("2026-11-23T17:59:59", True),
        ("2026-11-23T18:00", False),
        ("2026-11-28T13:59", True),
        ("2026-11-29T12:00", False),
    ],
)
def test_a_moment_counts_on_the_places_own_clock(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(at(moment)) is is_open


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    nights = Schedule(parse_weekly({"fri": "22:00-06:00"}), parse_exceptions(["2026-12-04"]), MINSK)

    assert nights.is_open(at("2026-11-27T23:30"))
    assert nights.is_open(at("2026-11-28T05:59"))
    assert not nights.is_open(at("2026-11-28T06:00"))
    assert not nights.is_open(at("2026-11-27T05:00"))
    assert not nights.is_open(at("2026-12-05T03:00"))  # the Friday before was a holiday


def test_a_day_of_one_year_counts_before_that_of_every_year() -> None:
    office = Schedule(
        OFFICE.weekly,
        parse_exceptions(["01-01", "2027-01-01 12:00-15:00", " ", "2026-12-31 09:00-15:00"]),
        MINSK,
    )

    assert not office.is_open(at("2026-01-01T12:30"))
    assert office.is_open(at("2027-01-01T12:30"))
    assert office.is_open(at("2026-12-31T14:30"))
    assert not office.is_open(at("2026-12-31T15:30"))


def test_whole_days_and_days_around_a_change_of_the_clock() -> None:
    always = Schedule(parse_weekly({"mon-sun": "00:00-24:00"}), (), BERLIN)
    morning = Schedule(parse_weekly({"sun": "03:00-09:00"}), (), BERLIN)

    begin = datetime(2026, 10, 24, tzinfo=UTC)
    assert all(always.is_open(begin + timedelta(minutes=30 * step)) for step in range(100))
    # On 29 March 2026 the clock goes from 02:00 to 03:00; on 25 October it goes back.
    assert morning.is_open(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert not morning.is_open(datetime(2026, 3, 29, 0, 59, tzinfo=UTC))
    assert not morning.is_open(datetime(2026, 10, 25, 1, 59, tzinfo=UTC))
    assert morning.is_open(datetime(2026, 10, 25, 2, 0, tzinfo=UTC))


def test_when_it_opens_next() -> None:
    assert OFFICE.next_opening(at("2026-11-23T10:00")) == at("2026-11-23T10:00")
    assert OFFICE.next_opening(at("2026-11-23T13:30")) == at("2026-11-23T14:00")
    assert OFFICE.next_opening(at("2026-11-28T14:00")) == at("2026-11-30T09:00")
    assert Schedule({}, (), MINSK).next_opening(at("2026-11-28T14:00")) is None


@pytest.mark.parametrize(
    "text", ["9-18", "09:00", "25:00-26:00", "09:60-10:00", "09:00-24:01", "a", "09:00-13:00, 12:00-14:00"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        parse_day(text)


@pytest.mark.parametrize("row", ["2026-02-29", "13-01", "tomorrow", "2026-01-01 noon", "01.01.2026"])
def test_days_that_are_none_are_refused(row: str) -> None:
    with pytest.raises(ValidationError):
        parse_exceptions([row])


@pytest.mark.parametrize("key", ["fri-mon", "monday", "", "mon-"])
def test_names_of_days(key: str) -> None:
    if key == "mon-":
        assert list(parse_weekly({key: "09:00-10:00"})) == ["mon"]
        return
    with pytest.raises(ValidationError):
        parse_weekly({key: "09:00-10:00"})


day_hours = st.lists(st.integers(0, 1440), min_size=2, max_size=8, unique=True).map(
    lambda points: tuple(Hours(*pair) for pair in zip(*[iter(sorted(points))] * 2, strict=False))
)


@given(day_hours)
def test_what_is_written_is_read_back(hours: tuple[Hours, ...]) -> None:
    assert parse_day(written(hours)) == hours


@given(
    st.dictionaries(st.sampled_from(DAYS), day_hours),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
)
def test_open_exactly_in_the_minutes_that_are_named(
    weekly: dict[str, tuple[Hours, ...]], moment: datetime
) -> None:
    schedule = Schedule(weekly, (), UTC)
    moment = moment.replace(tzinfo=UTC)
    minute = moment.hour * 60 + moment.minute

    expected = any(one.begin <= minute < one.end for one in weekly.get(DAYS[moment.weekday()], ()))
    assert schedule.is_open(moment) is expected
    following = schedule.next_opening(moment)
    assert following is None or (following >= moment and schedule.is_open(following))
