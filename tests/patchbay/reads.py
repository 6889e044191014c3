"""A read by key that notes how it was called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Self


class Read:
    """Answers `answer(key, **arguments)` for each key; nothing else of a real read is needed here.

    Args:
        answer: a record, an UpstreamError, or None.
        turns: how many turns of the event loop a call takes.
    """

    name = "GET /things"
    source = "things"

    def __init__(self, answer: Callable[..., Any] = lambda key, **_: f"<{key}>", turns: int = 1) -> None:
        self.answer = answer
        self.turns = turns
        self.calls: list[tuple[list[Any], dict[str, Any]]] = []

    async def __call__(self, ids: Sequence[Any], **arguments: Any) -> list[Any]:
        self.calls.append((list(ids), arguments))
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return [self.answer(key, **arguments) for key in ids]

    def selecting(self, attributes: frozenset[str]) -> Self:
        del attributes
        return self
