"""What may be called, and when."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from telephony.dialing.hours import check_hours, is_within, parse
from telephony.dialing.policy import is_emergency, objection
from telephony.models import DialPolicy

NOON = datetime(2026, 11, 23, 12, 0)  # a Monday


def code(number: str, region: str = "BY", at: datetime = NOON, **values: Any) -> str:
    return objection(DialPolicy(**values), number, region, at)


@pytest.mark.parametrize(
    ("number", "region", "values", "expected"),
    [
        ("+375291234570", "BY", {}, ""),
        ("+375291234570", "BY", {"is_enabled": False}, "switched_off"),
        ("+375291234570", "RU", {}, "country"),
        ("+375291234570", "RU", {"countries": ["BY"]}, ""),
        ("+375291234570", "BY", {"allows_own_country": False}, "country"),
        ("+77011234567", "RU", {}, "country"),
        ("+79211234567", "RU", {}, ""),
        ("+79211234567", "RU", {"denied_prefixes": ["+7921"]}, "denied_prefix"),
        ("+78091234567", "RU", {}, "premium"),
        ("+78091234567", "RU", {"allows_premium": True}, ""),
        ("+3759021234567", "BY", {}, "premium"),
        ("+447012345678", "GB", {}, "premium"),
        ("+881612345678", "BY", {"countries": ["001"]}, "satellite"),
        ("+870773123456", "RU", {}, "satellite"),
        ("+883510000000", "RU", {}, "satellite"),
        ("+97912345678", "RU", {}, "satellite"),
        ("+5352345678", "RU", {}, "country"),
        ("+80012345678", "RU", {}, "country"),
    ],
)
def test_countries_and_prefixes(number: str, region: str, values: dict[str, Any], expected: str) -> None:
    assert code(number, region, **values) == expected


@pytest.mark.parametrize(
    ("digits", "region", "expected"),
    [
        ("112", "RU", True),
        ("01", "RU", True),
        ("104", "BY", True),
        ("911", "BY", True),
        ("150", "BY", False),
        ("", "BY", False),
        ("+375291120101", "BY", False),
        ("112", "", True),
    ],
)
def test_emergency_numbers_are_known(digits: str, region: str, expected: bool) -> None:
    assert is_emergency(digits, region) is expected


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("22:00-07:00", datetime(2026, 11, 23, 21, 59), False),
        ("22:00-07:00", datetime(2026, 11, 23, 22, 0), True),
        ("22:00-07:00", datetime(2026, 11, 24, 6, 59), True),
        ("22:00-07:00", datetime(2026, 11, 24, 7, 0), False),
        ("sat,sun 00:00-24:00", datetime(2026, 11, 22, 23, 59), True),
        ("sat,sun 00:00-24:00", datetime(2026, 11, 23, 0, 0), False),
        ("fri 20:00-08:00", datetime(2026, 11, 28, 7, 0), True),
        ("fri 20:00-08:00", datetime(2026, 11, 27, 7, 0), False),
    ],
)
def test_hours_without_calls(text: str, at: datetime, expected: bool) -> None:
    assert is_within([text], at) is expected
    assert code("+375291234570", at=at, quiet_hours=[text]) == ("quiet_hours" if expected else "")


@pytest.mark.parametrize(
    "value", ["22:00-07:00", ["22-7"], ["25:00-26:00"], ["mo 00:00-01:00"], [5], ["00:00-24:30"]]
)
def test_hours_that_nobody_can_read_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        check_hours(value)


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 6), st.integers(0, 1439))
def test_an_interval_and_its_complement_cover_the_day(
    since: int, until: int, weekday: int, minute: int
) -> None:
    if since == until:
        return
    clock = lambda one: f"{one // 60:02d}:{one % 60:02d}"  # noqa: E731

    inside = parse(f"{clock(since)}-{clock(until)}").holds(weekday, minute)

    assert inside is not parse(f"{clock(until)}-{clock(since)}").holds(weekday, minute)
