"""Asks an exchange for a call by Asterisk's command line over SSH, where the manager interface is closed.

Each word is checked before (Ask), and quoted all the same: what arrives at the other side is one command with three words.
"""

import shlex
from collections.abc import Callable
from typing import Final

import paramiko

from config.egress import EgressDenied
from config.egress.ssh import BadKey, LoginRefused, UnknownHost, connected, private_key
from telephony.dialing.asking import Ask, Doubtful, NotAsked, Refused
from telephony.models import DialAccess

SECONDS: Final = 5.0
LONGEST_ANSWER: Final = 2000
NO_EXIT_STATUS: Final = -1


def words(ask: Ask) -> list[str]:
    """Asterisk's program and its arguments. The command line has a form for this one: the device form is AMI's."""
    local = f"LOCAL/{ask.extension}@{ask.context}"
    return ["asterisk", "-rx", f"channel originate {local} application Dial LOCAL/{ask.number}@{ask.context}"]


def originate(ask: Ask, access: DialAccess, extra: str, claim: Callable[[], bool]) -> None:
    """Once `claim` says that it is ours to send, send it. NotAsked, Refused or Doubtful when it did not work."""
    try:
        key = private_key(access.ssh_key)
        with connected(
            access.ssh_host, access.ssh_port, access.ssh_user, key, access.ssh_host_key, extra
        ) as transport:
            session = transport.open_session(timeout=SECONDS)
            session.settimeout(SECONDS)
            if claim():
                _run(session, shlex.join(words(ask)))
    except UnknownHost as error:
        raise NotAsked("host_key", is_final=True) from error
    except (BadKey, LoginRefused) as error:
        raise NotAsked("ssh_login", str(error), is_final=True) from error
    except EgressDenied as error:
        raise NotAsked("unreachable", str(error), is_final=True) from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise NotAsked("unreachable", type(error).__name__) from error


def _run(session: paramiko.Channel, command: str) -> None:
    try:
        session.exec_command(command)
        session.shutdown_write()
        said = b"".join((_all(session.recv), _all(session.recv_stderr)))
        status = session.recv_exit_status() if session.status_event.wait(SECONDS) else NO_EXIT_STATUS
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise Doubtful(type(error).__name__) from error
    if status == NO_EXIT_STATUS:
        raise Doubtful("no exit status")
    answer = said.decode("utf-8", "replace").strip()
    if status != 0 or answer:
        # Asterisk says nothing when it took the command.
        raise Refused("rejected", " ".join(answer.split()) or f"exit status {status}")


def _all(receive: Callable[[int], bytes]) -> bytes:
    found = b""
    while len(found) < LONGEST_ANSWER and (data := receive(LONGEST_ANSWER)):
        found += data
    return found[:LONGEST_ANSWER]
