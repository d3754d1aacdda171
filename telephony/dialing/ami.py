"""Asks an exchange for a call over its manager interface: Originate, asynchronous, under an id of ours."""

from collections.abc import Callable
from typing import Final

from config.egress import EgressDenied
from telephony.ami import AmiConnection, AmiRefused, BadValue, acting
from telephony.ami.packets import text
from telephony.dialing.asking import Ask, Doubtful, NotAsked, Refused
from tenants.errors import ConfigError

_FORBIDDEN: Final = ("permission denied", "originate access forbidden")


def fields(ask: Ask) -> list[tuple[str, str]]:
    """The action's headers. `__` makes a variable that the second leg inherits."""
    found = [
        ("Channel", ask.device),
        ("Context", ask.context),
        ("Exten", ask.number),
        ("Priority", "1"),
        ("Timeout", str(ask.ring_seconds * 1000)),
        ("CallerID", ask.shown),
        ("Variable", f"__HUB_C2C={ask.channel}"),
        ("Variable", f"__HUB_EXTENSION={ask.extension}"),
        ("Async", "true"),
        ("ChannelId", ask.channel),
    ]
    return [*found, ("OtherChannelId", f"{ask.channel}-2")] if ask.is_local else found


def originate(ask: Ask, claim: Callable[[], bool]) -> None:
    """Once `claim` says that it is ours to send, send it. NotAsked, Refused or Doubtful when it did not work."""
    try:
        with acting.connection(ask.pbx_id) as ami:
            _send(ami, ask, claim)
    except (EgressDenied, ConfigError) as error:
        raise NotAsked("unreachable", str(error), is_final=True) from error
    except AmiRefused as refused:  # its login: the answer to Originate was taken below
        raise NotAsked("forbidden", refused.message, is_final=True) from refused
    except OSError as error:
        raise NotAsked("unreachable", type(error).__name__) from error


def _send(ami: AmiConnection, ask: Ask, claim: Callable[[], bool]) -> None:
    if not claim():
        return
    try:
        ami.act("Originate", fields(ask))
    except BadValue as error:
        raise Refused("rejected", str(error)) from error
    except AmiRefused as refused:
        is_forbidden = refused.message.lower().startswith(_FORBIDDEN)
        raise Refused("forbidden" if is_forbidden else "rejected", refused.message) from refused
    except OSError as error:
        raise Doubtful(type(error).__name__) from error


def channel_status(ami: AmiConnection, channel: str) -> dict[str, str] | None:
    """The live channel of that id, as `Status` shows it; None when there is none. Asterisk finds it by its id, too."""
    try:
        rows = ami.listed("Status", [("Channel", channel)])
    except AmiRefused:
        return None
    found = next((row for row in rows if text(row, "Uniqueid") == channel), None)
    return None if found is None else {name: text(found, name) for name in found}


def device_state(ami: AmiConnection, device: str) -> str:
    """NOT_INUSE, UNAVAILABLE, BUSY …; empty when the account may not ask."""
    try:
        return text(ami.act("Getvar", [("Variable", f"DEVICE_STATE({device})")]), "Value")
    except AmiRefused:
        return ""
