"""SSH to machines whose host key is known: the same policy for the address, and no machine with another key is spoken to."""

import base64
import binascii
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

import paramiko

from config.egress.tcp import dial

CONNECT_SECONDS: Final = 5.0
# Newest first. RSA keys sign with SHA-2 only.
_ALGORITHMS: Final = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
_KINDS: Final = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class BadKey(ValueError):
    """A key that cannot be read: a text for people is made by whoever asked for it."""


class UnknownHost(ConnectionError):
    """The machine showed another key than the known ones. Nothing was said to it."""


class LoginRefused(ConnectionError):
    """The machine does not take our key or password."""


@dataclass(frozen=True, slots=True)
class HostKey:
    kind: str
    blob: bytes


def host_keys(text: str) -> tuple[HostKey, ...]:
    """The keys in a text as ssh-keyscan, known_hosts or a .pub file have them, one in each line. BadKey otherwise."""
    found = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        place = next((place for place, word in enumerate(words[:2]) if word in _ALGORITHMS), None)
        if place is None or len(words) < place + 2:
            raise BadKey("no host key in this line")
        found.append(HostKey(words[place], _blob(words[place], words[place + 1])))
    if not found:
        raise BadKey("no host key")
    return tuple(found)


def _blob(kind: str, text: str) -> bytes:
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadKey("the key is cut off") from error
    name = kind.encode()
    if blob[: 4 + len(name)] != len(name).to_bytes(4, "big") + name:
        raise BadKey("the key is of another kind than its line says")
    return blob


def private_key(text: str, passphrase: str = "") -> paramiko.PKey:
    """An OpenSSH or PEM key. BadKey otherwise, and where its passphrase is another one."""
    for kind in _KINDS:
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), passphrase or None)
        except (paramiko.SSHException, ValueError, IndexError, UnicodeError):
            continue
    raise BadKey("no private key" if passphrase else "no private key without a passphrase")


@contextmanager
def connected(
    host: str,
    port: int,
    user: str,
    login: paramiko.PKey | str,
    known: str,
    extra: str = "",
    seconds: float = CONNECT_SECONDS,
) -> Iterator[paramiko.Transport]:
    """A transport that is signed in by a key (`private_key`) or a password. `known` has the machine's own keys.

    Raises EgressDenied, BadKey, UnknownHost, LoginRefused, OSError, EOFError, SSHException.
    """
    theirs = host_keys(known)
    transport = paramiko.Transport(dial(host, port, seconds, extra))
    try:
        transport.get_security_options().key_types = [
            name for kind, names in _ALGORITHMS.items() if any(one.kind == kind for one in theirs) for name in names
        ]  # fmt: skip
        transport.banner_timeout = transport.auth_timeout = seconds
        _begin(transport, seconds)
        shown = transport.get_remote_server_key()
        if not any(compare_digest(shown.asbytes(), one.blob) for one in theirs):
            raise UnknownHost(f"{shown.get_name()} {shown.fingerprint}")
        try:
            _sign_in(transport, user, login)
        except paramiko.AuthenticationException as error:
            raise LoginRefused("the key or password is not accepted") from error
        if not transport.is_authenticated():
            raise LoginRefused("more than a key is asked for")
        yield transport
    finally:
        transport.close()


def _begin(transport: paramiko.Transport, seconds: float) -> None:
    try:
        transport.start_client(timeout=seconds)
    except paramiko.ssh_exception.IncompatiblePeer as error:
        # Only the kinds of the known keys are asked for: who has none of these is another machine, or was set up anew.
        if "host key" in str(error):
            raise UnknownHost("no key of a known kind") from error
        raise


def _sign_in(transport: paramiko.Transport, user: str, login: paramiko.PKey | str) -> None:
    if isinstance(login, str):
        transport.auth_password(user, login)
    else:
        transport.auth_publickey(user, login)
