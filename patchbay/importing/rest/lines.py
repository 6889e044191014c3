"""The lines of an imported upstream: one for each address and each set of credentials that operations need.

Most documents need one. An operation that declares to need nothing is called without credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from patchbay.errors import ConfigurationError, UpstreamForbidden, UpstreamUnavailable
from patchbay.importing.details import secret_values
from patchbay.importing.rest.credentials import credentials_of
from patchbay.upstreams.base import Line
from patchbay.upstreams.declaring import variables_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from patchbay.calls import Call, CallPolicy, Credentials, Reply
    from patchbay.environment import Environment
    from patchbay.importing.model import Model, Operation
    from patchbay.importing.rest.address import Addresses
    from patchbay.importing.rest.credentials import Schemes, Way
    from patchbay.upstreams.base import Runtime

_log = structlog.get_logger("patchbay.upstreams")


class Lines:
    """All lines of one upstream.

    Args:
        model: its operations.
        addresses: where they go.
        schemes: what they need.
        policy: of each line.
        credentials: the operator's own, in place of what the document says; None for that.

    Attributes:
        secrets: what no text for clients may hold; known once it is open.
    """

    def __init__(
        self,
        model: Model,
        addresses: Addresses,
        schemes: Schemes,
        policy: CallPolicy,
        credentials: Credentials | None,
    ) -> None:
        self.secrets: tuple[str, ...] = ()
        self._model = model
        self._addresses = addresses
        self._schemes = schemes
        self._policy = policy
        self._given = credentials
        self._lines: dict[tuple[str, tuple[Any, ...]], Line] = {}
        self._of_operation: dict[str, Line | None] = {}
        self._is_open = False

    def open(self, runtime: Runtime) -> None:
        """Make the lines; connects to nothing yet. Raises ConfigurationError."""
        base = self._addresses.open(runtime.environment)
        ways_of = self._choose(runtime.environment)
        self._line(base, ways_of[self._default], runtime)
        for operation in self._model.operations:
            server = operation.rest.server if operation.rest is not None else ""
            address = self._addresses.of_operation(server)
            ways = ways_of[self._alternatives(operation)]
            self._of_operation[operation.name] = (
                None if address is None else self._line(address, ways, runtime)
            )
        left_out = sorted(name for name, line in self._of_operation.items() if line is None)
        if left_out:
            _log.warning("operations_of_another_origin", upstream=self._model.name, operations=left_out[:20])
        self._is_open = True

    async def close(self) -> None:
        """Close the connections. Harmless when not open."""
        lines = list(self._lines.values())
        self._is_open = False
        self._lines.clear()
        self._of_operation.clear()
        for line in lines:
            await line.close()

    @property
    def main(self) -> Line | None:
        """That of the base address and of the document's usual credentials; None when not open."""
        return next(iter(self._lines.values()), None)

    def send(self, operation: str, call: Call) -> Awaitable[Reply]:
        """Make one call of an operation. Raises UpstreamError, some at once."""
        line = self._of_operation.get(operation)
        if line is None:
            if self._is_open:
                raise UpstreamForbidden(
                    self._model.name, "the call leads to another origin than its document"
                )
            raise UpstreamUnavailable(self._model.name, "is not open")
        return line.send(call)

    @property
    def _default(self) -> tuple[tuple[str, ...], ...] | None:
        return self._model.requires if self._given is None else None

    def _alternatives(self, operation: Operation) -> tuple[tuple[str, ...], ...] | None:
        """What an operation needs; None for the operator's own credentials."""
        if self._given is not None:
            return () if operation.security == () else None
        return self._model.requires if operation.security is None else operation.security

    def _choose(self, environment: Environment) -> dict[Any, tuple[Way, ...] | None]:
        """Alternatives -> the ways that are sent for them; None stands for the operator's own credentials."""
        needed = {self._default: None, **{self._alternatives(each): None for each in self._model.operations}}
        chosen: dict[Any, tuple[Way, ...] | None] = {}
        missing: dict[str, None] = {}
        secrets: dict[str, None] = {}
        for alternatives in needed:
            if alternatives is None:
                chosen[alternatives] = None
                continue
            ways = self._schemes.chosen(alternatives, environment)
            if ways is None:
                missing.update(dict.fromkeys(self._schemes.variables(alternatives)))
            chosen[alternatives] = ways or ()
            names = [name for way in ways or () for name in way.variables]
            secrets.update(dict.fromkeys(secret_values(names, environment)))
        for variable in variables_of(self._given):
            secrets.update(dict.fromkeys(secret_values((variable.name,), environment)))
        self.secrets = tuple(secrets)
        if missing:
            _log.warning("no_credentials", upstream=self._model.name, variables=list(missing)[:20])
        return chosen

    def _line(self, address: str, ways: Sequence[Way] | None, runtime: Runtime) -> Line:
        """The line to an address with these credentials, made once."""
        key = (address, ("given",) if ways is None else tuple(way.variables for way in ways))
        if key not in self._lines:
            line = Line(self._model.name, self._policy, self._credentials(ways), beside=self.main)
            line.open(address, runtime)
            self._lines[key] = line
        return self._lines[key]

    def _credentials(self, ways: Sequence[Way] | None) -> Credentials | None:
        if ways is None:
            return self._given
        try:
            return credentials_of(ways)
        except ConfigurationError as error:
            raise ConfigurationError(f"{self._model.name}: {error}") from error
