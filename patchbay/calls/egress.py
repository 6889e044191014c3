"""Where an upstream's calls may lead, and the guard that sees to it at each new connection.

The guard is asked with the addresses that a host's name was found to have, and the connection is made to those
very addresses: nobody can answer with others in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from patchbay.address import parse_address
from patchbay.calls.networks import IPAddress, Kind, kind_of, parse_ip, unwrapped
from patchbay.errors import UpstreamForbidden

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REDIRECTS = 10

_LOCALHOST = ("localhost", ".localhost")


@dataclass(frozen=True)
class Egress:
    """Where an upstream's calls may lead: to its own origin, at addresses that nobody can turn against the server.

    Args:
        networks: networks that its host may lead to although they are closed, as "127.0.0.0/8" for a name that
            leads to this machine, or "169.254.169.254/32"; `localhost` and an address that the environment names
            itself need no leave for this machine.
        redirects: how many redirects of one safe call are followed; 0 hands each back as a refusal.
        origins: further origins that a redirect may lead to, as "https://cdn.example"; without credentials.
    """

    networks: tuple[str, ...] = ()
    redirects: int = 0
    origins: tuple[str, ...] = ()

    def problems(self) -> list[str]:
        """What cannot be meant."""
        problems = []
        if isinstance(self.networks, str) or not all(map(_is_network, self.networks)):
            problems.append('egress.networks must be a tuple of networks, as ("10.0.0.0/8",)')
        if not 0 <= self.redirects <= MAX_REDIRECTS:
            problems.append(f"egress.redirects must be from 0 to {MAX_REDIRECTS}")
        if isinstance(self.origins, str) or not all(map(_is_origin, self.origins)):
            problems.append('egress.origins must be a tuple of origins, as ("https://cdn.example",)')
        if self.origins and not self.redirects:
            problems.append("egress.origins are for redirects, and egress.redirects allows none")
        return problems


class Guard:
    """Judges what one host leads to, and remembers it until the upstream is opened anew.

    Args:
        source: the upstream's name.
        host: as Address has it.
        egress: see Egress.
    """

    __slots__ = ("_allowed", "_host", "_is_own_word", "_is_public", "_networks", "_source")

    def __init__(self, source: str, host: str, egress: Egress) -> None:
        self._source = source
        self._host = host
        self._networks = tuple(map(ip_network, egress.networks))
        bare = host.rstrip(".")
        self._is_own_word = parse_ip(host) is not None or bare == _LOCALHOST[0] or bare.endswith(_LOCALHOST[1])
        self._allowed = {Kind.GLOBAL, Kind.PRIVATE}
        if self._is_own_word:
            self._allowed.add(Kind.LOOPBACK)
        self._is_public = False
        """Whether the name led to global addresses only when it was first looked up."""

    def admit(self, found: Sequence[Any]) -> None:
        """Judge what getaddrinfo answered; one closed address closes the whole answer.

        Raises:
            UpstreamForbidden: the host may not lead there. Its cause says where that is, to the log.
        """
        kinds = set()
        for entry in found:
            address = parse_ip(entry[4][0])
            if address is None:
                self._refuse("no IP address")
            elif not self._is_let_in(address):
                kind = kind_of(address)
                if kind not in self._allowed:
                    self._refuse(f"{address}, which is closed to it")
                kinds.add(kind)
        if kinds == {Kind.GLOBAL} and len(self._allowed) == 2: pass
