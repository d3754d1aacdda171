"""Numbers and extensions: nothing that means something to Asterisk, a shell or AMI gets through, however it is written."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from telephony.dialing.numbers import bare, dialled, is_extension, shown, to_call
from telephony.dialing.template import check_template, filled
from telephony.models import CallerIdRule, DialAccess, NumberForm

HOSTILE = st.text(alphabet="0123456789+&,;(){}$[]\r\n\0 '\"`|<>\\@/:=-.*#ABab\u0660\u06f0\uff11", max_size=40)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+375291234570", "+375291234570"),
        (" 375291234570", "+375291234570"),
        ("375291234570", "+375291234570"),
        ("8 (029) 123-45-70", "+375291234570"),
        ("tel:+375 29 123-45-70", "+375291234570"),
        ("+7 921 123‑45‑67", "+79211234567"),
        ("810375291234570", "+375291234570"),
        ("", ""),
        ("150", ""),
        ("112", ""),
        ("anonymous", ""),
        ("+375291234570&SIP/151", ""),
        ("+375291234570,30,g", ""),
        ("+375291234570\r\nAction: Ping", ""),
        ("+375291234570\n", "+375291234570"),
        ("+375291234570;151", ""),
        ("${SHELL(id)}", ""),
        ("+37529123457०", ""),
        ("+" + "1" * 200, ""),
    ],
)
def test_what_people_write_becomes_a_number_or_nothing(written: str, number: str) -> None:
    assert to_call(written, "BY") == number


@given(HOSTILE)
def test_whatever_is_written_the_result_is_plus_and_digits_or_nothing(text: str) -> None:
    number = to_call(text, "BY")

    assert number == "" or re.fullmatch(r"\+[0-9]{7,15}", number)
    assert re.fullmatch(r"(\+?[0-9]{2,18})?", bare(text))


@given(HOSTILE)
def test_an_extension_is_up_to_ten_digits_stars_and_hashes(text: str) -> None:
    assert is_extension(text) is bool(re.fullmatch(r"[0-9*#]{1,10}", text, re.ASCII))


@pytest.mark.parametrize(
    ("form", "prefix", "number", "region", "text"),
    [
        (NumberForm.PLUS, "", "+375291234570", "BY", "+375291234570"),
        (NumberForm.DIGITS, "", "+375291234570", "BY", "375291234570"),
        (NumberForm.DIGITS, "9", "+375291234570", "BY", "9375291234570"),
        (NumberForm.NATIONAL, "", "+375291234570", "BY", "80291234570"),
        (NumberForm.NATIONAL, "", "+79211234567", "RU", "89211234567"),
        (NumberForm.NATIONAL, "9", "+375291234570", "RU", "9810375291234570"),
    ],
)
def test_the_dialplan_gets_numbers_in_its_own_form(
    form: NumberForm, prefix: str, number: str, region: str, text: str
) -> None:
    assert dialled(number, DialAccess(number_form=form, prefix=prefix), region) == text


@pytest.mark.parametrize(
    ("rule", "template", "expected"),
    [
        (CallerIdRule.AUTO, "PJSIP/{extension}", "150"),
        (CallerIdRule.AUTO, "Local/{extension}@{context}/n", "+375291234570"),
        (CallerIdRule.CLIENT, "PJSIP/{extension}", "+375291234570"),
        (CallerIdRule.EXTENSION, "Local/{extension}@{context}/n", "150"),
        (CallerIdRule.FIXED, "PJSIP/{extension}", "+375173001001"),
    ],
)
def test_what_the_phone_shows(rule: CallerIdRule, template: str, expected: str) -> None:
    access = DialAccess(caller_id_rule=rule, template=template, caller_id="+375173001001")

    assert shown("+375291234570", "150", access) == expected


@pytest.mark.parametrize(
    ("template", "device"),
    [
        ("PJSIP/{extension}", "PJSIP/150"),
        ("SIP/office-{extension}", "SIP/office-150"),
        ("Local/{extension}@{context}/n", "Local/150@from-internal/n"),
        ("Local/{extension}@phones", "Local/150@phones"),
    ],
)
def test_a_template_names_the_device(template: str, device: str) -> None:
    assert filled(template, "150", "from-internal") == device


@pytest.mark.parametrize(
    "template",
    [
        "",
        "PJSIP/150",
        "{extension}",
        "PJSIP/{extension}&PJSIP/151",
        "PJSIP/{extension},30",
        "PJSIP/{extension}\n",
        "PJSIP/{extension}\r\nApplication: System",
        "Local/{extension}@a;b",
        "PJSIP/${extension}",
        "PJSIP/{extension.__class__}",
        "PJSIP/{extension}{extension}",
        "PJSIP/{extension}/nope",
    ],
)
def test_a_template_has_no_room_for_anything_else(template: str) -> None:
    with pytest.raises(ValidationError):
        check_template(template)


@given(st.text(alphabet="PJSIPLocal/{}extensioncontext@&,;$()[]\r\n \"'|n-_.", max_size=60))
def test_no_template_makes_a_device_with_a_meaning_of_its_own(template: str) -> None:
    try:
        device = filled(template, "150", "from-internal")
    except ValidationError:
        return

    assert re.fullmatch(r"[A-Za-z0-9]+/[A-Za-z0-9_.@/*#-]+", device)
