"""SFTP: over a socket of the egress gate, to the host whose key was pinned, by a temporary name and a rename."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import paramiko
from django.utils.translation import gettext as _

from config.egress import EgressDenied
from config.egress.sftp import sftp_client
from config.egress.ssh import BadKey, LoginRefused, UnknownHost, private_key
from exports.destinations.base import (
    CHUNK,
    PROBE,
    SECONDS,
    Destination,
    OutgoingFile,
    Receipt,
    is_same,
    probe_name,
    temporary_name,
)
from exports.destinations.failures import NotSent
from exports.destinations.troubles import connection_trouble

# What breaks on a live connection when it dies.
BROKEN = (paramiko.SSHException, OSError, EOFError)


class SftpDestination(Destination):
    """Settings and credentials as SftpForm has cleaned them."""

    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str], extra: str) -> None:
        self._settings, self._credentials, self._extra = settings, credentials, extra
        self._may_replace = settings.get("existing") != "refuse"

    def send(self, file: OutgoingFile, name: str) -> Receipt:
        with self._connected() as client:
            folder = self._folder(client)
            part, final = _inside(folder, temporary_name(name, file)), _inside(folder, name)
            if self._may_replace or not _is_there(client, final, file):
                with file.open() as stream, _removed_on_failure(client, part):
                    with _step("full"):
                        client.putfo(stream, part, file.size)  # type: ignore[arg-type]  # it reads, and that is all
                    self._move(client, part, final)
        return Receipt(f"sftp://{self._settings['host']}/{final.lstrip('/')}", file.size)

    def check(self) -> str:
        with self._connected() as client:
            folder, name = self._folder(client), probe_name()
            part, final = _inside(folder, f".{name}"), _inside(folder, name)
            with _removed_on_failure(client, part):
                with _step("full"), client.open(part, "wb") as stream:
                    stream.write(PROBE)
                self._move(client, part, final)
            with _step("forbidden"):
                client.remove(final)
        words = {"folder": folder or ".", "host": self._settings["host"]}
        return (
            _("It works: a small file was written to %(folder)s at %(host)s, renamed and removed again.")
            % words
        )

    @contextmanager
    def _connected(self) -> Iterator[paramiko.SFTPClient]:
        settings = self._settings
        try:
            with sftp_client(
                settings["host"],
                settings["port"],
                settings["username"],
                self._login(),
                settings["host_key"],
                self._extra,
                SECONDS,
            ) as client:
                yield client
        except BadKey as error:
            raise NotSent("host_key_unreadable", str(error)) from error
        except UnknownHost as error:
            raise NotSent("host_key", str(error)) from error
        except LoginRefused as error:
            raise NotSent("refused", str(error)) from error
        except (EgressDenied, *BROKEN) as error:
            raise connection_trouble(error) from error

    def _login(self) -> paramiko.PKey | str:
        stored = self._credentials
        if self._settings["login"] == "password":
            return stored.get("password", "")
        try:
            return private_key(stored.get("private_key", ""), stored.get("passphrase", ""))
        except BadKey as error:
            raise NotSent("private_key", str(error)) from error

    def _folder(self, client: paramiko.SFTPClient) -> str:
        """As the settings have it, once it is known to be there."""
        folder = str(self._settings.get("folder") or "")
        with _step("folder_missing"):
            client.stat(folder or ".")
        return folder

    def _move(self, client: paramiko.SFTPClient, part: str, final: str) -> None:
        """At once: nobody ever reads half a file."""
        if self._may_replace:
            with _step("no_rename"):
                _rename_over(client, part, final)
        else:
            with _step("name_exists"):
                client.rename(part, final)


def _inside(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _rename_over(client: paramiko.SFTPClient, part: str, final: str) -> None:
    try:
        client.posix_rename(part, final)
    except (FileNotFoundError, PermissionError, TimeoutError):
        raise
    except OSError:
        # A server without OpenSSH's extension. The plain rename replaces nothing, so what is there goes first.
        with suppress(FileNotFoundError):
            client.remove(final)
        client.rename(part, final)


def _is_there(client: paramiko.SFTPClient, path: str, file: OutgoingFile) -> bool:
    """Whether our very file is there already; NotSent when another one is."""
    try:
        size = client.stat(path).st_size
    except FileNotFoundError:
        return False
    if size == file.size:
        with client.open(path, "rb") as stream:
            stream.prefetch(size)
            if is_same(iter(lambda: stream.read(CHUNK), b""), file):
                return True
    raise NotSent("name_exists")


@contextmanager
def _step(otherwise: str) -> Iterator[None]:
    """SFTP knows few reasons by name; what else fails here means `otherwise`."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotSent("folder_missing", str(error)) from error
    except PermissionError as error:
        raise NotSent("forbidden", str(error)) from error
    except OSError as error:
        # Errors of the socket have a number or a class, those that the server tells have only a text.
        if isinstance(error, ConnectionError | TimeoutError) or error.errno is not None or _is_closed(error):
            raise
        raise NotSent(otherwise, str(error)) from error


def _is_closed(error: OSError) -> bool:
    return "closed" in str(error).lower()


@contextmanager
def _removed_on_failure(client: paramiko.SFTPClient, path: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(*BROKEN):
            client.remove(path)
        raise
