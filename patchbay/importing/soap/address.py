"""Where the calls of an imported SOAP upstream go.

    NAME_URL             what the operator says, which stands for the address of the first port
    the ports' addresses else; of a WSDL that was fetched, only on the origin that it came from: credentials
                         must not follow a document to wherever it says

Ports on the first one's origin keep their paths, on the origin that the operator says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.address import Address, parse_address
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.environment import Environment
    from patchbay.importing.model import Model


def addresses_of(model: Model) -> tuple[str, ...]:
    """The addresses that a model's operations are called at, each once, the first one's first."""
    called = (each.soap.address for each in model.operations if each.soap is not None)
    return tuple(dict.fromkeys((*called, *model.servers)))


class Addresses:
    """The addresses of one upstream.

    Args:
        source: the upstream's name.
        variable: the environment variable for its address; None where there is none.
        addresses: the ports', as the WSDL has them; "" of one that has none.
        trusted_origin: that of the WSDL, where it was fetched by URL; None where it is a file.
    """

    def __init__(
        self, source: str, variable: str | None, addresses: Iterable[str], trusted_origin: str | None = None
    ) -> None:
        self._source = source
        self._variable = variable
        self._trusted = trusted_origin
        self._written = {text: _parsed(text) for text in addresses}
        self._first = next((each for each in self._written.values() if each is not None), None)
        self._found: dict[str, Address] = {}
        self._default: Address | None = None

    @property
    def needs_variable(self) -> bool:
        """Whether nothing but the variable says where calls go."""
        return self._first is None or not self._is_trusted(self._first)

    def open(self, environment: Environment) -> list[str]:
        """The origins that calls go to, the first port's first.

        Raises:
            ConfigurationError: there is no address that may be used.
        """
        first = self._first
        given = None
        if self._variable is not None and environment.has(self._variable):
            given = parse_address(environment.url(self._variable))
        elif first is None or not self._is_trusted(first):
            raise ConfigurationError(self._untold())
        self._default = given or first
        self._found = {}
        for text, written in self._written.items():
            address = self._default if written is None else self._used(written, given)
            if address is not None:
                self._found[text] = address
        default = [] if self._default is None else [self._default]
        return list(dict.fromkeys(each.origin for each in (*default, *self._found.values())))

    def of(self, address: str) -> Address | None:
        """Where calls of a port go, once it is open; None where they may not go."""
        return self._found.get(address) if address in self._written else self._default

    def _used(self, written: Address, given: Address | None) -> Address | None:
        first = self._first
        if given is None or first is None:
            return written if self._is_trusted(written) else None
        if written == first:
            return given
        if written.origin == first.origin:
            return parse_address(given.origin + written.target)
        return written if self._is_trusted(written) else None

    def _is_trusted(self, address: Address) -> bool:
        return self._trusted is None or address.origin == self._trusted

    def _untold(self) -> str:
        told = f"set {self._variable} to " if self._variable is not None else "it needs a variable for "
        if self._first is None:
            return f"{self._source}: its WSDL has no HTTP address; {told}its address"
        return (
            f"{self._source}: its WSDL sends calls to another origin than its own; {told}the address to trust"
        )


def _parsed(text: str) -> Address | None:
    try:
        return parse_address(text)
    except ValueError:
        return None
