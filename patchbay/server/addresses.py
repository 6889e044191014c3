"""Whose address a request comes from: the peer's, or the one that a trusted proxy has written down."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Address

SETTING: Final = "PATCHBAY_TRUSTED_PROXIES"

UNKNOWN: Final = "unknown"
"""The address of a peer that has none, as that of a socket which is a file."""

MOST_HOPS: Final = 20
"""Proxies in a row that are believed. Every one of them costs time, and clients can write any number down."""

_HEADER = b"x-forwarded-for"
_SITE_BITS: Final = 64
"""Of an IPv6 address: one customer has at least all addresses that share these."""


class TrustedProxies:
    """The peers whose X-Forwarded-For is believed.

    Args:
        names: addresses or networks, as 10.0.0.7 or 10.0.0.0/8.

    Raises:
        ConfigurationError: one is neither.
    """

    __slots__ = ("_networks", "believes")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._networks = tuple(_network(name) for name in names)
        # Kept for each: there are few proxies, and they come with every request.
        self.believes = lru_cache(maxsize=1024)(self._believes)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def _believes(self, address: str) -> bool:
        found = ip_address(address)
        return any(found in network for network in self._networks)


NO_PROXIES: Final = TrustedProxies()


def address_of(scope: Mapping[str, Any], trusted: TrustedProxies = NO_PROXIES) -> str:
    """The client's address, as text in its shortest form; UNKNOWN where it has none.

    Each proxy adds, at the end of X-Forwarded-For, who has asked it. So what stands there is read from its
    end, as long as those who wrote it are trusted; whatever stands before that, anybody can have written.

    Args:
        scope: ASGI's, of a request or a WebSocket.
        trusted: see TrustedProxies.
    """
    client = scope.get("client")
    address = _parsed(client[0]) if client else None
    if address is None:
        return UNKNOWN
    if not trusted or not trusted.believes(address):
        return address
    for hop in _hops(scope):
        written = _parsed(_without_port(hop))
        if written is None:
            break
        address = written
        if not trusted.believes(address):
            break
    return address


def _hops(scope: Mapping[str, Any]) -> list[str]:
    """What X-Forwarded-For says, the last first."""
    lines = [value for name, value in scope["headers"] if name == _HEADER]
    if not lines:
        return []
    *others, _ = (b"," + b",".join(lines)).rsplit(b",", MOST_HOPS)[::-1]
    return [each.strip().decode("latin-1") for each in others]


def site_of(address: str) -> str:
    """What one client can be told by: an IPv4 address, or the first half of an IPv6 address."""
    return _site_of(address) if ":" in address else address


@lru_cache(maxsize=4096)
def _site_of(address: str) -> str:
    return str(IPv6Network((int(IPv6Address(address)) >> _SITE_BITS << _SITE_BITS, _SITE_BITS)))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> str | None:
    """The address in its shortest form; None where it is none."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(address if mapped is None else mapped)


def _without_port(hop: str) -> str:
    """Some proxies write the port down, as 192.0.2.1:4711 or [2001:db8::1]:4711."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, _, port = hop.rpartition(":")
    return host if port.isdigit() and host.count(".") == 3 and ":" not in host else hop  # noqa: PLR2004 - IPv4


def _network(name: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(name, strict=False)
    except ValueError:
        problem = f"{SETTING}: {name} is neither an address nor a network, such as 10.0.0.7 or 10.0.0.0/8"
        raise ConfigurationError(problem) from None
