"""Where messages may go: never into the network that this service itself stands in, unless a setting says so.

A name is resolved once, here, every address of it is judged, and the connection goes to that address: a name
that resolves otherwise a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443})
"""Ports of receivers that no setting names."""

METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"))
)
"""Where clouds give out credentials and settings to whoever asks from inside: AWS, Google and most others;
AWS over IPv6; Alibaba; Azure's own, which is a public address; Oracle."""

_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052
_SIX_TO_FOUR = ip_network("2002::/16")  # RFC 3056
_NEVER = (
    ip_network("64:ff9b:1::/48"),  # RFC 8215, local translation: whatever it leads to is ours
    ip_network("2001::/32"),  # Teredo, RFC 4380
    ip_network("fec0::/10"),  # site-local, RFC 3879
    ip_network("::/96"),  # IPv4-compatible, RFC 4291
    ip_network("192.0.0.0/24"),  # protocol assignments, RFC 6890: Python calls part of it global
    ip_network("192.88.99.0/24"),  # the relay of 6to4 that was, RFC 7526
    ip_network("3fff::/20"),  # documentation, RFC 9637
)
_ISATAP = frozenset({0x5EFE, 0x200_5EFE})  # RFC 5214: the third quarter of an address, before an IPv4 address


class AddressRefused(ValueError):
    """The address leads where nothing is sent: correct it, or allow it in BATON_DELIVERY_ALLOW."""


class AddressUnknown(OSError):
    """The name does not resolve now."""


class Resolver(Protocol):
    """Finds the addresses of a name."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses. Raises OSError."""


class SystemResolver:
    """The machine's own."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses, in the order the system prefers."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Receivers that are allowed although they are private, or at another port."""

    networks: tuple[Network, ...] = ()
    places: frozenset[tuple[str, int]] = frozenset()
    ports: frozenset[int] = PORTS

    @classmethod
    def parse(cls, text: str) -> "Allowed":
        """From a setting: networks (10.1.0.0/16) and host:port, by commas.

        Raises ValueError that says what to write.
        """
        networks: list[Network] = []
        places: set[tuple[str, int]] = set()
        for entry in filter(None, map(str.strip, text.split(","))):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                places.add(_place(entry))
        return cls(tuple(networks), frozenset(places))

    def has_place(self, host: str, port: int) -> bool:
        """Whether this host and port is named."""
        return (host.casefold(), port) in self.places

    def has_address(self, address: Address) -> bool:
        """Whether a network that is named holds the address."""
        return any(address.version == each.version and address in each for each in self.networks)


def _place(entry: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{entry}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path:
        raise ValueError(
            f"BATON_DELIVERY_ALLOW: {entry!r} is neither a network such as 10.1.0.0/16 nor a host and port "
            "such as hooks.example.internal:8443"
        )
    return host, port


@dataclass(frozen=True, slots=True)
class Pinned:
    """A receiver's URL in parts, and the one address that it is reached at."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def url(self) -> str:
        """The URL that connects to the address and nowhere else."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{address}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """The receiver's name as HTTP sends it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


async def pin(url: str, resolver: Resolver, allowed: Allowed) -> Pinned:
    """The address to connect to for `url`.

    Raises AddressRefused when the URL, its port or any address of its name is not allowed; AddressUnknown
    when the name does not resolve.
    """
    parts, host, port = _split(url)
    is_named = allowed.has_place(host, port)
    try:
        found = [_read(each) for each in await resolver.addresses(host, port)]
    except (OSError, UnicodeError) as error:
        raise AddressUnknown(f"{host} does not resolve: {error}") from error
    if not found:
        raise AddressUnknown(f"{host} does not resolve to any address")
    for address in found:
        _judge(address, host, port, allowed, is_named=is_named)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Pinned(parts.scheme.lower(), host, port, path, str(found[0]))


def _split(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"the URL cannot be read: {error}") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise AddressRefused("the URL must begin with https:// (or http://) and name a host")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("the URL must hold no user name or password")
    if any(ord(each) <= 32 or ord(each) == 127 for each in url):
        raise AddressRefused("the URL holds spaces or control characters")
    return parts, parts.hostname, port or (443 if parts.scheme.lower() == "https" else 80)


def _read(text: str) -> Address:
    return ip_address(text.partition("%")[0])


def judge(address: str, port: int, allowed: Allowed) -> None:
    """An address that a connection is about to go to. Raises AddressRefused."""
    is_named = allowed.has_place(address, port)
    _judge(_read(address), address, port, allowed, is_named=is_named)


def _judge(address: Address, host: str, port: int, allowed: Allowed, *, is_named: bool) -> None:
    if is_named:
        return
    hidden = list(_within(address))
    if METADATA.intersection(hidden):
        raise AddressRefused(f"{host} leads to {address}, where a cloud keeps credentials")
    if all(map(allowed.has_address, hidden)):
        return
    if any(not is_public(each) for each in hidden):
        raise AddressRefused(
            f"{host} leads to {address}, which is not a public address; allow {host}:{port} or its network "
            "in BATON_DELIVERY_ALLOW"
        )
    if port not in allowed.ports:
        raise AddressRefused(
            f"port {port} of {host} is neither 443 nor 80; allow {host}:{port} in BATON_DELIVERY_ALLOW"
        )


def is_public(address: Address) -> bool:
    """Whether this very address, whatever it may hold inside, is one of the open internet."""
    if any(address.version == each.version and address in each for each in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _within(address: Address) -> Iterable[Address]:
    """The address, or the IPv4 address that it carries: mapped, translated (NAT64) or tunnelled (6to4,
    ISATAP)."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        if address in _SIX_TO_FOUR:
            yield IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
        if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
        yield address
