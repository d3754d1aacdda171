"""Asks an exchange for a call by Asterisk's command line over SSH, where the manager interface is closed.

Each word is checked before (Ask), and quoted all the same: what arrives at the other side is one command with three words.
"""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import paramiko

from config.egress import EgressDenied
from config.egress.ssh import BadKey, LoginRefused, UnknownHost, connected, private_key
from telephony.dialing.asking import Ask, Doubtful, NotAsked, Refused
from telephony.models import DialAccess

SECONDS: Final = 5.0
LONGEST_ANSWER: Final = 2000
CHUNK: Final = 32 * 1024
NO_EXIT_STATUS: Final = -1


def words(ask: Ask) -> list[str]:
    """Asterisk's program and its arguments. The command line has a form for this one: the device form is AMI's."""
    local = f"LOCAL/{ask.extension}@{ask.context}"
    return ["asterisk", "-rx", f"channel originate {local} application Dial LOCAL/{ask.number}@{ask.context}"]


def originate(ask: Ask, access: DialAccess, extra: str, claim: Callable[[], bool]) -> None:
    """Once `claim` says that it is ours to send, send it. NotAsked, Refused or Doubtful when it did not work."""
    with reached(access, extra) as transport:
        session = opened(transport)
        if claim():
            _run(session, shlex.join(words(ask)))


@contextmanager
def reached(access: DialAccess, extra: str) -> Iterator[paramiko.Transport]:
    """A way to the exchange's machine. NotAsked when there is none, or when it ends before anything was sent."""
    try:
        key = private_key(access.ssh_key)
        with connected(
            access.ssh_host, access.ssh_port, access.ssh_user, key, access.ssh_host_key, extra
        ) as transport:
            yield transport
    except UnknownHost as error:
        raise NotAsked("host_key", is_final=True) from error
    except (BadKey, LoginRefused) as error:
        raise NotAsked("ssh_login", str(error), is_final=True) from error
    except EgressDenied as error:
        raise NotAsked("unreachable", str(error), is_final=True) from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise NotAsked("unreachable", type(error).__name__) from error


def opened(transport: paramiko.Transport) -> paramiko.Channel:
    """A session for one command."""
    session = transport.open_session(timeout=SECONDS)
    session.settimeout(SECONDS)
    return session


def answer(session: paramiko.Channel, command: str, longest: int = LONGEST_ANSWER) -> tuple[int, str]:
    """Run it: its exit status and what it said, no more than `longest` bytes of it. Doubtful when it did not come to its end."""
    try:
        session.exec_command(command)
        session.shutdown_write()
        said = b"".join((_all(session.recv, longest), _all(session.recv_stderr, LONGEST_ANSWER)))
        status = session.recv_exit_status() if session.status_event.wait(SECONDS) else NO_EXIT_STATUS
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise Doubtful(type(error).__name__) from error
    if status == NO_EXIT_STATUS:
        raise Doubtful("no exit status")
    return status, said.decode("utf-8", "replace").strip()


def _run(session: paramiko.Channel, command: str) -> None:
    status, said = answer(session, command)
    if status != 0 or said:
        # Asterisk says nothing when it took the command.
        raise Refused("rejected", " ".join(said.split()) or f"exit status {status}")


def _all(receive: Callable[[int], bytes], longest: int) -> bytes:
    found = b""
    while len(found) < longest and (data := receive(min(longest, CHUNK))):
        found += data
    return found[:longest]
