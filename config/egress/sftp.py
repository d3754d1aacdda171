"""Files over SSH: a client on a connection of `config.egress.ssh`."""

from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from config.egress.ssh import CONNECT_SECONDS, connected


@contextmanager
def sftp_client(
    host: str,
    port: int,
    user: str,
    login: paramiko.PKey | str,
    known: str,
    extra: str = "",
    seconds: float = CONNECT_SECONDS,
) -> Iterator[paramiko.SFTPClient]:
    """As `connected`, whose errors it raises. Each step on it takes at most `seconds`, or it is a TimeoutError."""
    with connected(host, port, user, login, known, extra, seconds) as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        if client is None:
            raise paramiko.SSHException("the server has no SFTP")
        client.get_channel().settimeout(seconds)  # type: ignore[union-attr]  # it has one while it is open
        yield client
