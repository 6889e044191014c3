"""What a graph does after an event: a chain of steps, through the inbox's durable outbox.

    order_placed = Reaction("order_placed", shop.placed_orders)

    @order_placed.step(idempotent=True)
    async def reserve_stock(order: shop.OrderPlaced, step: Step) -> erp.Reservation | None:
        return await erp.reserve_stock(Sku=order.sku, Quantity=1, idempotency_key=step.key())

    @order_placed.step()
    async def notify_team(order: shop.OrderPlaced, step: Step) -> None:
        reservation = step.result_of(reserve_stock)
        ...

Steps run in the order of their declaration. A step's result is kept when it is done, and later steps read it.
"""

from __future__ import annotations

import inspect
import json
import re
import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, get_type_hints

import msgspec

from patchbay.errors import ConfigurationError, PatchbayError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from patchbay.upstreams import WebhookRecords

R = TypeVar("R", bound=msgspec.Struct)
C = TypeVar("C")
T = TypeVar("T")

DEADLINE_SECONDS = 30.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KEYS = uuid.UUID("a0f5c2a6-6a0e-5d0b-9a55-0f4f9f6f5b1e")
"""The namespace of idempotency keys. Another one would run steps again that are under way."""


class StepFailed(PatchbayError):
    """Raised by a step that cannot succeed, however often it is tried.

    The message is kept with the step and shown to operators; it must hold none of the payload.
    """

    code = "STEP_FAILED"


@dataclass(frozen=True)
class StepRetry:
    """How a step that failed is tried again.

    Args:
        attempts: how often it is tried at most, the first time included.
        first_backoff_seconds: after the first failure; doubled with each further one. The real pause is a
            random part of it, at least half.
        max_backoff_seconds: at most.
    """

    attempts: int = 10
    first_backoff_seconds: float = 1.0
    max_backoff_seconds: float = 300.0

    def backoff_seconds(self, failures: int) -> float:
        """The longest pause after so many failures in a row."""
        return min(self.max_backoff_seconds, self.first_backoff_seconds * 2.0 ** min(failures - 1, 60))


@dataclass(frozen=True)
class DeclaredStep:
    """One step of a reaction, as it was declared.

    Args:
        name: that of its function.
        function: what it does.
        idempotent, check, deadline_seconds, retry: see Reaction.step.
        results: decodes what the function returned, from JSON.
    """

    name: str
    function: Callable[[Any, Step], Coroutine[Any, Any, Any]]
    idempotent: bool
    check: Callable[[Any, Step], Coroutine[Any, Any, Any]] | None
    deadline_seconds: float
    retry: StepRetry
    results: msgspec.json.Decoder[Any]

    @property
    def repeatable(self) -> bool:
        """Whether it may be run again when nobody knows whether it has happened."""
        return self.idempotent or self.check is not None


@dataclass(frozen=True)
class Step:
    """What a step knows beside what set it off.

    Args:
        reaction: the reaction's name.
        upstream: whose event set it off.
        cause: what tells this reaction from others to such events.
        event_id: the vendor's id of the event.
        name: the step's.
        attempt: counts from 1, over restarts.
        results: of the steps before, by name.
    """

    reaction: str
    upstream: str
    cause: str
    event_id: str
    name: str
    attempt: int
    results: Mapping[str, Any]

    def key(self, *parts: str) -> str:
        """An idempotency key: a UUID, the same for each try of this step and for no other step or event.

        Args:
            parts: tell calls of one step from each other, as a SKU does.
        """
        named = json.dumps([self.reaction, self.upstream, self.cause, self.name, *parts])
        return str(uuid.uuid5(_KEYS, named))

    def result_of(self, step: Callable[..., Coroutine[Any, Any, T]]) -> T:
        """What an earlier step of this reaction returned, also before a restart.

        Raises:
            StepFailed: it is none, or was none yet when the event set the reaction off.
        """
        try:
            result: T = self.results[step.__name__]
        except KeyError as error:
            raise StepFailed(f"there is no result of a step '{step.__name__}' before this one") from error
        return result


def required(record: T | None) -> T:
    """The answer of a write. Raises StepFailed where the upstream does not know what is to be changed."""
    if record is None:
        raise StepFailed("the upstream does not know what is to be changed (HTTP 404)")
    return record


class StepDeclarer(Protocol[C]):
    """Declares a function as a step of a reaction to such records."""

    def __call__(
        self, function: Callable[[C, Step], Coroutine[Any, Any, T]], /
    ) -> Callable[[C, Step], Coroutine[Any, Any, T]]:
        """The same function."""


class Reaction(Generic[R]):
    """A chain of steps that each new record of a webhook sets off, once for each event.

    Args:
        name: in the database, in logs, and part of all idempotency keys; unique in a graph, and not to be
            changed while reactions are under way.
        records: what sets it off: an event that brings one of these, applied for the first time.
        when: which of them; None for all. Runs on another thread. What it raises fails the event, which is
            tried again.
        once_per: what is reacted to once: an `event`, known by its id, or by its body where the signature
            leaves the id out; or a `record`, known by its key, whatever further events tell of it.

    Raises:
        ConfigurationError: the name cannot be one.
    """

    def __init__(
        self,
        name: str,
        records: WebhookRecords[R],
        *,
        when: Callable[[R], bool] | None = None,
        once_per: Literal["event", "record"] = "event",
    ) -> None:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"reaction '{name}': a name is a-z, 0-9 and _, at most 64 characters")
        self.name = name
        self.source = records.source
        self.kind = records.kind
        self.input = records.decoder
        self.when = when
        self.once_per = once_per
        self._steps: dict[str, DeclaredStep] = {}

    @property
    def steps(self) -> Mapping[str, DeclaredStep]:
        """Its steps by name, in their order."""
        return self._steps

    def step(
        self,
        *,
        idempotent: bool = False,
        check: Callable[[R, Step], Coroutine[Any, Any, object]] | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
        retry: StepRetry | None = None,
    ) -> StepDeclarer[R]:
        """Declare the next step; its function stays as it is, and its name is the step's.

        What it returns must be annotated, and be something that msgspec writes as JSON and reads back. It
        changes other systems through the graph's upstreams alone: what goes another way is not seen when it
        comes to whether something may have happened.

        Args:
            idempotent: all its calls carry the step's idempotency key, and their upstreams honour it: it is
                run again when nobody knows whether it has happened. Otherwise it waits for an operator then.
            check: finds out whether it has happened, in place of that: the result, or None. Asked before each
                further try.
            deadline_seconds: how long one try may take.
            retry: see StepRetry.

        Raises:
            ConfigurationError: it contradicts itself or an earlier step.
        """
        retry = retry or StepRetry()

        def declare(
            function: Callable[[R, Step], Coroutine[Any, Any, T]],
        ) -> Callable[[R, Step], Coroutine[Any, Any, T]]:
            returned = _returned(function)
            for problem, is_wrong in {
                "is declared twice": function.__name__ in self._steps,
                "is no async function": not inspect.iscoroutinefunction(function),
                "has a name that is not a-z, 0-9 and _": not _NAME.fullmatch(function.__name__),
                "is idempotent and has a check: one of them is meant": idempotent and check is not None,
                "has a check and returns None, which could not be told from 'not done'": check is not None
                and returned is type(None),
                "needs a deadline and at least one attempt": deadline_seconds <= 0 or retry.attempts < 1,
            }.items():
                if is_wrong:
                    raise ConfigurationError(f"reaction {self.name}: step {function.__name__} {problem}")
            self._steps[function.__name__] = DeclaredStep(
                function.__name__,
                function,
                idempotent,
                check,
                deadline_seconds,
                retry,
                self._decoder(function.__name__, returned),
            )
            return function

        return declare

    def _decoder(self, step: str, returned: Any) -> msgspec.json.Decoder[Any]:
        try:
            return msgspec.json.Decoder(returned)
        except TypeError as error:
            raise ConfigurationError(
                f"reaction {self.name}: what step {step} returns cannot be read from JSON: {error}"
            ) from error


def _returned(function: Callable[..., Any]) -> Any:
    """The type that it is annotated to return. The other annotations may be known to type checkers alone."""
    annotated = {"return": function.__annotations__.get("return", inspect.Signature.empty)}
    if annotated["return"] is inspect.Signature.empty:
        raise ConfigurationError(f"step {function.__name__}: what it returns is not annotated")
    try:
        return get_type_hints(SimpleNamespace(__annotations__=annotated), function.__globals__)["return"]
    except NameError as error:
        problem = f"step {function.__name__}: what it returns must be known at run time: {error}"
        raise ConfigurationError(problem) from error
