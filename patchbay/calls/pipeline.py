"""One upstream's outbound calls, and everything that surrounds them.

    kept answers -> single flight -> deadline -> [ breaker -> credentials -> gate -> HTTP ] with retries

Every upstream has a pipeline of its own, with its own connections, so that a slow one takes nothing away from
the others. Each part is a file; a part that an upstream does not declare costs its calls nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.address import parse_address
from patchbay.calls.attempts import Attempts
from patchbay.calls.call import Call, Reply
from patchbay.calls.credentials import Opened
from patchbay.calls.options import CallPolicy
from patchbay.calls.resources import Resources
from patchbay.calls.retry import AGAIN
from patchbay.errors import UpstreamBusy, UpstreamError, UpstreamQuota, UpstreamTimeout
from patchbay.flights import Flights
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import TypeAlias

    from patchbay.scope import Scope

    Brought: TypeAlias = "Reply | UpstreamError"

FAILING = frozenset((500, *AGAIN))
"""Statuses that tell the breaker of a failure."""

_LATE = (UpstreamTimeout, UpstreamBusy, UpstreamQuota)
"""What a call can end with because its own operation had little time left."""


class Pipeline:
    """Makes the calls of one upstream. Open and close it in the event loop that uses it.

    Args:
        source: the upstream's name.
        base_url: scheme, host, port and perhaps a path, checked before; where every call goes.
        policy: what the upstream's adapter declares.
        credentials: sent with each call.
        resources: what it shares with others.
        failing: statuses that the breaker counts as failures.
        beside: another pipeline to the same upstream, with which places and quota are shared; None for none.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        *,
        policy: CallPolicy | None = None,
        credentials: Opened | None = None,
        resources: Resources | None = None,
        failing: Collection[int] = FAILING,
        beside: Pipeline | None = None,
    ) -> None:
        policy = policy or CallPolicy()
        credentials = credentials or Opened()
        resources = resources or Resources()
        self.source = source
        self.limits = policy.limits
        self._signer = credentials.signer
        others = None if beside is None else beside._attempts  # noqa: SLF001 - another of this class
        self._attempts: Attempts = Attempts(
            source, parse_address(base_url), policy, credentials, resources, failing, others
        )
        self._flights: Flights[Brought] | None = Flights() if resources.single_flight else None
        cache = policy.cache
        self._answers = None if cache is None else cache.open(source, resources.store, resources.now)

    async def close(self) -> None:
        """Close all connections."""
        if self._answers is not None:
            await self._answers.close()
        await self._attempts.close()

    def status(self) -> dict[str, object]:
        """How it does, for people and metrics: JSON without an address or a credential."""
        kept = {} if self._answers is None else {"kept": self._answers.status()}
        return {**self._attempts.status(), **kept}

    async def changed(self) -> None:
        """Something has changed at the upstream: what was asked before answers nobody from now on."""
        if self._flights is not None:
            self._flights.close_all()
        if self._answers is not None:
            await self._answers.forget()

    async def send(self, call: Call) -> Reply:
        """Make one call.

        Returns:
            The answer, whatever its status.

        Raises:
            UpstreamTimeout, UpstreamBusy, UpstreamQuota: the call has not ended, or could not begin, before
                its deadline or its operation's. Where that had passed before, nothing is sent or counted.
            CircuitOpen: nothing was sent, as the upstream failed too often.
            UpstreamUnavailable: no answer could be had.
            UpstreamTooLarge, UpstreamBadData: its body cannot be used.
            UpstreamForbidden, UpstreamUnauthenticated, UpstreamError: it cannot be sent.
        """
        if self._answers is None:
            return await self._send(call)
        scope = current_scope()
        identity = ":".join(filter(None, (scope.caller.digest, self._whom(scope))))
        return await self._answers.through(call, identity, self._send, scope)

    async def _send(self, call: Call) -> Reply:
        """As `send`, without what is kept."""
        scope = current_scope()
        flights = self._flights
        if flights is None:
            return await self._attempts.make(call, scope)
        if call.is_safe:
            return await self._fly(call, scope, flights)
        try:
            return await self._attempts.make(call, scope)
        finally:
            # What was asked before a change may not answer what is asked after it.
            flights.close_all()

    async def _fly(self, call: Call, scope: Scope, flights: Flights[Brought]) -> Reply:
        """A call that others who ask the same join."""
        headers = None if call.headers is None else tuple(call.headers.items())
        key = (call.target, call.method, call.body, headers, scope.caller.digest, self._whom(scope))
        while (under_way := flights.get(key)) is not None:
            seconds = self._attempts.seconds(scope)
            try:
                with self._attempts.deadlines.within(seconds):
                    brought = await under_way.join()
            except TimeoutError as error:
                raise UpstreamTimeout(self.source, seconds) from error
            self._attempts.counts.shared += 1
            if isinstance(brought, Reply):
                return brought
            if brought is not None:
                raise brought
        flight = flights.start(key)
        result: Brought | None = None
        try:
            result = reply = await self._attempts.make(call, scope)
        except UpstreamError as error:
            # Others may have more time than this operation had.
            if not isinstance(error, _LATE) or self._attempts.seconds(scope) >= self.limits.deadline_seconds:
                result = error
            raise
        finally:
            flights.end(key, flight, result)
        return reply

    def _whom(self, scope: Scope) -> str:
        """In whose name the upstream takes a call to be made; empty where all are made in one."""
        return "" if self._signer is None else self._signer.identity(scope)
