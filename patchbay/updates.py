"""Subscriptions to records, as GraphQL has them: each update with the cursor to go on from behind it.

    payment_updated: RecordUpdate[Payment] = record_subscription(payments.payment_updated, description="…")

Over SSE the cursor is the event's id as well, and a client that comes back with `Last-Event-ID` goes on from
there, as browsers do by themselves.
"""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import strawberry

from patchbay.inbox import Update
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable

NodeType = TypeVar("NodeType")

After = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last update that was seen: all that came behind it follows, without a "
        "gap. Left out: what changes from now on."
    ),
]


@strawberry.type(name="Update", description="A record's new version, as it came to be.")
class RecordUpdate(Generic[NodeType]):
    """The GraphQL type of an update; its values are patchbay.inbox.Update."""

    cursor: str = strawberry.field(description="Subscribe again after it, and nothing is missed or repeated.")
    node: NodeType


def resuming(resolver: Callable[..., AsyncIterable[Any]]) -> Callable[..., AsyncGenerator[Any, None]]:
    """The resolver of a subscription, with the ids of SSE.

    Args:
        resolver: answers an async iterator. Where it takes `after`, an SSE client's `Last-Event-ID` stands
            in for it: a browser repeats the old argument when it comes back.
    """
    takes_after = "after" in signature(resolver).parameters

    @wraps(resolver)
    def resumed(*arguments: Any, **named: Any) -> AsyncGenerator[Any, None]:
        last_event_id = current_scope().last_event_id
        if takes_after and last_event_id is not None:
            named["after"] = last_event_id
        # Called here, so that an argument that cannot be used is told before anything is streamed.
        return _noted(resolver(*arguments, **named))

    return resumed


async def _noted(updates: AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    """The same, each noted in the scope before it is told."""
    async for update in updates:
        if isinstance(update, Update):
            current_scope().cursor = update.cursor
        yield update
