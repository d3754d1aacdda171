"""What the fold knows of a company beforehand: its internal numbers, its outside lines, its country, its colleagues' mobiles."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.fold.numbers import is_extension, to_e164


@dataclass(frozen=True, slots=True)
class Ours:
    """`region` completes local numbers. `extensions` are those that the company entered, `trunks` names of outside lines
    or what their names begin with; both may be empty or incomplete. `mobiles` are telephones outside, in E.164, and whose.
    """

    region: str
    extensions: frozenset[str] = frozenset()
    trunks: tuple[str, ...] = ()
    mobiles: Mapping[str, str] = field(default_factory=dict)

    def colleague(self, number: str) -> str:
        """The extension of whose mobile this is, in any usual form; empty for every other number."""
        return self.mobiles.get(to_e164(number, self.region), "") if self.mobiles and number else ""

    def is_trunk(self, device: str, number: str) -> bool:
        """Whether a channel of this name is an outside line.

        The company's own list decides first, then its extensions; a name that could be an internal number is a phone,
        any other is a line. The dialplan's contexts are not asked: everybody names them differently.
        """
        name = resource(device)
        if self.trunks and (name.startswith(self.trunks) or device.startswith(self.trunks)):
            return True
        return not (name in self.extensions or number in self.extensions or is_extension(name))

    def extension(self, device: str, number: str) -> str:
        """The internal number of a phone: its device's name, or the number that the exchange gives it; else empty."""
        name = resource(device)
        if name in self.extensions:
            return name
        if number in self.extensions:
            return number
        return name if is_extension(name) else ""


def resource(device: str) -> str:
    """`PJSIP/trunk-a1-0000001c` -> `trunk-a1`, `Local/151@office-00000000;1` -> `151@office`."""
    name = device.partition("/")[2]
    return name.rpartition("-")[0] or name
