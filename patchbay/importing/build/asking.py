"""Operations as reads by key: the key is all that an operation is given.

Equal questions of one operation are asked once. Where a sibling takes many keys in one call, several
questions for single things are one call of the sibling.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import PatchbayError
from patchbay.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.batch import ByIds
    from patchbay.importing.model import Model, Operation

CONCURRENCY: Final = 8
"""Calls of one operation that one level of a query has under way together."""


class Question:
    """All that an operation is given: equal where that is equal.

    Args:
        arguments: attribute -> value as on the wire.
        more: what else tells questions apart, as the place of a page.
    """

    __slots__ = ("_text", "arguments", "more")

    def __init__(self, arguments: dict[str, Any], more: tuple[Any, ...] = ()) -> None:
        self.arguments = arguments
        self.more = more
        # With types and order: 1, True and "1" are not the same question.
        self._text = repr((arguments, more))

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Question) and self._text == other._text


class Order:
    """As Question, for what changes something: it is done as often as it is asked for.

    Args:
        arguments: see Question.
    """

    __slots__ = ("arguments",)

    more: tuple[Any, ...] = ()

    def __init__(self, arguments: dict[str, Any]) -> None:
        self.arguments = arguments


class Asking:
    """One operation as a read by Question or Order.

    Args:
        name: the operation, as in "GET /orders".
        source: the upstream's name.
        prepare: attributes that are wanted, None for all -> what asks one question.
        can_narrow: whether there are attributes to choose from.
        batch: a read of the sibling that takes many keys, and the argument that a key is; None without one.
    """

    arguments: frozenset[str] = frozenset()

    deep = True
    """Attributes of records in records can be chosen as well; see patchbay.execution.reads."""

    def __init__(
        self,
        *,
        name: str,
        source: str,
        prepare: Callable[[frozenset[str] | None], Callable[[Any], Any]],
        can_narrow: bool,
        attributes: frozenset[str] | None = None,
        batch: Batched | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self._prepare = prepare
        self._attributes = attributes
        self._batch = batch
        self._ask: Callable[[Any], Any] | None = None

        def narrow(wanted: frozenset[str]) -> Asking:
            return Asking(
                name=name,
                source=source,
                prepare=prepare,
                can_narrow=False,
                attributes=wanted,
                batch=None if batch is None else batch.selecting(wanted),
            )

        self._selections = Selections(narrow if can_narrow else None)

    def selecting(self, attributes: frozenset[str]) -> Asking:
        """See ByIds."""
        return self._selections.of(self, attributes)

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Any]:
        """See patchbay.batch; the outcome of a question that may not be asked is its PatchbayError."""
        del arguments
        if self._batch is not None and len(ids) > 1 and self._batch.takes(ids):
            return await self._batch(ids)
        if len(ids) == 1:
            return [await self._outcome(ids[0])]
        places = asyncio.Semaphore(CONCURRENCY)

        async def in_turn(question: Any) -> Any:
            async with places:
                return await self._outcome(question)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(in_turn(question)) for question in ids]
        return [task.result() for task in tasks]

    async def _outcome(self, question: Any) -> Any:
        if self._ask is None:
            # Most operations of a large description are never asked.
            self._ask = self._prepare(self._attributes)
        try:
            return await self._ask(question)
        except PatchbayError as error:
            return error


class Batched:
    """The sibling of an operation that takes many keys.

    Args:
        argument: (attribute) of the single operation that is the key.
        make: makes the read.
        attributes: see Asking.
    """

    __slots__ = ("_argument", "_attributes", "_make", "_read")

    def __init__(
        self, argument: str, make: Callable[[], ByIds[Any]], attributes: frozenset[str] | None = None
    ) -> None:
        self._argument = argument
        self._make = make
        self._attributes = attributes
        self._read: ByIds[Any] | None = None

    def selecting(self, attributes: frozenset[str]) -> Batched:
        """With records that have these attributes."""
        return Batched(self._argument, self._make, attributes)

    def takes(self, questions: Sequence[Any]) -> bool:
        """Whether each of them is for a key and nothing else."""
        return all(question.arguments.keys() == {self._argument} for question in questions)

    async def __call__(self, questions: Sequence[Any]) -> list[Any]:
        """One outcome for each."""
        if self._read is None:
            read = self._make()
            self._read = read if self._attributes is None else read.selecting(self._attributes)
        return list(await self._read([question.arguments[self._argument] for question in questions]))


def label_of(operation: Operation) -> str:
    """An operation's name in logs and errors."""
    if operation.rest is not None:
        return f"{operation.rest.method} {operation.rest.path}"
    return operation.soap.operation if operation.soap is not None else operation.name


def single_siblings(model: Model) -> dict[str, Operation]:
    """Name of an operation for one thing -> its sibling for many."""
    return {
        operation.batching.single: operation
        for operation in model.operations
        if operation.batching is not None and operation.batching.single and not operation.is_mutation
    }
