"""One upstream's outbound calls, and everything that surrounds them.

    kept answers -> single flight -> deadline -> [ breaker -> credentials -> gate -> HTTP ] with retries

Every upstream has a pipeline of its own, with its own connections, so that a slow one takes nothing away from
the others. Each part is a file; a part that an upstream does not declare costs its calls nothing.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from patchbay.address import parse_address
from patchbay.calls.breaker import Circuit
from patchbay.calls.call import Call, Reply
from patchbay.calls.connection import BrokenConnectionError
from patchbay.calls.credentials import Opened
from patchbay.calls.gate import Gate
from patchbay.calls.options import CallPolicy
from patchbay.calls.pool import NotConnectedError, Pool
from patchbay.calls.quota import Allowance, Window
from patchbay.calls.request import RequestWriter
from patchbay.calls.resources import Resources
from patchbay.calls.retry import AGAIN, Budget
from patchbay.calls.shared_quota import SharedWindow
from patchbay.calls.status import Counts
from patchbay.errors import (
    CircuitOpen,
    UpstreamBusy,
    UpstreamError,
    UpstreamQuota,
    UpstreamTimeout,
    UpstreamUnavailable,
)
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
    ) -> None:
        policy = policy or CallPolicy()
        credentials = credentials or Opened()
        resources = resources or Resources()
        address = parse_address(base_url)
        self.source = source
        self.limits = policy.limits
        self._failing = failing
        self._pool = Pool(
            source, address, policy.limits.max_body_bytes, egress=policy.egress, tls=credentials.tls
        )
        self._requests = RequestWriter(source, address, credentials)
        self._signer = credentials.signer
        self._allowance = _allowance(source, policy, resources)
        self._gate = Gate(source, policy.limits.concurrency, self._allowance)
        self._circuit = Circuit(source, policy.breaker) if policy.breaker else None
        self._budget = Budget(policy.retry) if policy.retry else None
        self._flights: Flights[Brought] | None = Flights() if resources.single_flight else None
        self._counts = Counts()

    async def close(self) -> None:
        """Close all connections."""
        self._gate.close()
        if self._signer is not None:
            await self._signer.close()
        await self._pool.close()

    def status(self) -> dict[str, object]:
        """How it does, for people and metrics: JSON without an address or a credential."""
        circuit, budget = self._circuit, self._budget
        return {
            "circuit": circuit.state if circuit is not None else None,
            "under_way": self._gate.under_way,
            "waiting": self._gate.waiting,
            "concurrency": self.limits.concurrency,
            "quota": self._allowance.status(),
            "retries_left": None if budget is None else round(budget.left, 1),
            "counts": self._counts.status(),
        }

    async def send(self, call: Call) -> Reply:
        """Make one call.

        Returns:
            The answer, whatever its status.

        Raises:
            UpstreamTimeout, UpstreamBusy, UpstreamQuota: the deadline, or the operation's own, passed or would
                pass before the call could begin. Where it had passed before, nothing is sent and no call is
                counted.
            CircuitOpen: nothing was sent, as the upstream failed too often.
            UpstreamUnavailable: no answer could be had.
            UpstreamTooLarge, UpstreamBadData: its body cannot be used.
            UpstreamForbidden, UpstreamUnauthenticated, UpstreamError: it cannot be sent.
        """
        scope = current_scope()
        flights = self._flights
        if flights is None:
            return await self._in_time(call, scope)
        if call.is_safe:
            return await self._fly(call, scope, flights)
        try:
            return await self._in_time(call, scope)
        finally:
            # What was asked before a change may not answer what is asked after it.
            flights.close_all()

    async def _fly(self, call: Call, scope: Scope, flights: Flights[Brought]) -> Reply:
        """A call that others who ask the same join."""
        headers = None if call.headers is None else tuple(call.headers.items())
        signer = self._signer
        whom = None if signer is None else signer.identity(scope)
        key = (call.target, call.method, call.body, headers, scope.caller.identity, whom)
        while (under_way := flights.get(key)) is not None:
            seconds = self._seconds(scope)
            try:
                async with asyncio.timeout(seconds):
                    brought = await under_way.join()
            except TimeoutError as error:
                raise UpstreamTimeout(self.source, seconds) from error
            self._counts.shared += 1
            if isinstance(brought, Reply):
                return brought
            if brought is not None:
                raise brought
        flight = flights.start(key)
        result: Brought | None = None
        try:
            result = reply = await self._in_time(call, scope)
        except UpstreamError as error:
            # Others may have more time than this operation had.
            if not isinstance(error, _LATE) or self._seconds(scope) >= self.limits.deadline_seconds:
                result = error
            raise
        finally:
            flights.end(key, flight, result)
        return reply

    def _seconds(self, scope: Scope) -> float:
        """How long a call may take. Raises UpstreamTimeout where nothing is left."""
        seconds = scope.allowance_seconds(self.limits.deadline_seconds)
        if seconds <= 0:
            raise UpstreamTimeout(self.source, 0)
        return seconds

    async def _in_time(self, call: Call, scope: Scope) -> Reply:
        """One deadline around everything: waiting, all attempts, the pauses between them, the whole body."""
        seconds = self._seconds(scope)
        progress = _Progress(asyncio.get_running_loop().time() + seconds)
        try:
            async with asyncio.timeout_at(progress.ends_at):
                return await self._attempts(call, scope, progress)
        except TimeoutError as error:
            raise self._late(progress, seconds) from error

    def _late(self, progress: _Progress, seconds: float) -> UpstreamError:
        """What it was that took too long."""
        if progress.is_sent:
            if self._circuit is not None and seconds >= self.limits.deadline_seconds:
                self._circuit.failed()
            self._counts.failed += 1
            return UpstreamTimeout(self.source, seconds)
        if progress.waits and self._gate.waits_for_quota:
            return UpstreamQuota(self.source)
        if progress.waits:
            return UpstreamBusy(self.source, self.limits.concurrency)
        return UpstreamTimeout(self.source, seconds)

    async def _attempts(self, call: Call, scope: Scope, progress: _Progress) -> Reply:
        """The call, made again where that is safe, may help and is within the budget."""
        budget = self._budget if call.is_safe else None
        if budget is not None:
            budget.save()
        number, is_signed_anew = 1, False
        while True:
            reply, failure = None, None
            try:
                reply = await self._attempt(call, scope, progress)
            except UpstreamUnavailable as error:
                failure = error
            else:
                status = reply.status
                if status == HTTPStatus.UNAUTHORIZED and self._signer is not None and not is_signed_anew:
                    is_signed_anew = True
                    # Nothing was carried out, so this holds for writes as well.
                    if self._signer.refused(scope):
                        continue
                if status not in AGAIN and status != HTTPStatus.TOO_MANY_REQUESTS:
                    return reply
            pause_seconds = self._pause_seconds(budget, number, progress)
            if pause_seconds is None:
                if reply is None:
                    assert failure is not None  # noqa: S101 - one of the two there is
                    raise failure
                return reply
            self._counts.retried += 1
            number += 1
            progress.is_sent = False
            await asyncio.sleep(pause_seconds)

    def _pause_seconds(self, budget: Budget | None, number: int, progress: _Progress) -> float | None:
        """How long to wait before the next attempt; None where there is none."""
        left_seconds = progress.ends_at - asyncio.get_running_loop().time()
        if budget is None or self._allowance.pause_seconds() >= left_seconds:
            return None
        return budget.pause_seconds(number)

    async def _attempt(self, call: Call, scope: Scope, progress: _Progress) -> Reply:
        """One request and its answer."""
        circuit, gate = self._circuit, self._gate
        is_probe = circuit is not None and circuit.admit()
        try:
            signer = self._signer
            if signer is None:
                request = self._requests.write(call)
            else:
                request = await self._requests.sign(call, signer, scope)
            if not gate.try_enter():
                await self._wait(scope, progress)
            started = time.monotonic()
            try:
                if circuit is not None and circuit.is_open and not is_probe:
                    # It opened while this call waited.
                    raise CircuitOpen(self.source)
                scope.count(self.source, call.operation)
                progress.is_sent = True
                reply = await self._pool.exchange(request, repeatable=call.is_safe)
            finally:
                gate.leave(time.monotonic() - started)
        except NotConnectedError as error:
            self._failed()
            raise UpstreamUnavailable(self.source, str(error)) from error
        except BrokenConnectionError as error:
            self._failed()
            raise UpstreamUnavailable(self.source, "broke off or broke the HTTP protocol") from error
        except BaseException:
            if circuit is not None:
                circuit.abandoned()
            raise
        if reply.status in self._failing:
            self._failed()
        elif circuit is not None:
            circuit.succeeded()
        self._counts.answered += 1
        if self._allowance.is_told(reply):
            await self._allowance.observe(reply, gate.under_way)
            gate.serve_again()
        return reply

    async def _wait(self, scope: Scope, progress: _Progress) -> None:
        progress.waits = True
        self._counts.waited += 1
        seconds = progress.ends_at - asyncio.get_running_loop().time()
        await self._gate.enter(background=scope.background, seconds=seconds)
        progress.waits = False

    def _failed(self) -> None:
        self._counts.failed += 1
        if self._circuit is not None:
            self._circuit.failed()


class _Progress:
    """How far one call has come, for what is told when its time is over."""

    __slots__ = ("ends_at", "is_sent", "waits")

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.is_sent = False
        self.waits = False


def _allowance(source: str, policy: CallPolicy, resources: Resources) -> Allowance:
    quota = policy.quota
    if quota is None:
        return Allowance(None)
    ledger = None if resources.redis is None else SharedWindow(source, quota, resources)
    return Allowance(Window(quota), ledger)
