"""Files of an exchange over SFTP. The server's key was pinned by a person; another one is refused before we log in."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final

import paramiko

from config.egress.errors import EgressDenied
from config.egress.sftp import sftp_client
from config.egress.ssh import BadKey, LoginRefused, UnknownHost, private_key
from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.files import Folder

SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class SftpStore:
    host: str
    port: int
    username: str
    secret: str
    """A password, or a private key."""
    host_key: str
    egress_allow: str = ""

    @contextmanager
    def connected(self) -> Iterator[Folder]:
        try:
            with sftp_client(
                self.host, self.port, self.username, self._login, self.host_key, self.egress_allow, SECONDS
            ) as client:
                yield _RemoteFolder(client)
        except EgressDenied as error:
            raise RecordsUnavailable("denied") from error
        except UnknownHost as error:
            raise RecordsUnavailable("host_key", str(error)) from error
        except (BadKey, LoginRefused) as error:
            raise RecordsUnavailable("refused", str(error)) from error
        except (paramiko.SSHException, EOFError) as error:
            raise RecordsUnavailable("broken", str(error)) from error
        except OSError as error:
            raise RecordsUnavailable("unreachable", str(error)) from error

    @property
    def _login(self) -> paramiko.PKey | str:
        return private_key(self.secret) if "PRIVATE KEY-----" in self.secret else self.secret


class _RemoteFolder:
    def __init__(self, client: paramiko.SFTPClient) -> None:
        self._client = client

    def open(self, path: str) -> AbstractContextManager[IO[bytes]]:
        file: Any = self._client.open(path, "rb", bufsize=65536)
        opened: AbstractContextManager[IO[bytes]] = file
        return opened
