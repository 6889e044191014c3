"""Event streams that clients have reserved, or have open, and what runs on each."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from patchbay.server.transports.live import cancelled
from patchbay.server.transports.too_many import TooManyReservations, TooManySubscriptions

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from patchbay.caller import Caller

MOST: Final = 5000
"""Streams that may be reserved and not opened."""

MOST_OF_ONE: Final = 50
"""Those of one client: of one identity, or of one address where it has none."""

PATIENCE_SECONDS: Final = 30.0
"""How long a reservation is kept that nobody opens."""

TOKEN_BYTES: Final = 32


class Reservation:
    """One event stream.

    Args:
        caller: who has reserved it.
        holder: whose it is when reservations are counted.
        most: operations that may be under way on it.

    `parts` holds the next part for its client.
    """

    def __init__(self, caller: Caller, holder: str, most: int) -> None:
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.caller = caller
        self.holder = holder
        self.is_open = False
        self.parts: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._most = most
        self._operations: dict[str, asyncio.Task[None]] = {}

    def has(self, id: str) -> bool:
        """Whether an operation of this id is under way."""
        return id in self._operations

    @property
    def ids(self) -> list[str]:
        """Of all operations under way."""
        return list(self._operations)

    def require_room(self) -> None:
        """Raises TooManySubscriptions where no more may be under way."""
        if len(self._operations) >= self._most:
            raise TooManySubscriptions(self._most)

    def start(self, id: str, operation: Coroutine[Any, Any, None]) -> None:
        """Run an operation under this id, which is free."""
        self._operations[id] = task = asyncio.create_task(operation)

        def ended(_: object) -> None:
            if self._operations.get(id) is task:
                del self._operations[id]

        task.add_done_callback(ended)

    def stop(self, id: str) -> None:
        """End it, if it is there. Nothing of it is told any more."""
        task = self._operations.pop(id, None)
        if task is not None:
            task.cancel()

    async def stop_all(self) -> None:
        """End all."""
        tasks = list(self._operations.values())
        self._operations.clear()
        await asyncio.gather(*(cancelled(task) for task in tasks))


class Reservations:
    """All of them, by token.

    Args:
        most_operations: that may be under way on one stream.
    """

    def __init__(self, most_operations: int) -> None:
        self._most_operations = most_operations
        self._by_token: dict[str, Reservation] = {}
        self._waiting: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._by_token)

    def get(self, token: str) -> Reservation | None:
        """The one of this token."""
        return self._by_token.get(token)

    def make(self, caller: Caller, address: str) -> Reservation:
        """One more, which is dropped where it is not opened in time. Raises TooManyReservations."""
        holder = caller.identity.key or address
        if self._waiting[holder] >= MOST_OF_ONE or self._waiting.total() >= MOST:
            raise TooManyReservations
        made = Reservation(caller, holder, self._most_operations)
        self._by_token[made.token] = made
        self._waiting[holder] += 1
        asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._look, made)
        return made

    def open(self, reservation: Reservation) -> None:
        """Its client is there."""
        reservation.is_open = True
        self._leave(reservation.holder)

    async def close(self, reservation: Reservation) -> None:
        """Its client is there no longer, and nor is what ran on it."""
        self._by_token.pop(reservation.token, None)
        await reservation.stop_all()

    def _look(self, reservation: Reservation) -> None:
        if not reservation.is_open:
            self._leave(reservation.holder)
            del self._by_token[reservation.token]
            for id in reservation.ids:
                reservation.stop(id)

    def _leave(self, holder: str) -> None:
        self._waiting[holder] -= 1
        if not self._waiting[holder]:
            del self._waiting[holder]
