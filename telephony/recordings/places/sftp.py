"""SFTP at the exchange: over a socket of the egress gate, to the host whose key was pinned and to no other."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import paramiko
from django.utils.translation import gettext as _

from config.egress.errors import EgressDenied
from config.egress.sftp import sftp_client
from config.egress.ssh import BadKey, LoginRefused, UnknownHost, private_key
from telephony.models.recording import RecordingStore
from telephony.recordings.places.base import CHUNK, SECONDS, Place
from tenants.errors import AuthFailed, ConfigError, TransientError


class SftpPlace(Place):
    def __init__(self, store: RecordingStore) -> None:
        self._root = "/" + store.root.strip("/") if store.root.startswith("/") else store.root.strip("/")
        with ExitStack() as stack:
            self._client = stack.enter_context(_connected(store))
            self._open = stack.pop_all()

    def size(self, parts: tuple[str, ...]) -> int | None:
        try:
            return self._client.stat(self._inside(parts)).st_size
        except FileNotFoundError:
            return None
        except (paramiko.SSHException, OSError) as error:
            raise _broken(error) from error

    def read(self, parts: tuple[str, ...], first: int, length: int) -> Iterator[bytes]:
        try:
            with self._client.open(self._inside(parts), "rb") as stream:
                stream.seek(first)
                while length > 0 and (chunk := stream.read(min(CHUNK, length))):
                    length -= len(chunk)
                    yield chunk
        except FileNotFoundError:
            raise
        except (paramiko.SSHException, OSError) as error:
            raise _broken(error) from error

    def close(self) -> None:
        self._open.close()

    def _inside(self, parts: tuple[str, ...]) -> str:
        """The path, once the other side has resolved its links and it is still below the folder."""
        root = self._client.normalize(self._root or ".")
        path = self._client.normalize("/".join((root.rstrip("/"), *parts)))
        if not path.startswith(root.rstrip("/") + "/"):
            raise FileNotFoundError(path)
        return path


@contextmanager
def _connected(store: RecordingStore) -> Iterator[paramiko.SFTPClient]:
    """Each thing that can be wrong before the first file has a sentence."""
    try:
        login = private_key(store.private_key, store.secret) if store.private_key else store.secret
    except BadKey as error:
        raise ConfigError(
            _("The private key cannot be read: an OpenSSH key is needed, with its password if it has one.")
        ) from error
    opened = sftp_client(
        store.host, store.port, store.username, login, store.host_key, store.tenant.egress_allow, SECONDS
    )
    try:
        client = opened.__enter__()
    except BadKey as error:
        raise ConfigError(
            _("The host key is not one: it begins with ssh-ed25519, ecdsa-… or ssh-rsa.")
        ) from error
    except EgressDenied as error:
        raise ConfigError(
            _("This address is not allowed: it leads into a private network. The operator can allow it.")
        ) from error
    except UnknownHost as error:
        raise ConfigError(
            _("The host shows another key than the one in the settings. Nothing was sent to it.")
        ) from error
    except LoginRefused as error:
        raise AuthFailed(_("The place of recordings refuses our credentials.")) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise _broken(error) from error
    try:
        yield client
    finally:
        opened.__exit__(None, None, None)


def _broken(error: Exception) -> TransientError:
    return TransientError(_("The place of recordings does not answer."), detail=type(error).__name__)
