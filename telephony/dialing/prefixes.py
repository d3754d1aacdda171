"""Numbers that no click calls, whatever countries a company allows.

International codes: the ITU's list of assigned country codes (E.164, annex on networks and services without a
territory). Prices: the numbering plans of the countries, as libphonenumber has them (its types "premium rate" and
"personal number"); the lists below add what is charged higher there without being such a type. Emergency numbers:
the countries' own lists of special services, again on top of libphonenumber's.
"""

from typing import Final

SATELLITE: Final = (
    "+870",  # Inmarsat
    "+871",  # Inmarsat's former codes by ocean
    "+872",
    "+873",
    "+874",
    "+878",  # universal personal numbers
    "+881",  # Iridium, Globalstar, Thuraya's neighbours
    "+882",  # international networks: ships, aircraft, satellites
    "+883",
    "+888",  # disaster relief
    "+979",  # international premium rate
    "+991",
)
PREMIUM: Final = {
    "RU": ("+7803", "+7809"),  # televoting, information services
    "BY": ("+375902", "+375601"),
    "KZ": ("+7809",),
    "UA": ("+380900", "+380703"),
    "GB": ("+4470", "+4476", "+449"),  # personal numbers and pagers look like mobile phones
    "LV": ("+37190",),
    "LT": ("+3709",),
    "EE": ("+372900",),
    "PL": ("+4870",),
}
EMERGENCY: Final = {
    "RU": ("01", "02", "03", "04", "101", "102", "103", "104", "112"),
    "BY": ("101", "102", "103", "104", "112"),
    "KZ": ("101", "102", "103", "104", "109", "112"),
    "UA": ("101", "102", "103", "104", "112"),
}
EVERYWHERE: Final = ("112", "911", "999")
"""Telephones take these for an emergency in any country."""
