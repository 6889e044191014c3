"""What the stores ask of a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar

from patchbay.inbox.database.connection import Connection
from patchbay.inbox.model import InboxUnavailable

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item

Work: TypeAlias = Callable[[Connection], T]
"""Runs statements on a thread of the database's own; begins and ends no transaction."""

TogetherWork: TypeAlias = Callable[[Connection, Sequence[I]], Sequence[T]]
"""As Work, for several items in one transaction: one result each, in their order."""


class RefusedError(InboxUnavailable):
    """The database works, and refuses what it was given: a constraint, a value that it has no place for."""


class NotLeadingError(InboxUnavailable):
    """Another process leads on this database."""

    def __init__(self) -> None:
        super().__init__("another process leads")


class Database(Protocol):
    """Transactions and reads. Every method but `open` and `close` raises InboxUnavailable.

    Attributes:
        kind: `sqlite` or `postgresql`.
    """

    @property
    def kind(self) -> str:
        """See the class."""

    async def open(self, woken: Callable[[], None]) -> None:
        """Connect, and create or migrate the schema.

        Args:
            woken: called on the event loop when another process may have committed something.

        Raises:
            ConfigurationError: it cannot be used; names the setting, and no password.
        """

    async def close(self) -> None:
        """Returns when everything under way is done. Harmless when not open."""

    async def write(self, work: Work[T]) -> T:
        """What `work` returns, after the commit of its transaction, which is on the disk."""

    async def write_together(self, work: TogetherWork[I, T], item: I) -> T:
        """As `write`, for one item: those that wait for the same `work` at the same time share a commit."""

    async def lead(self, work: Work[T]) -> T:
        """As `write`, by the one process of all on this database that leads.

        A process leads from its first call that finds no other leader until it closes, dies or loses its
        connection. No transaction of a former leader is committed after that.

        Raises:
            NotLeadingError: another one leads.
        """

    async def read(self, work: Work[T]) -> T:
        """What `work` returns; it sees everything that was committed before, and changes nothing."""

    async def write_apart(self, work: Work[T]) -> T:
        """As `write`, for what is in no hurry: nobody who stores waits for it, where that is possible."""

    async def read_apart(self, work: Work[T]) -> T:
        """As `read`, for what may take long: nobody who asks for records waits for it."""

    async def check(self) -> None:
        """Write and commit, changing nothing that is kept."""
