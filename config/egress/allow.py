"""The operator's exceptions: `EGRESS_ALLOW`, a comma list of CIDRs, each optionally with one port."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_ENTRY = re.compile(
    r"""(?: \[(?P<v6>[0-9a-f:.]+)\] (?P<v6_prefix>/\d+)? (?::(?P<v6_port>\d+))?   # [::1]/128:9000
          | (?P<v4>[0-9.]+) (?P<v4_prefix>/\d+)? (?::(?P<v4_port>\d+))?           # 127.0.0.1/32:8082
          | (?P<bare>[0-9a-f:.]+(?:/\d+)?)                                        # fd00::/8
        )""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """One exception: a network, and a port or None for every port."""

    network: IPv4Network | IPv6Network
    port: int | None

    def covers(self, address: IPv4Address | IPv6Address, port: int) -> bool:
        return self.port in (None, port) and address in self.network


def allow_list() -> tuple[Allowed, ...]:
    """The exceptions in force now; parsing is remembered per distinct value of the setting."""
    value: str | Iterable[str] = getattr(settings, "EGRESS_ALLOW", "")
    return parse_allow_list(value if isinstance(value, str) else ",".join(value))


@lru_cache(maxsize=32)
def parse_allow_list(text: str) -> tuple[Allowed, ...]:
    return tuple(_parse_entry(entry) for entry in (part.strip() for part in text.split(",")) if entry)


def _parse_entry(entry: str) -> Allowed:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise ImproperlyConfigured(f"EGRESS_ALLOW: {entry!r} is not a CIDR with an optional port")
    port = match["v6_port"] or match["v4_port"]
    if port is not None and not 1 <= int(port) <= 65535:
        raise ImproperlyConfigured(f"EGRESS_ALLOW: {entry!r} has no valid port")
    address = match["bare"] or (match["v6"] or match["v4"]) + (match["v6_prefix"] or match["v4_prefix"] or "")
    try:
        network = ip_network(address)
    except ValueError as error:
        raise ImproperlyConfigured(f"EGRESS_ALLOW: {entry!r}: {error}") from error
    return Allowed(network, None if port is None else int(port))
