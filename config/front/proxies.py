"""Who really sent a request: the peer, or what a trusted proxy says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from config.front.asgi_types import Headers, Scope

Address = IPv4Address | IPv6Address
FORWARDING_HEADERS = frozenset(
    (
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-real-ip",
    )
)


@dataclass(frozen=True, slots=True)
class Origin:
    client: str
    scheme: str


def parse_address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    # A dual-stack listener shows IPv4 peers as ::ffff:a.b.c.d.
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


class Proxies:
    """The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(cidr, strict=False) for cidr in trusted]

    def origin(self, scope: Scope) -> Origin:
        peer = scope.get("client")
        client = peer[0] if peer else ""
        if not self._networks or not self._is_trusted(parse_address(client)):
            return Origin(client, scope.get("scheme", "http"))
        headers = scope["headers"]
        return Origin(
            self._first_stranger(_values(headers, b"x-forwarded-for")) or client,
            _scheme(headers) or scope.get("scheme", "http"),
        )

    def _first_stranger(self, hops: list[str]) -> str | None:
        """Walk from our side: the first address that is no proxy of ours; what lies beyond it can be invented."""
        nearest: str | None = None
        for hop in reversed(hops):
            address = parse_address(hop)
            if address is None:
                return nearest
            nearest = str(address)
            if not self._is_trusted(address):
                return nearest
        return nearest

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def _values(headers: Headers, name: bytes) -> list[str]:
    joined = b",".join(value for key, value in headers if key == name)
    return joined.decode("latin-1").split(",") if joined else []


def _scheme(headers: Headers) -> str | None:
    values = _values(headers, b"x-forwarded-proto")
    scheme = values[-1].strip().lower() if values else ""
    return scheme if scheme in ("http", "https") else None
