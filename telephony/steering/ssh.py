"""Commands by Asterisk's command line over SSH, where the manager interface is closed.

Each is one line of three words, as for clicks: names are checked before (channels.NAME), and quoted all the same.
"""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import paramiko

from telephony.dialing import ssh
from telephony.dialing.asking import Doubtful, NotAsked, Refused
from telephony.models import DialAccess
from telephony.steering.acting import Target
from telephony.steering.channels import Channel

LONGEST_LIST: Final = 1024 * 1024
FEWEST_PARTS: Final = 14
_UNBRIDGED: Final = ("", "(None)")
# What the command line says, with exit status 0 in some versions and 1 in others.
_DONE: Final = ("requested hangup on channel", "successfully redirected")
_ABSENT: Final = ("not a known channel", "not found", "does not exist")


@contextmanager
def connected(access: DialAccess, extra: str) -> Iterator["SshExchange"]:
    """NotAsked when there is no way to it."""
    with ssh.reached(access, extra) as transport:
        yield SshExchange(transport)


class SshExchange:
    """One connection; each command has a session of its own, as the exchange's script runs one and ends."""

    def __init__(self, transport: paramiko.Transport) -> None:
        self._transport = transport

    def channels(self) -> Sequence[Channel]:
        try:
            status, said = ssh.answer(
                ssh.opened(self._transport), _line("core show channels concise"), LONGEST_LIST
            )
        except Doubtful as error:
            raise NotAsked("unreachable", error.detail) from error
        if status != 0:
            raise Refused("rejected", _short(said) or f"exit status {status}")
        return [channel for line in said.splitlines() if (channel := read(line)) is not None]

    def hang_up(self, channel: str) -> bool:
        return self._act(f"channel request hangup {channel}")

    def move(self, channel: str, target: Target) -> bool:
        return self._act(f"channel redirect {channel} {target.context},{target.extension},1")

    def _act(self, command: str) -> bool:
        try:
            session = ssh.opened(self._transport)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise Refused("unreachable", type(error).__name__) from error
        _status, said = ssh.answer(session, _line(command))
        text = said.lower()
        if any(words in text for words in _DONE):
            return True
        if any(words in text for words in _ABSENT):
            return False
        raise Refused("rejected", _short(said))


def read(line: str) -> Channel | None:
    """One line of the list; None for any other. What a caller chose, such as a name, stands in the middle."""
    parts = line.split("!")
    if len(parts) < FEWEST_PARTS:
        return None
    bridge = parts[-2].strip()
    return Channel(parts[0], parts[-1].strip(), bridge="" if bridge in _UNBRIDGED else bridge)


def _line(command: str) -> str:
    return shlex.join(["asterisk", "-rx", command])


def _short(said: str) -> str:
    return " ".join(said.split())[:300]
