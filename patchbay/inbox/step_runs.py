"""One try of a step: under its deadline, in a scope of its own, and what becomes of the step then.

                          may it have happened?
    what it came to       no                   yes, repeatable         yes, not repeatable
    done                  done                 done                    done
    may pass by itself    again, after a pause again, after a pause    in doubt
    will not pass         failed               failed                  in doubt

"May have happened" is what the scope counted: calls that change something, were sent and were not refused.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from patchbay.errors import (
    ConfigurationError,
    InputError,
    PatchbayError,
    SoapFault,
    UpstreamBadData,
    UpstreamForbidden,
    UpstreamMisconfigured,
    UpstreamQuota,
    UpstreamRefused,
    UpstreamTooLarge,
)
from patchbay.reactions import Step, StepFailed
from patchbay.scope import Scope, enter_scope

if TYPE_CHECKING:
    from patchbay.inbox.claims import Claim

MAX_RESULT_BYTES = 1024 * 1024
MAX_ERROR_CHARACTERS = 300
GRACE_SECONDS = 1.0
"""How long a step that was cancelled may take to end."""

_PERMANENT = (
    ConfigurationError,
    InputError,
    StepFailed,
    UpstreamBadData,
    UpstreamForbidden,
    UpstreamMisconfigured,
    UpstreamTooLarge,
)
_PASSING = frozenset((
    HTTPStatus.REQUEST_TIMEOUT,
    # Also the answer to an idempotency key whose first call is still being carried out.
    HTTPStatus.CONFLICT,
    HTTPStatus.LOCKED,
    HTTPStatus.TOO_EARLY,
))  # fmt: skip
"""Refusals that the same call may not meet again."""

_SERVER_FAULTS = frozenset(("Server", "Receiver"))


class _LateError(Exception):
    """A step took longer than its deadline."""


class _StoppedError(Exception):
    """A step was ended because the server stops."""


class Ended(msgspec.Struct, frozen=True):
    """What a try came to.

    Args:
        state: of the step from now on.
        result: what it returned, as JSON, where it is done.
        error: short, and without any payload, where it is not.
        pause_seconds: until it is tried again, where it waits.
    """

    state: Literal["done", "waiting", "failed", "in_doubt"]
    result: bytes | None = None
    error: str | None = None
    pause_seconds: float = 0.0


async def make_try(claim: Claim, stopping: asyncio.Event) -> Ended:
    """Run the step once. Raises nothing but asyncio.CancelledError.

    Args:
        claim: which step, and with what.
        stopping: set where the step is to be ended.
    """
    scope = Scope(background=True)
    try:
        result = await _bounded(claim, scope, stopping)
        return Ended("done", _encoded(claim, result))
    except Exception as error:  # noqa: BLE001 - a foreign function; its step is marked, others go on
        return _failed(claim, error, may_have_happened=scope.writes > 0)


async def _bounded(claim: Claim, scope: Scope, stopping: asyncio.Event) -> Any:
    """What the step returns. Raises what it raises, and _LateError or _StoppedError where it was ended."""
    # A task of its own, so that a step which swallows its cancellation holds up nothing but itself.
    task = asyncio.create_task(_perform(claim, scope), name=f"{claim.reaction.name}.{claim.step.name}")
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait(
            (task, stop), timeout=claim.step.deadline_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=GRACE_SECONDS)
    finally:
        task.cancel()
        stop.cancel()
    if task.done() and not task.cancelled():
        return task.result()
    if stopping.is_set():
        raise _StoppedError("ended, as the server stopped")
    raise _LateError(f"not done within {claim.step.deadline_seconds:.3g} s")


async def _perform(claim: Claim, scope: Scope) -> Any:
    enter_scope(scope)
    scope.start_clock(claim.step.deadline_seconds)
    step = Step(
        reaction=claim.reaction.name,
        upstream=claim.upstream,
        cause=claim.cause,
        event_id=claim.event_id,
        name=claim.step.name,
        attempt=claim.attempt,
        results=claim.results,
    )
    if claim.step.check is not None and claim.attempt > 1:
        found = await claim.step.check(claim.input, step)
        if found is not None:
            return found
    return await claim.step.function(claim.input, step)


def _encoded(claim: Claim, result: Any) -> bytes:
    """As it is kept. Raises StepFailed where a later step could not read it."""
    try:
        body = msgspec.json.encode(result)
        claim.step.results.decode(body)
    except Exception as error:
        raise StepFailed("what it returned is not what it is annotated to return") from error
    if len(body) > MAX_RESULT_BYTES:
        raise StepFailed(f"what it returned is longer than {MAX_RESULT_BYTES} bytes of JSON")
    return body


def _failed(claim: Claim, error: Exception, *, may_have_happened: bool) -> Ended:
    """See the table at the top."""
    told = _described(error)
    if may_have_happened and not claim.step.repeatable:
        return Ended("in_doubt", error=told)
    if isinstance(error, _StoppedError):
        return Ended("waiting", error=told)
    if _is_permanent(error) or claim.tries >= claim.step.retry.attempts:
        return Ended("failed", error=told)
    return Ended("waiting", error=told, pause_seconds=_pause_seconds(claim, error))


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, UpstreamRefused):
        return error.status not in _PASSING
    if isinstance(error, SoapFault):
        return error.fault not in _SERVER_FAULTS
    return isinstance(error, _PERMANENT)


def _pause_seconds(claim: Claim, error: Exception) -> float:
    longest = claim.step.retry.backoff_seconds(claim.tries)
    pause_seconds = random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries; nobody gains by guessing
    if isinstance(error, UpstreamQuota) and error.retry_after_seconds is not None:
        return max(pause_seconds, error.retry_after_seconds)
    return pause_seconds


def _described(error: Exception) -> str:
    """What went wrong, and where. Not the message of a foreign error, which often quotes the payload."""
    if isinstance(error, PatchbayError | _LateError | _StoppedError):
        # NUL and lone surrogates are no text to a database.
        told = str(error).replace("\0", "").encode("utf-8", "replace").decode()
        return told[:MAX_ERROR_CHARACTERS]
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
