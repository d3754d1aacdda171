"""A real telephone exchange with phones, on ports of its own: two Asterisks below one root, which speak SIP to each other.

`office` is the exchange of a company; `outside` are its phones and everybody who calls it or is called by it.
"""

import os
import shlex
import shutil
import signal
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from telephony.ami import AmiConnection
from telephony.models import AmiAccess
from tests.asterisk import snippets
from tests.processes import wait_for

CONFIGURATION: Final = Path(__file__).parent / "etc"
PHONES: Final = ("150", "151", "152", "153")
START_SECONDS: Final = 300  # on a busy machine; a second or three on an idle one
RTP_PORTS: Final = 90
CALLED: Final = "+37517000"


@dataclass(frozen=True, slots=True)
class Ports:
    """Of one block."""

    first: int

    @property
    def office(self) -> int:
        """Where the company's manager interface listens."""
        return self.first

    def named(self) -> dict[str, str]:
        first = self.first
        return {
            "AMI_OFFICE": str(first),
            "AMI_OUTSIDE": str(first + 1),
            "SIP_OFFICE": str(first + 2),
            "SIP_OUTSIDE": str(first + 3),
            "RTP_OFFICE": str(first + 10),
            "RTP_OFFICE_END": str(first + 10 + RTP_PORTS - 1),
            "RTP_OUTSIDE": str(first + 110),
            "RTP_OUTSIDE_END": str(first + 110 + RTP_PORTS - 1),
        }


class Exchange:
    """Made from the tests' configuration and the document's snippets; calls are placed by its methods."""

    def __init__(self, root: Path, ports: Ports, values: dict[str, str]) -> None:
        """`values`: where Switchboard is (URL) and the tokens of its companies (TOKEN_HTTP, TOKEN_BOTH)."""
        self.root = root
        self.ports = ports
        self.values = ports.named() | values
        self.folder = root / "srv" / f"exchange-{uuid.uuid4().hex[:8]}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    # Its life

    def start(self) -> None:
        for name in ("office", "outside"):
            self._configure(name)
        # Phones that find nobody to register at wait for seconds before they try again.
        self.launch("office")
        wait_for(lambda: "System uptime" in self.command("office", "core show uptime"), START_SECONDS, lambda: self.log("office"))  # fmt: skip
        self.launch("outside")
        wait_for(lambda: "System uptime" in self.command("outside", "core show uptime"), START_SECONDS, lambda: self.log("outside"))  # fmt: skip
        self._register()
        self.wait_until_ready()

    def launch(self, name: str) -> None:
        inside = self._inside(name)
        command = [
            "/usr/sbin/asterisk",
            "-C",
            f"{inside}/etc/asterisk.conf",
            "-f",
            "-U",
            "asterisk",
            "-G",
            "asterisk",
        ]
        with (self.folder / name / "output").open("ab") as output:
            self._processes[name] = subprocess.Popen(
                ["chroot", str(self.root), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Both answer, and every phone is registered."""

        def ready() -> bool:
            for name, process in self._processes.items():
                assert process.poll() is None, f"{name} ended\n{self.log(name)}"
            contacts = self.command("office", "pjsip show contacts")
            return all(f"{number}/sip:" in contacts for number in PHONES)

        wait_for(
            ready, START_SECONDS, lambda: self.log("office") + self.command("office", "pjsip show contacts")
        )

    def kill(self) -> None:
        """The office's power fails."""
        self._processes["office"].send_signal(signal.SIGKILL)
        self._processes["office"].wait()

    def restart(self) -> None:
        """With the memory of a morning: who was registered before is heard of only when it registers anew."""
        self.command("outside", "channel request hangup all")
        for file in (self.folder / "office").rglob("astdb.sqlite3*"):
            file.unlink()
        self.launch("office")
        wait_for(lambda: "System uptime" in self.command("office", "core show uptime"), START_SECONDS, lambda: self.log("office"))  # fmt: skip
        self._register()
        self.wait_until_ready()

    def _register(self) -> None:
        """Phones do so by themselves after some seconds that no test wants to wait."""
        for number in PHONES:
            self.command("outside", f"pjsip send register phone-{number}")

    def stop(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # What it does

    def command(self, name: str, text: str) -> str:
        """A command of its console; what it said."""
        arguments = [*self._program(name), "-rx", text]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, errors="replace")
        return done.stdout + done.stderr

    def console(self, name: str) -> str:
        """The program `asterisk` of its machine, as a script."""
        return f'#!/bin/sh\nexec {shlex.join(self._program(name))} "$@"\n'

    def _program(self, name: str) -> list[str]:
        return [
            "/usr/sbin/chroot",
            str(self.root),
            "/usr/sbin/asterisk",
            "-C",
            f"{self._inside(name)}/etc/asterisk.conf",
        ]

    def does(self, number: str, what: str) -> None:
        """What somebody does when called: `answer-1-60`, `silent`, `busy`, `transfer-1-2-152`."""
        self._people("DBPut", Family="does", Key=number, Val=what)

    def calls_in(
        self, line: str, client: str, *, talks: float = 60, name: str = "", patience: float = 60
    ) -> None:
        """A client calls one of our lines, and hangs up after so many seconds of talk, or of ringing."""
        self._people(
            "Originate",
            Channel=f"PJSIP/{CALLED}{line}@client",
            CallerID=f'"{name}" <{client}>' if name else f"<{client}>",
            Context="talking",
            Exten=f"{talks:g}",
            Priority="1",
            Timeout=f"{patience * 1000:.0f}",
            Async="true",
        )

    def calls_out(self, extension: str, number: str, *, talks: float = 60, patience: float = 60) -> None:
        """A colleague dials."""
        self._people(
            "Originate",
            Channel=f"PJSIP/{number}@phone-{extension}",
            CallerID=f"<{extension}>",
            Context="talking",
            Exten=f"{talks:g}",
            Priority="1",
            Timeout=f"{patience * 1000:.0f}",
            Async="true",
        )

    def hang_up_everything(self) -> None:
        self.command("outside", "channel request hangup all")
        wait_for(
            lambda: "0 active channels" in self.command("office", "core show channels count"),
            START_SECONDS,
            "calls go on",
        )

    def log(self, name: str) -> str:
        path = self.folder / name / "log" / "messages"
        return "\n".join(path.read_text(errors="replace").splitlines()[-40:]) if path.exists() else ""

    @property
    def records(self) -> Path:
        """Where the office writes its call records."""
        return self.folder / "office" / "log" / "cdr-csv" / "Master.csv"

    # How it is made

    def _people(self, action: str, **fields: str) -> None:
        access = AmiAccess(
            host="127.0.0.1", port=self.ports.first + 1, username="people", secret="people-of-the-tests"
        )
        with AmiConnection.open(access, egress_allow="127.0.0.0/8") as connection:
            connection.act(action, list(fields.items()))

    def _inside(self, name: str) -> str:
        return "/" + str((self.folder / name).relative_to(self.root))

    def _configure(self, name: str) -> None:
        own = self.folder / name
        for part in ("etc", "spool", "log/cdr-csv"):
            (own / part).mkdir(parents=True)
        values = self.values | {"FOLDER": self._inside(name), "NAME": name}
        files = {
            path.name: path.read_text()
            for path in (*CONFIGURATION.glob("*.conf"), *(CONFIGURATION / name).glob("*.conf"))
        }
        files["phones.conf"] = _phones(name, values)
        if name == "office":
            files |= snippets.files(values)
        for file, text in files.items():
            (own / "etc" / file).write_text(snippets.filled(text, values))
        subprocess.run(
            ["chroot", str(self.root), "chown", "-R", "asterisk:asterisk", self._inside(name)], check=True
        )


def _phones(name: str, values: dict[str, Any]) -> str:
    if name == "office":
        return "".join(
            f"[{number}](phone)\naors = {number}\nauth = {number}\ncallerid = Colleague {number} <{number}>\n"
            f"[{number}](phone-aor)\n[{number}](phone-auth)\nusername = {number}\n"
            for number in PHONES
        )
    office = f"sip:127.0.0.1:{values['SIP_OFFICE']}"
    return "".join(
        f"[secret-{number}]\ntype = auth\nauth_type = userpass\nusername = {number}\npassword = a-phone-of-the-tests\n"
        f"[phone-{number}]\ntype = registration\ntransport = phones\noutbound_auth = secret-{number}\nserver_uri = {office}\n"
        f"client_uri = sip:{number}@127.0.0.1:{values['SIP_OFFICE']}\ncontact_user = {number}\nretry_interval = 1\n"
        f"forbidden_retry_interval = 1\nmax_retries = 100000\nexpiration = 3600\n"
        f"[phone-{number}](somebody)\ntransport = phones\naors = phone-{number}\noutbound_auth = secret-{number}\n"
        f"from_user = {number}\n[phone-{number}]\ntype = aor\ncontact = {office}\n"
        for number in PHONES
    )
