"""One call: from its deadline to an answer, in as many attempts as it takes.

deadline -> [ breaker -> credentials -> gate -> HTTP -> what the answer says of the quota ] with retries
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from patchbay.address import parse_address
from patchbay.calls.breaker import Circuit
from patchbay.calls.call import Call, Reply
from patchbay.calls.connection import BrokenConnectionError
from patchbay.calls.credentials import Opened
from patchbay.calls.deadline import Deadlines
from patchbay.calls.gate import Gate
from patchbay.calls.pool import NotConnectedError, Pool
from patchbay.calls.quota import Allowance, Window
from patchbay.calls.redirects import REDIRECTS, Redirects
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

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import TypeAlias

    from patchbay.address import Address
    from patchbay.calls.deadline import Deadline
    from patchbay.calls.options import CallPolicy
    from patchbay.scope import Scope

    Outcome: TypeAlias = "Reply | UpstreamError"

_MAY_PASS = frozenset((429, *AGAIN))
"""Statuses that the same call may not meet again."""

_REFUSED_HERE = (CircuitOpen, UpstreamBusy, UpstreamQuota)
"""What an attempt can end with before it is sent."""

_FIRST_ERROR = 400


class Attempts:
    """Makes the calls of one upstream, one by one. Use it in one event loop.

    Args:
        source: the upstream's name.
        address: where every call goes.
        policy: what the upstream's adapter declares.
        credentials: sent with each call.
        resources: what it shares with others.
        failing: statuses that the breaker counts as failures.
        beside: other attempts at the same upstream, with which places and quota are shared; None for none.
    """

    def __init__(
        self,
        source: str,
        address: Address,
        policy: CallPolicy,
        credentials: Opened,
        resources: Resources,
        failing: Collection[int],
        beside: Attempts | None = None,
    ) -> None:
        self.source = source
        self.counts = Counts()
        self._limits = policy.limits
        self._failing = failing
        self._pool = Pool(
            source, address, policy.limits.max_body_bytes, egress=policy.egress, tls=credentials.tls
        )
        self._requests = RequestWriter(source, address, credentials)
        self._signer = credentials.signer
        if beside is None:
            self._allowance = _allowance(source, policy, resources)
            self._gate = Gate(source, policy.limits.concurrency, self._allowance)
        else:
            self._allowance, self._gate = beside._allowance, beside._gate  # noqa: SLF001 - another of this class
        self._circuit = Circuit(source, policy.breaker) if policy.breaker else None
        self._budget = Budget(policy.retry) if policy.retry else None
        self.deadlines = Deadlines()
        self._redirects: Redirects | None = None
        if policy.egress.redirects:
            self._redirects = Redirects(
                source, address, policy.egress, credentials, partial(_elsewhere, source, policy)
            )

    async def close(self) -> None:
        """Close all connections."""
        self.deadlines.close()
        self._gate.close()
        if self._signer is not None:
            await self._signer.close()
        await self._pool.close()
        if self._redirects is not None:
            await self._redirects.close()

    def status(self) -> dict[str, object]:
        """See Pipeline.status."""
        circuit, budget = self._circuit, self._budget
        return {
            "circuit": circuit.state if circuit is not None else None,
            "under_way": self._gate.under_way,
            "waiting": self._gate.waiting,
            "concurrency": self._limits.concurrency,
            "quota": self._allowance.status(),
            "retries_left": None if budget is None else round(budget.left, 1),
            "counts": self.counts.status(),
        }

    def seconds(self, scope: Scope) -> float:
        """How long a call may take. Raises UpstreamTimeout where nothing is left."""
        seconds = scope.allowance_seconds(self._limits.deadline_seconds)
        if seconds <= 0:
            raise UpstreamTimeout(self.source, 0)
        return seconds

    async def make(self, call: Call, scope: Scope) -> Reply:
        """The answer, of whatever status; see Pipeline.send for what is raised.

        One deadline is around everything: waiting, all attempts, the pauses between them, the whole body.
        """
        deadline = self.deadlines.within(self.seconds(scope))
        if self._budget is not None:
            self._budget.save()
        try:
            with deadline:
                outcome: Outcome
                try:
                    outcome = await self._attempt(call, scope, deadline)
                except UpstreamUnavailable as error:
                    outcome = error
                if isinstance(outcome, UpstreamError) or outcome.status >= _FIRST_ERROR:
                    outcome = await self._again(call, scope, deadline, outcome)
                if self._redirects is not None and outcome.status in REDIRECTS:
                    send = partial(
                        self._attempt, scope=scope, deadline=deadline, requests=self._redirects.requests
                    )
                    return await self._redirects.follow(call, outcome, scope, send)
                return outcome
        except TimeoutError as error:
            raise self._late(deadline) from error

    def _late(self, deadline: Deadline) -> UpstreamError:
        """What it was that took too long."""
        if deadline.waits:
            if self._gate.is_full:
                return UpstreamBusy(self.source, self._limits.concurrency)
            return UpstreamQuota(self.source)
        if deadline.is_sent:
            self.counts.failed += 1
            if self._circuit is not None and deadline.seconds >= self._limits.deadline_seconds:
                # With less time than usual, the operation may be to blame.
                self._circuit.failed()
        return UpstreamTimeout(self.source, deadline.seconds)

    async def _again(self, call: Call, scope: Scope, deadline: Deadline, outcome: Outcome) -> Reply:
        """What a call comes to that failed at first: made again where that is safe, helps and is paid for."""
        number, is_signed_anew = 1, False
        while True:
            if not is_signed_anew and self._may_sign_anew(scope, outcome, deadline.signed):
                is_signed_anew = True
            else:
                pause_seconds = self._pause_seconds(call, outcome, number, deadline)
                if pause_seconds is None:
                    break
                number += 1
                self.counts.retried += 1
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

    def _may_sign_anew(self, scope: Scope, outcome: Outcome, signed: Mapping[str, str]) -> bool:
        """Whether new credentials may help. Nothing was carried out, so this holds for writes as well."""
        if self._signer is None or isinstance(outcome, UpstreamError):
            return False
        return outcome.status == HTTPStatus.UNAUTHORIZED and self._signer.refused(scope, signed)

    def _pause_seconds(self, call: Call, outcome: Outcome, number: int, deadline: Deadline) -> float | None:
        """How long to wait before the next attempt; None where there is none."""
        if self._budget is None or not call.is_safe:
            return None
        if isinstance(outcome, Reply) and outcome.status not in _MAY_PASS:
            return None
        if self._allowance.pause_seconds() >= deadline.left_seconds():
            # The upstream wants to be left alone for longer than anybody waits.
            return None
        return self._budget.pause_seconds(number)

    async def _attempt(
        self, call: Call, scope: Scope, deadline: Deadline, requests: RequestWriter | None = None
    ) -> Reply:
        """One request and its answer."""
        circuit, requests = self._circuit, requests or self._requests
        is_probe = circuit is not None and circuit.admit()
        try:
            if self._signer is not None:
                deadline.signed = await requests.sign(call, self._signer, scope)
            request = requests.write(call, deadline.signed)
            if not self._gate.try_enter():
                await self._wait(scope, deadline)
            started = time.monotonic()
            try:
                if circuit is not None and circuit.is_open and not is_probe:
                    # It opened while this call waited.
                    raise CircuitOpen(self.source)
                scope.count(self.source, call.operation)
                scope.writes += not call.is_safe
                deadline.is_sent = True
                reply = await self._pool.exchange(request, repeatable=call.is_safe)
            finally:
                self._gate.leave(time.monotonic() - started)
        except NotConnectedError as error:
            scope.writes -= not call.is_safe
            self._failed()
            raise UpstreamUnavailable(self.source, str(error)) from error
        except BrokenConnectionError as error:
            self._failed()
            raise UpstreamUnavailable(self.source, "broke off or broke the HTTP protocol") from error
        except BaseException:
            if circuit is not None:
                circuit.abandoned()
            raise
        self._answered(reply)
        if _FIRST_ERROR <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            scope.writes -= not call.is_safe
        if self._allowance.is_told(reply):
            await self._allowance.observe(reply, self._gate.under_way)
            self._gate.serve_again()
        return reply

    def _answered(self, reply: Reply) -> None:
        self.counts.answered += 1
        if reply.status in self._failing:
            self._failed()
        elif self._circuit is not None:
            self._circuit.succeeded()

    async def _wait(self, scope: Scope, deadline: Deadline) -> None:
        deadline.waits = True
        self.counts.waited += 1
        await self._gate.enter(background=scope.background, seconds=deadline.left_seconds())
        deadline.waits = False

    def _failed(self) -> None:
        self.counts.failed += 1
        if self._circuit is not None:
            self._circuit.failed()


def _allowance(source: str, policy: CallPolicy, resources: Resources) -> Allowance:
    quota = policy.quota
    if quota is None:
        return Allowance(None)
    ledger = None if resources.redis is None else SharedWindow(source, quota, resources)
    return Allowance(Window(quota), ledger)


def _elsewhere(source: str, policy: CallPolicy, origin: str) -> Attempts:
    """Calls an origin that a redirect leads to: with places and a breaker of its own, and no credentials."""
    policy = replace(policy, quota=None, egress=replace(policy.egress, redirects=0, origins=()))
    return Attempts(source, parse_address(origin), policy, Opened(), Resources(), AGAIN)
