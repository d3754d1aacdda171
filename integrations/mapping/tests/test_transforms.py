"""Each transform, both ways, and what it refuses."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.fields import clean_values
from integrations.mapping.ours import our_fields
from integrations.mapping.transforms import TRANSFORMS
from integrations.mapping.transforms.dates import CHOICES, PATTERNS, UNIX, read_time, write_time
from integrations.mapping.values import Context, NotConvertible, as_decimal, as_number
from integrations.models import MODELS
from integrations.records import OrderLine

MINSK = ZoneInfo("Europe/Minsk")
CONTEXT = Context(zone=MINSK, region="BY", raw={"last": "Иванова", "list": ["c", "d"]})
TABLE = [{"theirs": "new", "ours": "NEW"}, {"theirs": "Done", "ours": "delivered"}]


def inward(code, given_value, **parameters):
    transform = TRANSFORMS[code]
    return transform.inward(given_value, clean_values(transform.parameters, parameters), CONTEXT)


def outward(code, value, **parameters):
    transform = TRANSFORMS[code]
    assert transform.outward is not None
    return transform.outward(value, clean_values(transform.parameters, parameters), CONTEXT)


@pytest.mark.parametrize(
    ("code", "value", "parameters", "expected"),
    [
        ("as_is", {"a": 1}, {}, {"a": 1}),
        ("text", 12.50, {}, "12.5"),
        ("trim", "  a b ", {}, "a b"),
        ("upper", ["a", "", "b"], {}, ["A", "B"]),
        ("lower", "ЁЖ", {}, "ёж"),
        ("title", "анна иванова", {}, "Анна Иванова"),
        ("split", "Иванова Анна Петровна", {"part": 2}, "Анна"),
        ("split", "a; b ;c", {"separator": "semicolon", "part": -1}, "c"),
        ("split", "a,,b", {"separator": "comma", "part": 0}, ["a", "b"]),
        ("split", "a", {"part": 5}, None),
        ("join", "Анна", {"more": "last, nothing, list", "separator": "dash"}, "Анна-Иванова-c-d"),
        ("join", None, {"more": "nothing"}, None),
        ("strip", "№ 15 шт", {"prefix": "№", "suffix": "шт"}, "15"),
        ("number", "1 234,50", {}, Decimal("1234.50")),
        ("number", "1.234,50", {}, Decimal("1234.50")),
        ("number", "1,234.50", {"decimal_sign": "point"}, Decimal("1234.50")),
        ("number", "1 234", {}, Decimal(1234)),
        ("minor_units", 12345, {}, Decimal("123.45")),
        ("minor_units", "5", {"digits": 3}, Decimal("0.005")),
        (
            "date",
            "10.06.2026 14:03",
            {"format": "d.m.Y H:M"},
            datetime(2026, 6, 10, 11, 3, tzinfo=UTC),
        ),
        (
            "date",
            "2026-06-10",
            {"format": "Y-m-d", "zone": "utc"},
            datetime(2026, 6, 10, tzinfo=UTC),
        ),
        ("date", 1781089380, {"format": "unix"}, datetime(2026, 6, 10, 11, 3, tzinfo=UTC)),
        ("date", "1781089380000", {"format": "unix_ms"}, datetime(2026, 6, 10, 11, 3, tzinfo=UTC)),
        ("phone", "8 (029) 123-45-70, 80291234571", {}, ["+375291234570", "+375291234571"]),
        ("phone", ["+375291234570", "375291234570", ""], {}, ["+375291234570"]),
        ("lookup", "new", {"table": TABLE}, "NEW"),
        ("lookup", "DONE", {"table": TABLE}, "delivered"),
        ("lookup", 7, {"table": TABLE, "otherwise": "unknown"}, "unknown"),
        ("constant", None, {"value": "web"}, "web"),
        ("yes_no", "Да", {}, True),
        ("yes_no", 0, {}, False),
        ("first", [None, "", "b"], {}, "b"),
        ("each", [{"v": {"n": 1}}, {"v": {}}, {"v": {"n": 2}}], {"field": "v.n"}, [1, 2]),
        (
            "order_lines",
            [{"title": "Tea", "n": "2", "cost": 3.5, "i": 7}],
            {"name": "title", "quantity": "n", "price": "cost", "id": "i"},
            (OrderLine(name="Tea", quantity=Decimal(2), price=Decimal("3.5"), outside_id="7"),),
        ),
    ],
)  # fmt: skip
def test_inward(code, value, parameters, expected):
    assert inward(code, value, **parameters) == expected


@pytest.mark.parametrize(
    ("code", "value", "parameters", "expected"),
    [
        ("strip", "15", {"prefix": "№"}, "№15"),
        ("join", ("a", "b"), {"separator": "comma_space"}, "a, b"),
        ("number", Decimal("1234.5"), {}, "1234,5"),
        ("minor_units", Decimal("123.455"), {}, Decimal(12346)),
        ("date", datetime(2026, 6, 10, 11, 3, tzinfo=UTC), {"format": "d.m.Y H:M"}, "10.06.2026 14:03"),
        ("phone", ("+375291234570",), {"written": "digits"}, ["375291234570"]),
        ("lookup", "delivered", {"table": TABLE}, "Done"),
        ("yes_no", True, {"yes": "Y", "no": "N"}, "Y"),
        ("yes_no", False, {"yes": "Y", "no": "N"}, "N"),
        ("first", ("a", "b"), {}, "a"),
        ("each", ("1", "2"), {"field": "value"}, [{"value": "1"}, {"value": "2"}]),
    ],
)
def test_outward(code, value, parameters, expected):
    assert outward(code, value, **parameters) == expected


@pytest.mark.parametrize(
    ("code", "value", "parameters"),
    [
        ("trim", {"a": 1}, {}),
        ("number", "12 шт", {}),
        ("number", "1_000", {}),
        ("number", "٣", {}),
        ("minor_units", "1e999999", {}),
        ("minor_units", float("inf"), {}),
        ("date", "31.02.2026", {"format": "d.m.Y"}),
        ("date", 10**17, {"format": "unix"}),
        ("date", "soon", {}),
        ("phone", "call me", {}),
        ("lookup", "old", {"table": TABLE}),
        ("yes_no", "perhaps", {}),
        ("each", ["a"], {"field": "x"}),
        ("order_lines", [{"name": "Tea", "quantity": "two"}], {}),
    ],
)
def test_what_does_not_fit_is_refused_in_words(code, value, parameters):
    with pytest.raises(NotConvertible) as raised:
        inward(code, value, **parameters)

    assert str(raised.value.text)


def test_a_lookup_outward_has_no_otherwise():
    with pytest.raises(NotConvertible):
        outward("lookup", "cancelled", table=TABLE, otherwise="x")


# What survives a form that keeps no seconds, or no time, or counts them.
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0, second=0, minute=0, hour=0))


@given(MOMENTS)
def test_dates_come_back_in_every_form(moment):
    for written, _title in CHOICES:
        assert read_time(write_time(moment, written, UTC), written, UTC) == moment


def test_every_form_of_dates_can_be_chosen():
    assert {code for code, _title in CHOICES} == {*PATTERNS, "iso", UNIX, "unix_ms"}


@given(st.decimals(min_value=-(10**10), max_value=10**10, places=4, allow_nan=False))
def test_numbers_come_back(number):
    for sign in ("comma", "point"):
        assert inward("number", outward("number", number, decimal_sign=sign), decimal_sign=sign) == number
    assert as_decimal(as_number(number)) == number
    assert inward("minor_units", outward("minor_units", number, digits=4), digits=4) == number


@given(st.text(alphabet="абвгabc0123", min_size=1), st.text("xy", max_size=2), st.text("xy", max_size=2))
def test_affixes_come_back(text, prefix, suffix):
    parameters = {"prefix": prefix, "suffix": suffix}

    assert inward("strip", outward("strip", text, **parameters), **parameters) == text


def test_transforms_say_what_they_are():
    for code, transform in TRANSFORMS.items():
        assert transform.code == code
        assert str(transform.title)
        assert str(transform.help)
        assert all(str(parameter.label) for parameter in transform.parameters)


@pytest.mark.parametrize("kind", MODELS)
def test_every_field_of_ours_has_a_title_and_a_type(kind):
    fields = our_fields(kind)

    assert fields
    assert all(str(field.title) for field in fields.values())
    assert not {"outside_id", "updated_at", "raw", "custom"} & set(fields)
