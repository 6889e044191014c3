"""What a write or an event changes, in terms of the reads that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias


class Forgetful(Protocol):
    """A read that keeps what it has read."""

    @property
    def name(self) -> str:
        """The operation, as in "GET /customers"."""

    @property
    def source(self) -> str:
        """The upstream's name."""

    async def forget(self, keys: Sequence[Any] | None = None) -> None:
        """Ask anew for these keys, or for all, whoever asks and with whatever arguments."""

    async def refresh(self, keys: Sequence[Any], **arguments: Any) -> None:
        """Forget these keys, and ask for them at once where the answer does not depend on who asks."""


Forgets: TypeAlias = "Sequence[tuple[Forgetful, str | tuple[str, ...] | None]]"
"""Reads, each with what tells the key that a write changes: the name of the argument that holds it, or a list
of several; the names of those with its parts; or None, where all of the read changes. A name with dots leads
into an argument, as "Order.Sku"."""


async def forget_changed(forgets: Forgets, arguments: Mapping[str, Any]) -> None:
    """Forget what a call with these arguments may have changed."""
    for read, names in forgets:
        await read.forget(_keys(names, arguments))


def _keys(names: str | tuple[str, ...] | None, arguments: Mapping[str, Any]) -> Sequence[Any] | None:
    """The changed keys; None where the call does not tell."""
    if names is None:
        return None
    values = [_at(arguments, name) for name in ([names] if isinstance(names, str) else names)]
    if None in values:
        return None
    if not isinstance(names, str):
        return [tuple(values)]
    return values[0] if isinstance(values[0], list | tuple) else values


def _at(value: Any, path: str) -> Any:
    for member in path.split("."):
        value = value.get(member) if isinstance(value, Mapping) else None
    return value
