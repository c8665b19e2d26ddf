"""Where a request comes from: the peer or, behind a proxy of ours, whom that names. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IPV6_PREFIX_BITS = 64
"""One household has so much of an IPv6 address whole."""

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(named: Iterable[str]) -> Networks:
    """Addresses and networks (``10.0.0.0/8``) as they are written in settings. Raises ValueError."""
    return tuple(ip_network(one, strict=False) for one in sorted(named))


def client_of(peer: str, forwarded: str, proxies: Networks) -> str:
    """*peer* or, where that is one of *proxies*, the last address of *forwarded* (``X-Forwarded-For``) that is none."""
    if not forwarded or not _within(peer, proxies):
        return peer
    for hop in reversed(forwarded.split(",")):
        peer = hop.strip()
        if not _within(peer, proxies):
            return peer
    return peer


def network_of(client: str) -> str:
    """An IPv6 address by its /64, an IPv4 address by itself, also where it is written as IPv6."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    host_bits = 128 - IPV6_PREFIX_BITS
    return str(IPv6Address(int(address) >> host_bits << host_bits))


def _within(address: str, proxies: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)
