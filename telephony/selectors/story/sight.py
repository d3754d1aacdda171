"""How much of a call's story somebody may see."""

from collections.abc import Callable
from enum import Flag, auto

from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.models import Member


class Sight(Flag):
    """What somebody may see of a call's story: as much as of the pages and resources that it is gathered from."""

    CALL = auto()  # what the phones did
    MESSAGES = auto()  # the exchange's own words, and which CRM was told
    EVENTS = auto()
    DELIVERIES = auto()
    EXCHANGES = auto()  # every word that was said to other systems
    EFFECTS = CALL | MESSAGES | EVENTS | DELIVERIES
    EVERYTHING = EFFECTS | EXCHANGES

    @classmethod
    def of(cls, member: Member | None) -> "Sight":
        """None stands for the operator's staff."""
        if member is None or member.role in ADMINISTRATORS:
            return cls.EVERYTHING
        return cls.EFFECTS if member.role in MANAGERS else cls.CALL

    @classmethod
    def of_machine(cls, allows: Callable[[str], bool]) -> "Sight":
        """Of a machine that may read calls; `allows` says which scopes it has besides."""
        sight = cls.CALL | cls.MESSAGES
        for scope, part in SCOPES.items():
            sight |= part if allows(scope) else cls(0)
        return sight


SCOPES = {
    "events:read": Sight.EVENTS,
    "deliveries:read": Sight.DELIVERIES,
    "exchanges:read": Sight.EXCHANGES,
}
