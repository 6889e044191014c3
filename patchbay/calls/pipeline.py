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
from patchbay.calls.deadline import Deadlines
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
    from collections.abc import Collection, Mapping
    from typing import TypeAlias

    from patchbay.calls.deadline import Deadline
    from patchbay.scope import Scope

    Brought: TypeAlias = "Reply | UpstreamError"

FAILING = frozenset((500, *AGAIN))
"""Statuses that tell the breaker of a failure."""

_MAY_PASS = frozenset((429, *AGAIN))
"""Statuses that the same call may not meet again."""

_LATE = (UpstreamTimeout, UpstreamBusy, UpstreamQuota)
"""What a call can end with because its own operation had little time left."""

_REFUSED_HERE = (CircuitOpen, UpstreamBusy, UpstreamQuota)
"""What an attempt can end with before it is sent."""

_FIRST_ERROR = 400


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
        self._deadlines = Deadlines()
        self._counts = Counts()

    async def close(self) -> None:
        """Close all connections."""
        self._deadlines.close()
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
                with self._deadlines.within(seconds):
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
        deadline = self._deadlines.within(self._seconds(scope))
        if self._budget is not None:
            self._budget.save()
        try:
            with deadline:
                outcome: Brought
                try:
                    outcome = reply = await self._attempt(call, scope, deadline)
                except UpstreamUnavailable as error:
                    outcome = error
                else:
                    if reply.status < _FIRST_ERROR:
                        return reply
                return await self._again(call, scope, deadline, outcome)
        except TimeoutError as error:
            raise self._late(deadline) from error

    def _late(self, deadline: Deadline) -> UpstreamError:
        """What it was that took too long."""
        if deadline.waits:
            if self._gate.waits_for_quota:
                return UpstreamQuota(self.source)
            return UpstreamBusy(self.source, self.limits.concurrency)
        if deadline.is_sent:
            self._counts.failed += 1
            if self._circuit is not None and deadline.seconds >= self.limits.deadline_seconds:
                # With less time than usual, the operation may be to blame.
                self._circuit.failed()
        return UpstreamTimeout(self.source, deadline.seconds)

    async def _again(self, call: Call, scope: Scope, deadline: Deadline, outcome: Brought) -> Reply:
        """What a call comes to that failed at first: made again where that is safe, may help and is paid for."""
        number, is_signed_anew = 1, False
        while True:
            if not is_signed_anew and self._may_sign_anew(scope, outcome, deadline.signed):
                is_signed_anew = True
            else:
                pause_seconds = self._pause_seconds(call, outcome, number, deadline)
                if pause_seconds is None:
                    break
                number += 1
                self._counts.retried += 1
                deadline.is_sent = False
                await asyncio.sleep(pause_seconds)
            try:
                outcome = await self._attempt(call, scope, deadline)
            except UpstreamUnavailable as error:
                outcome = error
            except _REFUSED_HERE:
                # Why it failed before says more.
                break
        if isinstance(outcome, UpstreamError):
            raise outcome
        return outcome

    def _may_sign_anew(self, scope: Scope, outcome: Brought, signed: Mapping[str, str]) -> bool:
        """Whether new credentials may help. Nothing was carried out, so this holds for writes as well."""
        if self._signer is None or isinstance(outcome, UpstreamError):
            return False
        return outcome.status == HTTPStatus.UNAUTHORIZED and self._signer.refused(scope, signed)

    def _pause_seconds(self, call: Call, outcome: Brought, number: int, deadline: Deadline) -> float | None:
        """How long to wait before the next attempt; None where there is none."""
        if self._budget is None or not call.is_safe:
            return None
        if isinstance(outcome, Reply) and outcome.status not in _MAY_PASS:
            return None
        if self._allowance.pause_seconds() >= deadline.left_seconds():
            # The upstream wants to be left alone for longer than anybody waits.
            return None
        return self._budget.pause_seconds(number)

    async def _attempt(self, call: Call, scope: Scope, deadline: Deadline) -> Reply:
        """One request and its answer."""
        circuit, gate = self._circuit, self._gate
        is_probe = circuit is not None and circuit.admit()
        try:
            signer = self._signer
            if signer is None:
                request = self._requests.write(call)
            else:
                deadline.signed = await self._requests.sign(call, signer, scope)
                request = self._requests.write(call, deadline.signed)
            if not gate.try_enter():
                await self._wait(scope, deadline)
            started = time.monotonic()
            try:
                if circuit is not None and circuit.is_open and not is_probe:
                    # It opened while this call waited.
                    raise CircuitOpen(self.source)
                scope.count(self.source, call.operation)
                deadline.is_sent = True
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

    async def _wait(self, scope: Scope, deadline: Deadline) -> None:
        deadline.waits = True
        self._counts.waited += 1
        await self._gate.enter(background=scope.background, seconds=deadline.left_seconds())
        deadline.waits = False

    def _failed(self) -> None:
        self._counts.failed += 1
        if self._circuit is not None:
            self._circuit.failed()


def _allowance(source: str, policy: CallPolicy, resources: Resources) -> Allowance:
    quota = policy.quota
    if quota is None:
        return Allowance(None)
    ledger = None if resources.redis is None else SharedWindow(source, quota, resources)
    return Allowance(Window(quota), ledger)
