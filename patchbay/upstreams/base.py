"""What every kind of upstream offers to the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.environment import Environment, Variable
    from patchbay.inbox import Inbox


@dataclass(frozen=True)
class Runtime:
    """What upstreams are opened with: where variables are read from, and where webhooks are kept."""

    environment: Environment
    inbox: Inbox


class Upstream(Protocol):
    """One system behind the graph. Declared at import, opened when the server starts."""

    @property
    def name(self) -> str:
        """Its name in errors, logs and health; unique in a graph."""

    @property
    def kind(self) -> str:
        """`rest`, `soap` or `webhook`."""

    def variables(self) -> Sequence[Variable]:
        """The environment variables that `open` reads."""

    async def open(self, runtime: Runtime) -> None:
        """Read the variables, get ready. Raises ConfigurationError; an upstream that is down is fine."""

    async def close(self) -> None:
        """Give back connections. Harmless when not open."""

    async def check(self) -> None:
        """Whether it can be reached now. Raises UpstreamError when not."""
