"""Decides whether an outgoing connection may be made to one concrete address."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from config.egress.allow import allow_list, parse_allow_list
from config.egress.errors import EgressDenied
from config.egress.networks import DENIED_V4, DENIED_V6, LOCAL_NAT64, METADATA, NAT64, V4_COMPATIBLE

Address = IPv4Address | IPv6Address


def check_address(ip: str, port: int, extra: str = "") -> None:
    """Raise EgressDenied unless `ip`, an address literal as the resolver or kernel spells it, may be dialled.

    `extra` are one company's own exceptions, in the form of EGRESS_ALLOW; nothing opens an address of METADATA.
    The caller must dial exactly the address it had checked; to check a name and dial it later is not enough.
    """
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError as error:
        raise EgressDenied from error
    if any(alias in METADATA for alias in _aliases(address)):
        raise EgressDenied
    target = _unwrapped(address)
    if _is_denied(target) and not _is_excepted(address, target, port, extra):
        raise EgressDenied


def _is_excepted(address: Address, target: Address, port: int, extra: str) -> bool:
    rules = (*allow_list(), *parse_allow_list(extra))
    return any(rule.covers(target, port) or rule.covers(address, port) for rule in rules)


def _is_denied(address: Address) -> bool:
    blocks = DENIED_V4 if isinstance(address, IPv4Address) else DENIED_V6
    return any(address in block for block in blocks)


def _unwrapped(address: Address) -> Address:
    """The IPv4 host behind a mapped or NAT64 address: that is who answers."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return _last_32_bits(address)
    return address


def _aliases(address: Address) -> Iterator[Address]:
    """Every address that this one may lead to: wider than `_unwrapped`, for the list without exceptions."""
    yield address
    if isinstance(address, IPv6Address):
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.ipv4_mapped is not None or any(address in n for n in (NAT64, LOCAL_NAT64, V4_COMPATIBLE)):
            yield _last_32_bits(address)


def _last_32_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
