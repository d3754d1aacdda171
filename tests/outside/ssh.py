"""OpenSSH's own server on loopback."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "telephony-ssh.md"
SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


class Sshd:
    """OpenSSH's own server with keys of its own, as the user who runs the tests."""

    def __init__(self, folder: Path) -> None:
        """Programs in its folder `bin` come before the machine's own."""
        self.folder = folder
        (folder / "bin").mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        for name, kind in (("host_ed25519", "ed25519"), ("host_rsa", "rsa"), ("client", "ed25519")):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / name)], check=True, timeout=60
            )
        self.let("")
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nPidFile {folder}/pid\nStrictModes no\nUsePAM no\n"
            f"HostKey {folder}/host_ed25519\nHostKey {folder}/host_rsa\nAuthorizedKeysFile {folder}/authorized_keys\n"
            "PasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
            f"SetEnv PATH={folder}/bin:/usr/bin:/bin\n"
        )

    def let(self, options: str) -> None:
        """What the client's key may do there, as sshd writes it before a key: nothing for everything."""
        path = self.folder / "authorized_keys"
        path.write_text(f"{options}{(self.folder / 'client.pub').read_text()}")
        path.chmod(0o600)

    def force(self) -> None:
        """The script that the documentation shows is all that the key may run."""
        text = DOCUMENT.read_text()
        [script] = re.findall(r"```sh\n( *#!/bin/sh\n.*?)```", text, re.DOTALL)
        self.program(
            "hub-originate", "\n".join(line.removeprefix("   ") for line in script.splitlines()) + "\n"
        )
        self.let(f'restrict,command="{self.folder}/bin/hub-originate" ')

    def program(self, name: str, text: str) -> None:
        """A script in its folder of programs."""
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def host_key(self, kind: str = "ed25519") -> str:
        return " ".join((self.folder / f"host_{kind}.pub").read_text().split()[:2])

    @property
    def client_key(self) -> str:
        return (self.folder / "client").read_text()


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    made = Sshd(folder)
    with running(made):
        yield made


@contextmanager
def running(made: Sshd) -> Iterator[None]:
    """Until the end of the block. OSError when it does not start."""
    folder = made.folder
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it puts its children when it is root
    process = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")],
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", made.port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(60)
