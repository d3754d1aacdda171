"""A real sshd: the very bytes that arrive there, who is spoken to at all, and what each refusal is called."""

import getpass
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from config.egress.ssh import BadKey, host_keys, private_key
from telephony.dialing import ssh
from telephony.dialing.asking import Ask, NotAsked, Refused
from telephony.models import DialAccess, OriginateRequest, Transport
from tests.outside.ssh import Sshd, running

COMMAND = "asterisk -rx 'channel originate LOCAL/150@from-internal application Dial LOCAL/+375291234570@from-internal'"
ARGUMENTS = [
    "-rx",
    "channel originate LOCAL/150@from-internal application Dial LOCAL/+375291234570@from-internal",
]
# Stands in for Asterisk: keeps its arguments, each ended by a zero byte.
ASTERISK = """#!/bin/sh
printf '%s\\0' "$@" >> "{log}"
{answer}
"""


class Machine(Sshd):
    """An exchange's machine, and what it let us run."""

    def access(self, **values: Any) -> DialAccess:
        named: dict[str, Any] = {
            "transport": Transport.SSH,
            "ssh_host": "127.0.0.1",
            "ssh_port": self.port,
            "ssh_user": getpass.getuser(),
            "ssh_key": self.client_key,
            "ssh_host_key": self.host_key(),
            "pbx_id": uuid4(),
        }
        return DialAccess(**(named | values))

    def arguments(self) -> list[str]:
        """What Asterisk was run with, and forgotten afterwards."""
        log = self.folder / "log"
        found = log.read_text().split("\0")[:-1] if log.exists() else []
        log.unlink(missing_ok=True)
        return found

    def answer(self, words: str) -> None:
        self.program("asterisk", ASTERISK.format(log=self.folder / "log", answer=words))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    found = Machine(tmp_path_factory.mktemp("sshd"))
    keygen(found.folder / "strange")
    with running(found):
        yield found


def keygen(path: Path, kind: str = "ed25519") -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)], check=True)


@pytest.fixture
def there(machine: Machine, settings: Any) -> Machine:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    machine.let("")
    machine.answer("")
    machine.arguments()
    return machine


def ask(access: DialAccess, extension: str = "150", phone: str = "+375291234570") -> Ask:
    return Ask.of(OriginateRequest(extension=extension, phone=phone), access, "BY")


def originate(access: DialAccess, **wanted: str) -> list[bool]:
    """Whether somebody claimed it."""
    claimed: list[bool] = []
    ssh.originate(ask(access, **wanted), access, "", lambda: claim(claimed))
    return claimed


def claim(claimed: list[bool]) -> bool:
    claimed.append(True)
    return True


def test_asterisk_gets_exactly_two_arguments(there: Machine) -> None:
    assert originate(there.access()) == [True]

    assert there.arguments() == ARGUMENTS


def test_the_exact_bytes_arrive(there: Machine) -> None:
    there.let(f'command="printf %s \\"$SSH_ORIGINAL_COMMAND\\" > {there.folder}/bytes" ')

    originate(there.access())

    assert (there.folder / "bytes").read_bytes() == COMMAND.encode()


@pytest.fixture
def forced(there: Machine) -> Machine:
    """The script of the documentation is all that the key may run."""
    there.force()
    return there


def test_the_documented_forced_command_takes_what_we_send(forced: Machine) -> None:
    originate(forced.access(number_form="national", prefix="9"))

    assert forced.arguments() == [ARGUMENTS[0], ARGUMENTS[1].replace("+375291234570", "980291234570")]


@pytest.mark.parametrize(
    "command",
    [
        "id",
        COMMAND + "; id",
        COMMAND + "\nid",
        COMMAND.replace("150", "150&151"),
        COMMAND.replace("+375291234570", "+375291234570,30,g"),
        COMMAND.replace("Dial", "System"),
        COMMAND.replace("from-internal", "$(id)"),
        COMMAND.replace("'", ""),
        "asterisk -rx 'channel request hangup all'",
        "asterisk -rx 'channel request hangup PJSIP/a-1 PJSIP/b-1'",
        "asterisk -rx 'channel redirect PJSIP/a-1 phones,900(x),1'",
        "asterisk -rx 'core show channels concise\n'",
        "asterisk -rx 'core show channels verbose'",
        "",
    ],
)
def test_and_nothing_else(forced: Machine, command: str) -> None:
    key = ["-i", str(forced.folder / "client"), "-p", str(forced.port)]
    known = forced.folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{forced.port} {forced.host_key()}")
    options = ["-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes", "-F", "none"]

    done = subprocess.run(
        ["ssh", *key, *options, f"{getpass.getuser()}@127.0.0.1", command],
        capture_output=True, stdin=subprocess.DEVNULL, timeout=30,
    )  # fmt: skip

    assert (done.returncode, forced.arguments()) == (1, [])


HOSTILE = st.text(alphabet="+0123456789&,;(){}$[]\r\n\0'\"`|<>\\ @/:=*#aA", min_size=1, max_size=30)


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE)
def test_hostile_words_do_not_get_as_far_as_a_connection(there: Machine, extension: str, phone: str) -> None:
    access = there.access()
    if re.fullmatch(r"[0-9*#]{1,10}", extension) and re.fullmatch(r"\+[0-9]{7,15}", phone):
        return

    with pytest.raises(ValueError, match="neither"):
        originate(access, extension=extension, phone=phone)

    assert there.arguments() == []


def test_a_machine_with_another_key_is_told_nothing(there: Machine) -> None:
    claimed: list[bool] = []
    access = there.access(ssh_host_key=(there.folder / "strange.pub").read_text())

    with pytest.raises(NotAsked) as refused:
        ssh.originate(ask(access), access, "", lambda: claim(claimed))

    assert (refused.value.code, refused.value.is_final) == ("host_key", True)
    assert (claimed, there.arguments()) == ([], [])


def test_a_key_that_is_not_taken_is_told(there: Machine) -> None:
    access = there.access(ssh_key=(there.folder / "strange").read_text())

    with pytest.raises(NotAsked) as refused:
        originate(access)

    assert (refused.value.code, refused.value.is_final) == ("ssh_login", True)


def test_nobody_there_is_worth_another_try(there: Machine) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        access = there.access(ssh_port=bound.getsockname()[1])
        with pytest.raises(NotAsked) as refused:
            originate(access)

    assert (refused.value.code, refused.value.is_final) == ("unreachable", False)


def test_the_egress_policy_holds(there: Machine, settings: Any) -> None:
    settings.EGRESS_ALLOW = []

    with pytest.raises(NotAsked) as refused:
        originate(there.access())

    assert (refused.value.code, refused.value.is_final) == ("unreachable", True)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ("echo 'Unable to connect to remote asterisk' >&2; exit 1", "Unable to connect to remote asterisk"),
        ("echo 'No such command'", "No such command"),
        ("exit 3", "exit status 3"),
    ],
)
def test_what_asterisk_says_is_a_refusal(there: Machine, answer: str, detail: str) -> None:
    there.answer(answer)

    with pytest.raises(Refused) as refused:
        originate(there.access())

    assert (refused.value.code, refused.value.detail) == ("rejected", detail)


def test_host_keys_are_read_in_every_usual_form(there: Machine) -> None:
    kind, blob, *_rest = there.host_key().split()

    found = host_keys(f"# a comment\n[127.0.0.1]:22 {kind} {blob}\n{kind} {blob} root@pbx\n\n")

    assert [one.kind for one in found] == ["ssh-ed25519"] * 2
    for wrong in ("", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa " + blob, "127.0.0.1 " + blob):
        with pytest.raises(BadKey):
            host_keys(wrong)


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_private_keys_of_each_kind_are_read(kind: str, tmp_path: Path) -> None:
    keygen(tmp_path / "key", kind)

    assert private_key((tmp_path / "key").read_text()).can_sign()


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"]
)
def test_what_is_no_private_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        private_key(text)
