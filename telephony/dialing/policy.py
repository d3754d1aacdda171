"""Whether a number may be called at this hour: a pure function of the company's limits. Rates are counted elsewhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers.shortnumberinfo import is_emergency_number

from telephony.dialing.hours import is_within
from telephony.dialing.prefixes import EMERGENCY, EVERYWHERE, PREMIUM, SATELLITE
from telephony.models.dialing import DialPolicy

# A caller who is stopped by one of these may be a thief, who tries more of them.
SUSPICIOUS: Final = frozenset(
    {
        "emergency",
        "country",
        "premium",
        "satellite",
        "denied_prefix",
        "quiet_hours",
        "extension_minute",
        "extension_day",
        "tenant_minute",
        "tenant_day",
        "minutes_day",
    }
)
_DEAR: Final = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.PERSONAL_NUMBER)


def is_emergency(digits: str, region: str) -> bool:
    """Whether these few digits reach the fire brigade, police or ambulance."""
    if not 0 < len(digits) <= 5:
        return False
    return (
        digits in EVERYWHERE
        or digits in EMERGENCY.get(region, ())
        or bool(region and is_emergency_number(digits, region))
    )


def objection(policy: DialPolicy, number: str, region: str, local: datetime) -> str:
    """Why this E.164 number is not called, as a code; empty when nothing speaks against it. `local`: the company's time."""
    if not policy.is_enabled:
        return "switched_off"
    if _begins(number, SATELLITE):
        return "satellite"
    if _begins(number, policy.denied_prefixes):
        return "denied_prefix"
    parsed = phonenumbers.parse(number)
    country = phonenumbers.region_code_for_number(parsed) or ""
    if not policy.allows_premium and _is_dear(number, parsed, country):
        return "premium"
    if not _is_allowed(policy, country, region):
        return "country"
    return "quiet_hours" if is_within(policy.quiet_hours, local) else ""


def _is_dear(number: str, parsed: phonenumbers.PhoneNumber, country: str) -> bool:
    return phonenumbers.number_type(parsed) in _DEAR or _begins(number, PREMIUM.get(country, ()))


def _is_allowed(policy: DialPolicy, country: str, region: str) -> bool:
    own = policy.allows_own_country and country == region
    return bool(country) and (own or country in policy.countries)


def _begins(number: str, prefixes: Iterable[str]) -> bool:
    return any(number.startswith(prefix) for prefix in prefixes)
