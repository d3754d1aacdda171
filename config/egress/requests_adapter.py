"""A `requests` session whose connections go only to addresses that the egress policy let pass."""

import socket
from functools import cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import Timeout

from config.egress.policy import check_address


def session(pool_size: int = 10, extra: str = "") -> requests.Session:
    """A pooled session: policy on every connection, redirects refused, the environment's proxies ignored.

    `extra` are the exceptions of the company that the session, and so its pool, belongs to.
    """
    made = _EgressSession()
    adapter = _EgressAdapter(extra, pool_connections=4, pool_maxsize=pool_size)
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    return made


class _EgressSession(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Never followed, whatever `allow_redirects` says: a 3xx comes back to the caller as the answer."""
        return


class _Guarded(HTTPConnection):
    """Dials what it has checked: one look-up, every answer checked, no second look-up that could differ."""

    egress_allow = ""

    def _new_conn(self) -> socket.socket:
        found = self._resolve()
        # One denied answer refuses the host: a mix of public and private answers is an attack's signature.
        for *_, address in found:
            check_address(str(address[0]), int(address[1]), self.egress_allow)
        return self._connect_first(found)

    def _resolve(self) -> list[Any]:
        try:
            return socket.getaddrinfo(self._dns_host, self.port, 0, socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error

    def _connect_first(self, found: list[Any]) -> socket.socket:
        last: OSError = OSError("the name has no addresses")
        for family, kind, protocol, _name, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(Timeout.resolve_default_timeout(self.timeout))
                if self.source_address:
                    sock.bind(self.source_address)
                sock.connect(address)
            except OSError as error:
                sock.close()
                last = error
            else:
                return sock
        if isinstance(last, TimeoutError):
            message = f"Connection to {self.host} timed out. (connect timeout={self.timeout})"
            raise ConnectTimeoutError(self, message) from last
        raise NewConnectionError(self, f"Failed to establish a new connection: {last}") from last


class _GuardedTls(_Guarded, HTTPSConnection):
    pass


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


@cache
def _pools(extra: str) -> dict[str, Any]:
    """urllib3's pools, whose connections know that company's exceptions."""
    if not extra:
        return {"http": _GuardedPool, "https": _GuardedTlsPool}
    kinds = {"http": (_GuardedPool, _Guarded), "https": (_GuardedTlsPool, _GuardedTls)}
    return {
        scheme: type(
            pool.__name__, (pool,), {"ConnectionCls": type(dials.__name__, (dials,), {"egress_allow": extra})}
        )
        for scheme, (pool, dials) in kinds.items()
    }


class _EgressAdapter(HTTPAdapter):
    def __init__(self, extra: str, **options: Any) -> None:
        self._extra = extra
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = dict(_pools(self._extra))

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        # Behind a proxy the address dialled is the proxy's, so the policy would check nothing.
        raise ValueError("a proxy would bypass the egress policy")
