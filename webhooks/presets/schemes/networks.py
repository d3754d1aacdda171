"""From where a sender calls: lists of networks, beside the proof and never in place of it."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from config.egress.allow import allow_list

Network = IPv4Network | IPv6Network


@lru_cache(maxsize=200)
def parsed_networks(text: str) -> tuple[Network, ...]:
    """Networks with commas between them; ValueError when one is none."""
    return tuple(ip_network(part.strip()) for part in text.split(","))


def is_from(address: str, networks: str) -> bool:
    """What the operator reaches in private networks (EGRESS_ALLOW) may send, too: a simulator, or a proxy of their own."""
    allowed = [*parsed_networks(networks), *(one.network for one in allow_list())]
    return _is_within(address, allowed)


def _is_within(address: str, networks: Iterable[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any((mapped or found) in network for network in networks)
