"""Who the client is: the number outside, and which of our lines it used."""

from dataclasses import dataclass

from telephony.fold.channels import Channels
from telephony.fold.facts import Seen
from telephony.fold.numbers import is_extension, to_e164
from telephony.fold.state import Direction


@dataclass(frozen=True, slots=True)
class Client:
    """`raw` as the exchange says it, `number` in E.164 or empty, `did` our own line."""

    raw: str = ""
    number: str = ""
    name: str = ""
    did: str = ""


def find(channels: Channels, region: str) -> Client:
    """The other side of the call; for an internal call the calling extension, which has no E.164."""
    match channels.direction:
        case Direction.OUT:
            return _outbound(channels, region)
        case Direction.IN:
            return _inbound(channels, region)
    raw = channels.first_text("number")
    return Client(raw=raw, name=_name(channels, raw), did="")


def _inbound(channels: Channels, region: str) -> Client:
    numbers = [event.number for event in channels.of_main if event.number]
    raw = next((number for number in numbers if not is_extension(number)), numbers[0] if numbers else "")
    return Client(raw, to_e164(raw, region), _name(channels, raw), _first(channels, "did"))


def _outbound(channels: Channels, region: str) -> Client:
    """The dialled number stands in Did; where it does not, the connected line shows it when the call ends."""
    ours = {extension for event in channels.of_calls for extension in event.extensions}
    did = _first(channels, "did")
    candidates = [
        did,
        *(event.connected for event in channels.of_main if event.kind != "bridge"),
        *(event.number for event in channels.of_main if event.kind != "bridge"),
    ]
    raw = next((text for text in candidates if text and text not in ours and not _is_name(text)), "")
    number = to_e164(raw, region)
    is_same = did == raw or (number != "" and to_e164(did, region) == number)
    return Client(raw, number, "", "" if is_same else did)


def _is_name(text: str) -> bool:
    """A trunk's name stands where a number should (seen in bridge events of outbound calls)."""
    return (
        not any(character.isdigit() for character in text)
        or sum(character.isalpha() for character in text) > 2
    )


def _first(channels: Channels, name: str) -> str:
    return next((value for event in channels.of_main if (value := getattr(event, name))), "")


def _name(channels: Channels, raw: str) -> str:
    """The caller's name. A bridge event carries the answering side's."""
    return next((name for event in channels.of_main if (name := _caller_name(event, raw))), "")


def _caller_name(event: Seen, raw: str) -> str:
    is_callers = event.kind != "bridge" and event.number == raw and event.name not in ("", raw)
    return event.name if is_callers else ""
