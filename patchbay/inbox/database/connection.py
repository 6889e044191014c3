"""One connection, as statements see it: the same for both databases. Used by one thread at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patchbay.inbox.database.sql import Sql


class Rows(Protocol):
    """What a statement brought. Bytes are `bytes`, numbers are numbers."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Runs statements. Raises the driver's own errors, which `Database` maps."""

    def run(self, statement: Sql, values: Mapping[str, object] | None = None) -> Rows:
        """One statement."""

    def run_each(self, statement: Sql, values: Sequence[Mapping[str, object]]) -> list[Any]:
        """A statement with RETURNING for each of these, in one round trip: the first rows, or None."""

    def take_turns(self) -> None:
        """Wait until no other transaction that takes turns is open.

        What such transactions number is committed in the order of its numbers.
        """

    def wake_others(self) -> None:
        """Wake other processes on this database once this transaction is committed, where possible."""

    def begin(self) -> None:
        """Begin a transaction that writes."""

    def commit(self) -> None:
        """Returns when it is on the disk."""

    def rollback(self) -> None:
        """Undo it. Raises nothing."""

    def close(self) -> None:
        """Give it back."""
