"""What somebody asks to be called -> a number that cannot be anything else, and the way the dialplan wants it."""

import re
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from telephony.fold.numbers import to_e164
from telephony.models.dialing import CallerIdRule, DialAccess, NumberForm

EXTENSION: Final = re.compile(r"[0-9*#]{1,10}")
PHONE: Final = re.compile(r"\+[0-9]{7,15}")
DIALLED: Final = re.compile(r"\+?[0-9*#]{3,24}")
# As people and pages write numbers. Anything else is refused rather than cleaned: what was meant cannot be known.
_WRITTEN: Final = re.compile(r"(?:tel:)?[+0-9 ().\u00a0\u2009\u202f\u2010-\u2013-]{2,40}")


def is_extension(text: str) -> bool:
    """Whether it has the form of an internal number."""
    return EXTENSION.fullmatch(text) is not None


def bare(text: str) -> str:
    """The digits, with their plus; empty when there is anything in it that no number has."""
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        return ""
    body = text.removeprefix("tel:").strip()
    found = "".join(one for one in body if one in "+0123456789")
    return found if re.fullmatch(r"\+?[0-9]{2,18}", found) else ""


def to_call(text: str, region: str) -> str:
    """The telephone number in E.164, completed by the company's region; empty when it is none."""
    number = to_e164(bare(text), region)
    return number if PHONE.fullmatch(number) else ""


def dialled(number: str, access: DialAccess, region: str) -> str:
    """An E.164 number as this exchange's dialplan takes it. ValueError when that is nothing that can be dialled."""
    text = access.prefix + _FORMS[NumberForm(access.number_form)](number, region)
    if not DIALLED.fullmatch(text):
        raise ValueError("nothing that can be dialled")
    return text


def _national(number: str, region: str) -> str:
    parsed = phonenumbers.parse(number)
    if phonenumbers.region_code_for_number(parsed) == region:
        text = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    else:
        text = phonenumbers.format_out_of_country_calling_number(parsed, region)
    return "".join(one for one in text if one in "+0123456789")


_FORMS: Final = {
    NumberForm.PLUS: lambda number, region: number,
    NumberForm.DIGITS: lambda number, region: number.removeprefix("+"),
    NumberForm.NATIONAL: _national,
}


def shown(number: str, extension: str, access: DialAccess) -> str:
    """What the colleague's phone shows while it rings.

    A device that is called directly keeps what it was shown as its own caller id for the second leg, and providers
    refuse a client's number there: so by default the client's number is shown only where the dialplan is in between.
    """
    rule = CallerIdRule(access.caller_id_rule)
    if rule is CallerIdRule.AUTO:
        rule = CallerIdRule.CLIENT if access.is_local else CallerIdRule.EXTENSION
    return {
        CallerIdRule.CLIENT: number,
        CallerIdRule.EXTENSION: extension,
        CallerIdRule.FIXED: access.caller_id,
    }[rule]
