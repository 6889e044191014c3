"""What every kind of upstream offers to the server, and what those that are called have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from patchbay.address import parse_address
from patchbay.calls import Call, CallPolicy, Opened, Opening, Pipeline, Reply, Resources
from patchbay.calls.pipeline import FAILING
from patchbay.errors import UpstreamUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from patchbay.calls import Credentials
    from patchbay.environment import Environment, Variable
    from patchbay.inbox import Inbox
    from patchbay.upstreams.declaring import Declaration


class Surroundings(Protocol):
    """What a line is opened with: the part of a Runtime that has to do with calls."""

    @property
    def environment(self) -> Environment:
        """Where variables are read from."""

    @property
    def resources(self) -> Resources:
        """What the pipelines share."""


@dataclass(frozen=True)
class Runtime:
    """What upstreams are opened with.

    Args:
        environment: where variables are read from.
        inbox: where webhooks are kept.
        resources: what the pipelines share.
    """

    environment: Environment
    inbox: Inbox
    resources: Resources = field(default_factory=Resources)


class Upstream(Protocol):
    """One system behind the graph. Declared at import, opened when the server starts."""

    @property
    def name(self) -> str:
        """Its name in errors, logs and health; unique in a graph."""

    @property
    def kind(self) -> str:
        """`rest`, `soap`, `graphql` or `webhook`."""

    @property
    def declaration(self) -> Declaration:
        """Where it was declared, and what is wrong with that."""

    def variables(self) -> Sequence[Variable]:
        """The environment variables that `open` reads."""

    async def open(self, runtime: Runtime) -> None:
        """Read the variables, get ready. Raises ConfigurationError; an upstream that is down is fine."""

    async def close(self) -> None:
        """Give back connections. Harmless when not open."""

    async def check(self) -> None:
        """Whether it can be reached now. Raises UpstreamError when not."""

    def status(self) -> dict[str, Any]:
        """How its calls do, as JSON; empty where it makes none or is not open."""


class Line:
    """The line to an upstream that is called: its pipeline, and those of its credentials' token endpoints.

    Args:
        source: the upstream's name.
        policy: what its adapter declares.
        credentials: as declared; None where it needs none.
        failing: see Pipeline.
        beside: another line to the same upstream, opened before: they share its places and its quota.

    Attributes:
        needs_caller: see Opened; known once it is open.
    """

    def __init__(
        self,
        source: str,
        policy: CallPolicy,
        credentials: Credentials | None,
        failing: Collection[int] = FAILING,
        beside: Line | None = None,
    ) -> None:
        self.source = source
        self.policy = policy
        self._credentials = credentials
        self._failing = failing
        self._beside = beside
        self.needs_caller = False
        self._pipeline: Pipeline | None = None
        self._others: list[Pipeline] = []

    def open(self, url: str, runtime: Surroundings) -> None:
        """Get ready to call this address. Raises ConfigurationError for a variable of the credentials."""
        opened = Opened()
        if self._credentials is not None:
            opening = Opening(self.source, runtime.environment, self._connect_with(runtime))
            opened = self._credentials.open(opening)
        self.needs_caller = opened.needs_caller
        self._pipeline = Pipeline(
            self.source,
            url,
            policy=self.policy,
            credentials=opened,
            resources=runtime.resources,
            failing=self._failing,
            beside=None if self._beside is None else self._beside._pipeline,  # noqa: SLF001 - as this one
        )

    async def close(self) -> None:
        """Close the connections. Harmless when not open."""
        pipelines = [*([self._pipeline] if self._pipeline is not None else ()), *self._others]
        self._pipeline = None
        self._others.clear()
        for pipeline in pipelines:
            await pipeline.close()

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._pipeline is not None

    async def send(self, call: Call) -> Reply:
        """Make one call, whatever comes back. Raises UpstreamError."""
        if self._pipeline is None:
            raise UpstreamUnavailable(self.source, "is not open")
        return await self._pipeline.send(call)

    async def changed(self) -> None:
        """See Pipeline.changed. Harmless when not open."""
        if self._pipeline is not None:
            await self._pipeline.changed()

    def status(self) -> dict[str, Any]:
        """See Pipeline.status; empty when not open."""
        return {} if self._pipeline is None else self._pipeline.status()

    def _connect_with(self, runtime: Surroundings) -> Callable[[str], Callable[[Call], Awaitable[Reply]]]:
        def connect(url: str) -> Callable[[Call], Awaitable[Reply]]:
            # The token endpoint's troubles are its own, and so are its breaker and its places.
            policy = CallPolicy(limits=self.policy.limits, egress=self.policy.egress)
            pipeline = Pipeline(
                self.source, parse_address(url).origin, policy=policy, resources=runtime.resources
            )
            self._others.append(pipeline)
            return pipeline.send

        return connect
