"""From where a machine may call: lists of IPv4 and IPv6 networks.

The caller's address is what the front made of the connection: the peer, or what a proxy named in TRUSTED_PROXIES says.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

Network = IPv4Network | IPv6Network
MOST_NETWORKS = 100


def clean_networks(networks: Iterable[object]) -> list[str]:
    """The networks in their usual form, without repeats; ValidationError names the one that is none."""
    found: dict[str, None] = {}
    for text in networks:
        try:
            found[str(ip_network(str(text).strip()))] = None
        except ValueError as error:
            raise ValidationError(
                _(
                    "“%(text)s” is no address or network; examples are 203.0.113.7, 10.0.0.0/8 and 2001:db8::/32."
                )
                % {"text": str(text)[:60]}
            ) from error
    if len(found) > MOST_NETWORKS:
        raise ValidationError(_("At most %(count)d networks.") % {"count": MOST_NETWORKS})
    return list(found)


def check_networks(networks: object) -> None:
    """ValidationError for anything but a list that `clean_networks` takes."""
    if not isinstance(networks, list):
        raise ValidationError(_("A list is expected."))
    clean_networks(networks)


def parse_address(text: str | None) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one also where it comes wrapped in IPv6; None for what is none."""
    try:
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_within(text: str | None, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of the networks; an unknown address lies in none."""
    address = parse_address(text)
    return address is not None and any(address in network for network in _parsed(tuple(networks)))


def neighbourhood(text: str | None) -> str:
    """By what a stranger is counted: the IPv4 address, or the /64 that one IPv6 subscriber has for themselves."""
    address = parse_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


@lru_cache(maxsize=1024)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in networks)
