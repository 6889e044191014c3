"""Where the calls of an imported upstream go.

NAME_URL                     what the operator says, which stands for all servers of the document
the document's first server  else; of a document that was fetched, only on the origin that it came from:
                             credentials must not follow a document to wherever it says
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from patchbay.address import Address, parse_address
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.environment import Environment


class Addresses:
    """The addresses of one upstream.

    Args:
        source: the upstream's name.
        variable: the environment variable for its address.
        servers: the document's, the first being the one to use.
        trusted_origin: that of the document, where it was fetched by URL; None where it is a file.
    """

    def __init__(
        self, source: str, variable: str, servers: Sequence[str], trusted_origin: str | None = None
    ) -> None:
        self.variable = variable
        self._source = source
        self._trusted = trusted_origin
        self._first = _absolute(servers[0], trusted_origin) if servers else None
        self._is_given = False
        self._base: Address | None = None

    @property
    def needs_variable(self) -> bool:
        """Whether nothing but the variable says where calls go."""
        return self._first is None or not self._is_trusted(self._first)

    def open(self, environment: Environment) -> str:
        """The base address. Raises ConfigurationError where there is none to use."""
        self._is_given = environment.has(self.variable)
        if self._is_given:
            base = environment.base_url(self.variable)
        elif self._first is None:
            raise ConfigurationError(
                f"{self._source}: its document names no server; set {self.variable} to its address"
            )
        elif not self._is_trusted(self._first):
            raise ConfigurationError(
                f"{self._source}: its document sends calls to another origin than its own; "
                f"set {self.variable} to the address to trust"
            )
        else:
            base = _text(self._first)
        self._base = parse_address(base)
        return base

    def of_operation(self, server: str) -> str | None:
        """The address of an operation with a server of its own ("" for none), once it is open.

        None where it leads to an origin that calls of this upstream may not go to.
        """
        base = self._base
        if base is None:
            return None
        own = _absolute(server, base.origin) if server else base
        if own is None or own.origin == base.origin:
            return _text(own or base)
        if self._is_given:
            is_beside = self._first is not None and own.origin == self._first.origin
            return f"{base.origin}{own.path}" if is_beside else _text(base)
        return _text(own) if self._is_trusted(own) else None

    def is_own(self, host: str) -> bool:
        """Whether an address that the upstream gives is one of its own.

        By its host alone: behind a proxy, many do not know by which scheme and port they are called.
        """
        return any(each is not None and each.host == host for each in (self._base, self._first))

    def _is_trusted(self, address: Address) -> bool:
        return self._trusted is None or address.origin == self._trusted


def _absolute(server: str, origin: str | None) -> Address | None:
    """The address of a server that may be relative; None where no call can go there."""
    try:
        return parse_address(urljoin(f"{origin}/", server) if origin and "://" not in server else server)
    except ValueError:
        return None


def _text(address: Address) -> str:
    return address.origin + address.path
