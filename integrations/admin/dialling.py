"""Numbers on records' pages that can be called: the room above says how, this one only shows the link."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

Address = Callable[[HttpRequest, str], str]
_addresses: list[Address] = []


@dataclass(frozen=True, slots=True)
class Dial:
    """A number and the page that calls it."""

    phone: str
    address: str


def dial_by(address: Address) -> Address:
    """Register the function that gives the page for a number; empty for people who cannot call."""
    _addresses.append(address)
    return address


def dials(request: HttpRequest, phones: list[str]) -> list[Dial]:
    """Those of the numbers that this person may call, each once."""
    found = (
        Dial(phone, address)
        for phone in dict.fromkeys(phones)
        for make in _addresses[:1]
        if (address := make(request, phone))
    )
    return list(found)
