"""Where an upstream's calls may lead, and the guard that sees to it at each new connection.

The guard is asked with the addresses that a host was found to have, and the connection is made to those very
addresses: nobody can answer with others in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NoReturn

from patchbay.address import parse_address
from patchbay.calls.networks import IPAddress, Kind, kind_of, parse_ip, unwrapped
from patchbay.errors import UpstreamForbidden

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_REDIRECTS = 10

_FOR_NAMES = frozenset((Kind.GLOBAL, Kind.PRIVATE))
_FOR_OWN_WORD = _FOR_NAMES | {Kind.LOOPBACK}


@dataclass(frozen=True)
class Egress:
    """Where an upstream's calls may lead: to its own origin, and not to closed addresses (see networks.py).

    A host's name may lead to the Internet or into private networks. `localhost` and an IP address that the
    environment names itself may also lead to this machine.

    Args:
        networks: networks that the host may lead to beyond that, as "127.0.0.0/8" or "169.254.169.254/32".
        redirects: how many redirects of one safe call are followed; 0 hands each back as a refusal.
        origins: further origins that a redirect may lead to, as "https://cdn.example"; without credentials.
    """

    networks: tuple[str, ...] = ()
    redirects: int = 0
    origins: tuple[str, ...] = ()

    def problems(self) -> list[str]:
        """What cannot be meant."""
        pairs = {
            'egress.networks must be a tuple of networks, as ("10.0.0.0/8",)': (
                _all_are(_is_network, self.networks)
            ),
            f"egress.redirects must be from 0 to {MAX_REDIRECTS}": 0 <= self.redirects <= MAX_REDIRECTS,
            'egress.origins must be a tuple of origins, as ("https://cdn.example",)': (
                _all_are(_is_origin, self.origins)
            ),
            "egress.origins are for redirects, and egress.redirects allows none": (
                self.redirects > 0 or not self.origins
            ),
        }
        return [problem for problem, is_well in pairs.items() if not is_well]


class Guard:
    """Judges what one host leads to, and remembers what that was until the upstream is opened anew.

    Args:
        source: the upstream's name.
        host: as Address has it.
        egress: see Egress.
    """

    __slots__ = ("_allowed", "_is_public", "_networks", "_source")

    def __init__(self, source: str, host: str, egress: Egress) -> None:
        self._source = source
        self._networks = tuple(map(ip_network, egress.networks))
        # Everything below `localhost` is this machine as well (RFC 6761).
        is_own_word = parse_ip(host) is not None or f".{host.rstrip('.')}".endswith(".localhost")
        self._allowed = _FOR_OWN_WORD if is_own_word else _FOR_NAMES
        self._is_public: bool | None = None
        """Whether the first answer held global addresses only."""

    def admit(self, found: Sequence[Any]) -> None:
        """Judge what getaddrinfo answered. One closed address closes the whole answer.

        Raises:
            UpstreamForbidden: the host may not lead there. Its cause says where, to the log.
        """
        kinds = set[Kind]()
        for entry in found:
            address = ip_address(entry[4][0])
            if self._has_leave(address):
                continue
            kind = kind_of(address)
            if kind not in self._allowed:
                self._refuse(f"{address} is closed to it")
            if kind is Kind.PRIVATE and self._is_public:
                self._refuse(f"{address} is private, and before it led to the Internet")
            kinds.add(kind)
        if kinds and self._is_public is None:
            self._is_public = kinds == {Kind.GLOBAL}

    def _has_leave(self, address: IPAddress) -> bool:
        inner = unwrapped(address)
        return any(address in network or inner in network for network in self._networks)

    def _refuse(self, why: str) -> NoReturn:
        raise UpstreamForbidden(self._source, "its host leads to where it may not be") from ValueError(why)


def _all_are(is_one: Callable[[object], bool], values: object) -> bool:
    return isinstance(values, tuple) and all(map(is_one, values))


def _is_network(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(ip_network(text))
    except ValueError:
        return False


def _is_origin(text: object) -> bool:
    try:
        return isinstance(text, str) and parse_address(text).origin == text
    except ValueError:
        return False
