"""Telephone numbers as exchanges write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.fold.facts import caller_name, clean_name, device_extension, extensions
from telephony.fold.numbers import to_e164


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("80291234570", "BY", "+375291234570"),
        ("8 (029) 123-45-70", "BY", "+375291234570"),
        ("291234570", "BY", "+375291234570"),
        ("810375291234570", "BY", "+375291234570"),
        ("375291234570", "BY", "+375291234570"),
        ("+375291234570", "RU", "+375291234570"),
        ("375291234570", "RU", "+375291234570"),
        ("00375291234570", "RU", "+375291234570"),
        ("89161234567", "RU", "+79161234567"),
        ("9161234567", "RU", "+79161234567"),
        ("79161234567", "BY", "+79161234567"),
        ("150", "BY", ""),
        ("101", "RU", ""),
        ("anonymous", "BY", ""),
        ("<unknown>", "BY", ""),
        ("", "BY", ""),
        ("trunk-beltel", "BY", ""),
        ("1" * 41, "BY", ""),
    ],
)
def test_to_e164(raw: str, region: str, expected: str) -> None:
    assert to_e164(raw, region) == expected


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_none(raw: str) -> None:
    number = to_e164(raw, "RU")

    assert number == "" or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["150", "151"], ("150", "151")),
        (["151", "150", "151"], ("151", "150")),
        ('"150","151"', ("150", "151")),
        ("150,151", ("150", "151")),
        ('["150"]', ("150",)),
        (150, ("150",)),
        ({"0": "150"}, ("150",)),
        (["PJSIP/150", None, True, {"a": 1}, "x y"], ("150",)),
        (None, ()),
        (True, ()),
        ([], ()),
    ],
)
def test_extensions_in_every_shape(value: object, expected: tuple[str, ...]) -> None:
    assert extensions(value) == expected


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("PJSIP/151-0000001c", "151"),
        ("Local/151@inoffice-00000000;1", "151"),
        ("PJSIP/trunk-beltel-00000053", ""),
        ("Local/+375291234570@inoffice-00000004;2", ""),
        ("", ""),
    ],
)
def test_device_extension(device: str, expected: str) -> None:
    assert device_extension(device) == expected


def test_a_name_is_a_strangers_text() -> None:
    assert clean_name("A\nB\x07\u202eC" + "x" * 200) == "A B C" + "x" * 75


@pytest.mark.parametrize(
    ("said", "name"),
    [(r"O\'Neil", "O'Neil"), (r"who\?", "who?"), (r"OOO \\\"A\\\"", 'OOO "A"'), ("who?", "who?")],
)
def test_a_name_loses_the_escapes_of_the_manager_interface(said: str, name: str) -> None:
    assert caller_name(said) == name
