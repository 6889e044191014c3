"""What must happen once: writes with an idempotency key, as Stripe has them. In memory.

The same key with the same content gets the first answer again. A write without a key happens each time.
"""

from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

KEY_CHARACTERS_MAX: Final = 255

Asked = TypeVar("Asked")
Row = TypeVar("Row")


class KeyReused(Exception):
    """The key is that of a write with another content."""


class Done(NamedTuple, Generic[Row]):
    """What a write has brought; `replayed` where it had happened before."""

    row: Row
    replayed: bool


class Once(Generic[Asked, Row]):
    """One kind of write; `happened` is what has really been done, oldest first."""

    def __init__(self) -> None:
        self.happened: list[Row] = []
        self._first: dict[str, tuple[Asked, Row]] = {}

    def do(self, key: str | None, asked: Asked, make: Callable[[int], Row]) -> Done[Row]:
        """Does it, or answers what was done first under this key.

        `make` gets the number of the write, from 1 on; when it raises, nothing has happened and the key is as
        good as new. KeyReused when the key stands for another content.
        """
        if key is not None and key in self._first:
            content, row = self._first[key]
            if content != asked:
                raise KeyReused
            return Done(row, replayed=True)
        row = make(len(self.happened) + 1)
        self.happened.append(row)
        if key is not None:
            self._first[key] = asked, row
        return Done(row, replayed=False)
