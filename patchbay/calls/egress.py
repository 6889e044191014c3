"""Where an upstream's calls may lead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Egress:
    """Where an upstream's calls may lead: to its own origin, at addresses that nobody can turn against the server.

    Args:
        networks: networks that its host's name may lead to although they are closed to names, as
            "169.254.0.0/16"; an address or `localhost` that the environment names itself needs no leave.
        redirects: how many redirects of one safe call are followed; 0 hands each back as a refusal.
        origins: further origins that a redirect may lead to, as "https://cdn.example"; without credentials.
    """

    networks: tuple[str, ...] = ()
    redirects: int = 0
    origins: tuple[str, ...] = ()

    def problems(self) -> list[str]:
        """What cannot be meant."""
        return []
