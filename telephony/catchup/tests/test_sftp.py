"""Call records over SFTP, at a real SSH server: the pinned key, passwords and keys, a file that grows."""

import io
import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paramiko
import pytest

from telephony.actions.catch_up import catch_up
from telephony.catchup.tests.captured import content
from telephony.models import CallEvent, CatchUpReport, CdrSource, Pbx
from telephony.tests.factories import make_pbx
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-records"


class Account(paramiko.ServerInterface):
    """One that may log in with a password or a key, and read."""

    allowed_key: paramiko.PKey | None = None

    def __init__(self) -> None:
        self.passwords: list[str] = []

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        self.passwords.append(password)
        is_right = (username, password) == ("records", SECRET)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_right = username == "records" and key == self.allowed_key
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class Handle(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):
    root: Path

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            handle = Handle(flags)
            handle.readfile = (self.root / path.lstrip("/")).open("rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return handle

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat((self.root / path.lstrip("/")).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)


class Server:
    """Listens on loopback until it is closed."""

    def __init__(self, root: Path) -> None:
        self.key = paramiko.ECDSAKey.generate()
        self.account = Account()
        self._files = type("OfThisFolder", (Files,), {"root": root})
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def line(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def _serve(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(sock)
            self._transports.append(transport)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, self._files)
            try:
                transport.start_server(server=self.account)
            except (paramiko.SSHException, EOFError):
                continue

    def close(self) -> None:
        self._listener.close()
        for transport in self._transports:
            transport.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pbx(settings: Any) -> Pbx:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    return make_pbx(make_tenant(timezone="UTC"))


def source_of(pbx: Pbx, server: Server, **values: Any) -> CdrSource:
    named = {
        "kind": "sftp",
        "host": "127.0.0.1",
        "port": server.port,
        "username": "records",
        "secret": SECRET,
        "host_key": server.line,
        "path": "/Master.csv",
    }
    with all_tenants():
        source = CdrSource(tenant=pbx.tenant, pbx=pbx, **(named | values))
        source.full_clean()
        source.save()
        CdrSource.objects.filter(pk=source.pk).update(created_at=datetime(2026, 11, 21, tzinfo=UTC))
    return source


def read(source: CdrSource) -> CatchUpReport:
    report = catch_up(source.pk)
    assert report is not None
    return report


def test_a_file_that_grows_and_is_rotated(pbx: Pbx, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(content("inbound_answered.cdr.csv"))
    source = source_of(pbx, server)

    assert read(source).rows_new == 1
    with file.open("a") as writer:
        writer.write(content("inbound_missed.cdr.csv"))
    file.rename(tmp_path / "Master.csv.1")
    file.write_text(content("queue_second_agent.cdr.csv"))
    assert read(source).rows_new == 2 + 3
    assert read(source).rows_read == 0

    with all_tenants():
        assert CallEvent.objects.filter(pbx=pbx, source="cdr").count() == 6


def test_a_private_key_instead_of_a_password(pbx: Pbx, server: Server, tmp_path: Path) -> None:
    (tmp_path / "Master.csv").write_text(content("inbound_answered.cdr.csv"))
    own = paramiko.ECDSAKey.generate()
    server.account.allowed_key = own
    pem = io.StringIO()
    own.write_private_key(pem)

    assert read(source_of(pbx, server, secret=pem.getvalue())).rows_new == 1


def test_a_server_with_another_key_is_not_told_the_password(pbx: Pbx, server: Server) -> None:
    other = paramiko.ECDSAKey.generate()

    report = read(source_of(pbx, server, host_key=f"{other.get_name()} {other.get_base64()}"))

    assert report.reason == "host_key"
    assert server.account.passwords == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"secret": "wrong-password"}, "refused"),
        ({"path": "/no-such-file.csv"}, "no_file"),
        ({"port": 1}, "unreachable"),
        ({"host": "10.1.2.3"}, "denied"),
        ({"secret": "-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----"}, "refused"),
    ],
)
def test_what_goes_wrong_is_said(pbx: Pbx, server: Server, changes: dict[str, Any], reason: str) -> None:
    report = read(source_of(pbx, server, **changes))

    assert report.reason == reason
    assert SECRET not in report.detail
