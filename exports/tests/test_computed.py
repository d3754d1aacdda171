"""Expressions: what they calculate, exactly; what they refuse, and where."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.columns import DatasetColumn
from exports.computed import BadExpression, compile_expression
from exports.computed.parsing import LONGEST
from exports.computed.values import LONGEST_TEXT
from exports.kinds import Kind

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = {
    name: DatasetColumn(name, name, kind, name, labels=labels)
    for name, kind, labels in [
        ("total", Kind.DECIMAL, None),
        ("count", Kind.INTEGER, None),
        ("who", Kind.TEXT, None),
        ("phone", Kind.PHONE, None),
        ("status", Kind.TEXT, {"won": "Gewonnen"}),
        ("is_new", Kind.BOOLEAN, None),
        ("begun", Kind.DATETIME, None),
        ("ended", Kind.DATETIME, None),
        ("day", Kind.DATE, None),
        ("talk", Kind.DURATION, None),
        ("raw", Kind.JSON, None),
    ]
}
ROW: dict[str, Any] = {
    "total": Decimal("10.10"),
    "count": 3,
    "who": "anna",
    "phone": "+375291234567",
    "status": "won",
    "is_new": True,
    # The night in which the clocks of Berlin go back: half past two is there twice.
    "begun": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "ended": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    "day": date(2026, 1, 31),
    "talk": timedelta(minutes=1, milliseconds=500),
    "raw": {"a": [1, "б"]},
}


def value(text: str, **values: Any) -> Any:
    program = compile_expression(text, COLUMNS, BERLIN)
    row = ROW | values
    return program.run([row[name] for name in program.names])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", Decimal("0.3")),
        ("total * count", Decimal("30.30")),
        ("total / 4", Decimal("2.525")),
        ("1 / 3", Decimal("0.333333333333333")),
        ("1000000.10 / 3", Decimal("333333.366666667")),
        ("total / 0", None),
        ("-7 % 3", Decimal(2)),
        ("round(2.5)", Decimal(3)),
        ("round(-2.5)", Decimal(-3)),
        ("round(total / 3, 2)", Decimal("3.37")),
        ("floor(-1.5) + ceil(1.2) + abs(-1)", Decimal(1)),
        ("min(count, 2, total)", Decimal(2)),
        ("number('12.50') * 2", Decimal("25.00")),
        ("number(who)", None),
        ("0 * -5", Decimal(0)),
        ("9999999999999999999999999 * 9999999999999999999999999", None),
        ("upper(who) & ' ' & phone", "ANNA +375291234567"),
        ("'Total: ' & total & ', new: ' & is_new", "Total: 10.10, new: yes"),
        ("who + '!'", "anna!"),
        ("length(trim('  ab ')) & left(who, 2) & right(who, 1) & right(who, 0)", "2ana"),
        ("replace(who, 'n', 'm')", "amma"),
        ("coalesce('', None, who)", "anna"),
        ("empty(who) or contains(who, 'nn') and starts(phone, '+375')", True),
        ("IF(count > 2, 'many', 'few')", "many"),
        ("'many' if count > 5 else 'few'", "few"),
        ("IF(None, 1, None)", None),
        ("status == 'won'", True),
        ("label(status)", "Gewonnen"),
        ("year(begun) * 100 + month(begun)", Decimal(202610)),
        ("hour(begun) & ':' & minute(begun)", "2:30"),
        ("ended - begun", Decimal(3600)),
        ("begun < ended", True),
        ("begun == ended", False),
        ("date(begun)", date(2026, 10, 25)),
        ("date('2026-03-01') - day", Decimal(29)),
        ("weekday(day)", Decimal(6)),
        ("talk / 60", Decimal("1.00833333333333")),
        ("raw & ''", '{"a": [1, "б"]}'),
        ("day & ' ' & begun", "2026-01-31 2026-10-25 02:30:00"),
        ("  total\n- 1 ", Decimal("9.10")),
    ],
)
def test_it_calculates(text: str, expected: Any) -> None:
    found = value(text)

    assert found == expected
    assert str(found) == str(expected)


def test_of_the_hour_that_is_there_twice_the_second_one_is_later() -> None:
    """By the clock it is half an hour earlier."""
    first, second = datetime(2026, 10, 25, 0, 50, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)

    assert value("max(begun, ended)", begun=first, ended=second).astimezone(UTC) == second
    assert value("min(begun, ended)", begun=first, ended=second).astimezone(UTC) == first
    assert value("minute(max(begun, ended))", begun=first, ended=second) == Decimal(10)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Europe/Minsk", "America/New_York"])
def test_the_ends_of_the_calendar_are_times_as_well(moment: datetime, zone: str) -> None:
    program = compile_expression("year(begun) & ''", COLUMNS, ZoneInfo(zone))

    assert program.run([moment]) == str(moment.year)


def test_nothing_makes_nothing_but_an_empty_text() -> None:
    assert value("total + 1", total=None) is None
    assert value("upper(who)", who=None) is None
    assert value("who & '!'", who=None) == "!"
    assert value("count > 0", count=None) is False
    assert value("not (count > 0)", count=None) is True


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", 1, "Write an expression"),
        ("total + totl", 9, "There is no column “totl”. Known: total, count"),
        ("'ж' & totl", 7, "totl"),
        ("total +", 8, "cannot be read"),
        ("total + who", 1, "do not go together"),
        ("upper(total)", 7, "upper does not take a number"),
        ("round(total, count)", 14, "A whole number from 0 to 10"),
        ("round(total, 11)", 14, "A whole number"),
        ("left(who, -1)", 11, "A whole number"),
        ("round()", 1, "another number of arguments"),
        ("IF(total, 1, 2)", 4, "yes or no is expected here, not a number"),
        ("IF(is_new, 1, 'a')", 15, "do not go together"),
        ("if(is_new, 1, 2)", 1, "in capitals"),
        ("1 < count < 3", 1, "Compare two values"),
        ("who in 'abc'", 1, "Compare two values"),
        ("eval('1')", 1, "There is no such function"),
        ("who.upper()", 1, "There is no such function"),
        ("who.__class__", 1, "not allowed"),
        ("who[0]", 1, "not allowed"),
        ("[x for x in who]", 1, "not allowed"),
        ("(lambda: 1)()", 1, "There is no such function"),
        ("f'{who}'", 1, "not allowed"),
        ("2 ** 9", 1, "not allowed"),
        ("~count", 1, "not allowed"),
        ("upper(text=who)", 1, "without names"),
        ("label(who)", 1, "whose values have names"),
        ("1e5", 1, "like 12 or 0.5"),
        ("0x10", 1, "like 12 or 0.5"),
        ("1_000", 1, "like 12 or 0.5"),
        ("3j", 1, "like 12 or 0.5"),
        ("1 + " * 130, LONGEST, "At most 500"),
        ("-" * 300 + "1", 21, "too complicated"),
        ("(" * 250 + "1", 201, "cannot be read"),
        ("+".join("1" * 150), 1, "too complicated"),
        ("who\0", 1, "cannot be read"),
    ],
)
def test_it_refuses_with_the_place(text: str, place: int, words: str) -> None:
    with pytest.raises(BadExpression) as refused:
        compile_expression(text, COLUMNS, BERLIN)

    assert words in refused.value.message
    if "too complicated" not in words and "cannot be read" not in words:
        assert refused.value.place == place
    assert str(refused.value).startswith("character ")


def test_a_text_never_grows_beyond_a_cell() -> None:
    grown = "replace(" * 8 + "who" + ", 'a', 'aaaaaaaaaa')" * 8

    assert len(value(grown, who="a" * 1000)) == LONGEST_TEXT
    assert len(value("who & who", who="x" * 30_000)) == LONGEST_TEXT
    assert value("replace(who, '', 'x')") == "anna"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2), st.integers(-(10**9), 10**9))
def test_numbers_are_exact(total: Decimal, count: int) -> None:
    assert value("total + count", total=total, count=count) == total + count
    assert value("total * count", total=total, count=count) == total * count
    assert value("total - count - total", total=total, count=count) == -count


@given(st.text(st.sampled_from("abtotalwho+-*/%&()<>='\". ,[]{}:0123456789\n\0ж"), max_size=60))
def test_whatever_is_written_is_compiled_or_refused(text: str) -> None:
    try:
        compile_expression(text, COLUMNS, BERLIN)
    except BadExpression as error:
        place = error.place
    else:
        place = 1

    assert 1 <= place <= max(len(text), 1) + 1
