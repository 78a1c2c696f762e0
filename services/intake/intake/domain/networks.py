"""Whose posts are counted together, and who it is at the other end of a chain of proxies."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_VISITORS_BITS = 64
"""An IPv6 subscriber has a /64 at least, and as many addresses as it likes within."""
_INSIDE = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
_FOR = re.compile(r'(?:^|[;,\s])for="?(\[[^\]"]{0,64}\](?::[\w.-]+)?|[^";,\s]+)', re.IGNORECASE)
MOST_HOPS = 32


@lru_cache(maxsize=8_192)
def counted_as(address: str) -> str | None:
    """The name under which an address is counted: IPv4 as it is, IPv6 by its /64.

    None for what is no address, and for private ones: a proxy or a machine of one's own.
    """
    found = parsed(address)
    if found is None or any(found in each for each in _inside() if each.version == found.version):
        return None
    if isinstance(found, IPv4Address):
        return str(found)
    return str(ip_network((found, _VISITORS_BITS), strict=False))


def parsed(text: str) -> Address | None:
    """The address in `text`, with or without port, brackets or zone; IPv4 behind `::ffff:` as IPv4."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def visitor_behind(peer: str, hops: Iterable[str], trusted: Sequence[Network]) -> str:
    """Who spoke to the outermost proxy that is trusted.

    `hops` as the proxies wrote them, the last one nearest; they are believed from right to left as long
    as the one who vouches is trusted. What is no address (`unknown`, `_hidden`, an invention) ends the chain.
    """
    known = parsed(peer)
    for hop in reversed(list(hops)[-MOST_HOPS:]):
        if known is None or not _is_trusted(known, trusted):
            break
        found = parsed(hop)
        if found is None:
            break
        known = found
    return peer if known is None else str(known)


def forwarded_for(value: str) -> Iterator[str]:
    """The `for` of each hop in a Forwarded header. Source: RFC 7239, section 4."""
    for found in _FOR.finditer(value):
        yield found[1]


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in each for each in trusted if each.version == address.version)


@lru_cache(maxsize=1)
def _inside() -> tuple[Network, ...]:
    return tuple(ip_network(each) for each in _INSIDE)
