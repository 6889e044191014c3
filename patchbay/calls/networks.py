"""What kind of place an IP address is, by the registries of special addresses and what clouds made of some.

Python's ipaddress has flags for this, but they differ between its releases, take the IPv6 form of an IPv4
address for something else, and know no cloud. What is in none of the lists below is closed.

Sources: IANA's registries of special-purpose IPv4 and IPv6 addresses (RFC 6890), RFC 6052 (NAT64), RFC 3056
(6to4), RFC 4291 (mapped and compatible addresses), RFC 2765 (translated ones).
"""

from __future__ import annotations

from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class Kind(Enum):
    """Where an address leads to."""

    GLOBAL = auto()
    """Anywhere on the Internet."""
    PRIVATE = auto()
    """The company's own network, the pods and containers beside us."""
    LOOPBACK = auto()
    """This machine."""
    CLOSED = auto()
    """Where no upstream is: a cloud's metadata, link-local, unspecified, multicast, reserved."""


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, text.split()))


_LOOPBACK = _networks("127.0.0.0/8 ::1/128")

_PRIVATE = _networks("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7")

_CLOSED = _networks(
    "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 "
    "203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 3fff::/20"
)

_CLOUDS = _networks(
    # Azure and Alibaba; AWS, Google and Oracle by IPv6. The others are in 169.254.0.0/16 and 192.0.0.0/24.
    "168.63.129.16/32 100.100.100.200/32 fd00:ec2::/32 fd20:ce::254/128 fd00:c1::/32"
)
"""Where clouds answer their machines, with credentials among other things; some look private or global."""

_GLOBAL_V6 = IPv6Network("2000::/3")

_WRAPPED = tuple(
    (IPv6Network(network), bits_behind)
    for network, bits_behind in (
        ("::ffff:0:0/96", 0),
        ("::/96", 0),
        ("::ffff:0:0:0/96", 0),
        ("64:ff9b::/96", 0),
        ("2002::/16", 80),
    )
)
"""IPv6 networks whose addresses stand for IPv4 ones, and how many bits there are behind these."""


def unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one stands for; any other address itself."""
    if isinstance(address, IPv4Address) or address in _LOOPBACK[1]:
        return address
    for network, bits_behind in _WRAPPED:
        if address in network:
            return IPv4Address((int(address) >> bits_behind) & 0xFFFF_FFFF)
    return address


def kind_of(address: IPAddress) -> Kind:
    """The kind of an address, or of what it stands for."""
    address = unwrapped(address)
    if _is_in(address, _LOOPBACK):
        return Kind.LOOPBACK
    if _is_in(address, _CLOSED) or _is_in(address, _CLOUDS):
        return Kind.CLOSED
    if _is_in(address, _PRIVATE):
        return Kind.PRIVATE
    return Kind.GLOBAL if address.version == 4 or address in _GLOBAL_V6 else Kind.CLOSED  # noqa: PLR2004 - IPv4


def parse_ip(text: str) -> IPAddress | None:
    """An address as it is usually written, perhaps with a network card's name; None for a host's name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_in(address: IPAddress, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
