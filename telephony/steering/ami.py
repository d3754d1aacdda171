"""Commands over the manager interface: Status, Hangup, Redirect."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from config.egress import EgressDenied
from telephony.ami import AmiConnection, AmiRefused, BadValue, acting
from telephony.ami.packets import text
from telephony.dialing.asking import Doubtful, NotAsked, Refused
from telephony.steering.acting import Target
from telephony.steering.channels import Channel
from tenants.errors import ConfigError

_ABSENT: Final = ("no such channel", "channel does not exist", "channel not existent")
_FORBIDDEN: Final = ("permission denied",)
CAUSE: Final = "16"  # Q.850: ended normally


@contextmanager
def connected(pbx_id: UUID) -> Iterator["AmiExchange"]:
    """NotAsked when there is no way to it, in the sense that nothing was sent."""
    try:
        with acting.connection(pbx_id) as ami:
            yield AmiExchange(ami)
    except (EgressDenied, ConfigError) as error:
        raise NotAsked("unreachable", str(error), is_final=True) from error
    except AmiRefused as refused:  # its login, or the list: answers to commands are taken below
        raise NotAsked("forbidden", refused.message, is_final=True) from refused
    except OSError as error:
        raise NotAsked("unreachable", type(error).__name__) from error


class AmiExchange:
    """One connection, for as long as one command takes."""

    def __init__(self, ami: AmiConnection) -> None:
        self._ami = ami

    def channels(self) -> Sequence[Channel]:
        return [
            Channel(text(row, "Channel"), text(row, "Uniqueid"), text(row, "Linkedid"), text(row, "BridgeID"))
            for row in self._ami.listed("Status")
        ]

    def hang_up(self, channel: str) -> bool:
        return self._act("Hangup", [("Channel", channel), ("Cause", CAUSE)])

    def move(self, channel: str, target: Target) -> bool:
        fields = [
            ("Channel", channel),
            ("Context", target.context),
            ("Exten", target.extension),
            ("Priority", "1"),
        ]
        return self._act("Redirect", fields)

    def _act(self, action: str, fields: list[tuple[str, str]]) -> bool:
        try:
            self._ami.act(action, fields)
        except BadValue as error:
            raise Refused("rejected", str(error)) from error
        except AmiRefused as refused:
            message = refused.message.lower()
            if any(words in message for words in _ABSENT):
                return False
            is_forbidden = message.startswith(_FORBIDDEN)
            raise Refused("forbidden" if is_forbidden else "rejected", refused.message) from refused
        except OSError as error:
            raise Doubtful(type(error).__name__) from error
        return True
