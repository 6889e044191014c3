"""The ways in which upstreams part lists into pages: which call brings one, and where the next one starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from patchbay.importing.rest.cursors import Marked, Numbered, Offset

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.importing.model import Paging
    from patchbay.importing.rest.cursors import Spot

_ROUND: Final = 10


class Page(msgspec.Struct, frozen=True):
    """One page as the upstream answered it.

    Args:
        rows: all of them, decoded.
        asked: how many were asked for; 0 where that cannot be said.
        total: of the whole list, if told.
        more: whether there is a next page, if told.
        token: of the next page: None where there is none, or none is told.
        is_query: the token is an address's query.
        tails: for each row, its own place, where rows are places.
    """

    rows: list[Any]
    asked: int
    total: int | None = None
    more: bool | None = None
    token: str | int | None = None
    is_query: bool = False
    tails: tuple[Any, ...] = ()

    def goes_on(self, before: int | None) -> bool:
        """Whether more rows follow: as the upstream tells, else by how many came.

        Args:
            before: how many rows of the list stand before this page, where that is known.
        """
        count = len(self.rows)
        if self.more is not None:
            return self.more
        if self.total is not None and before is not None:
            return count > 0 and before + count < self.total
        if not self.asked or count >= self.asked:
            return count > 0
        # Fewer than were asked for are the last ones, unless the upstream gives no more at once.
        return count >= _ROUND and (count % _ROUND == 0 or count & (count - 1) == 0)


class Ask(msgspec.Struct, frozen=True):
    """What a call for a page is given: arguments, and a query of an address that it follows."""

    position: str | int | None
    size: int | None
    query: str | None = None


class Way(Protocol):
    """One way."""

    @property
    def kind(self) -> type[Spot]:
        """That of its places."""

    def start(self) -> Any:
        """The first row's place."""

    def ask(self, spot: Any, wanted: int) -> tuple[Ask, int]:
        """The call for so many rows from a place on, and how many rows of its page stand before it."""

    def behind(self, spot: Any, page: Page, index: int) -> Any:
        """The place behind the row of this index in the page that was asked for at `spot`."""

    def following(self, spot: Any, page: Page) -> Any:
        """Where the next page starts; None behind the last one."""

    def fitted(self, spot: Any, first: int) -> Any:
        """The same place, in pages that suit this many rows."""


class ByOffset:
    """The call says how many rows to leave out."""

    kind: type[Spot] = Offset

    def __init__(self, paging: Paging) -> None:
        self._has_size = bool(paging.size)
        self._most = paging.most
        self._is_told = bool(paging.total or paging.more or paging.next)

    def start(self) -> Offset:
        """See Way."""
        return Offset(0)

    def ask(self, spot: Offset, wanted: int) -> tuple[Ask, int]:
        """See Way. One row more tells whether there are any, where nothing else does."""
        size = min(wanted + (not self._is_told), self._most)
        return Ask(spot.index, size if self._has_size else None), 0

    def behind(self, spot: Offset, page: Page, index: int) -> Offset:
        """See Way."""
        del page
        return Offset(spot.index + index + 1)

    def following(self, spot: Offset, page: Page) -> Offset | None:
        """See Way."""
        return Offset(spot.index + len(page.rows)) if page.rows and page.goes_on(spot.index) else None

    def fitted(self, spot: Offset, first: int) -> Offset:
        """See Way."""
        del first
        return spot


class ByNumber:
    """The call says the number of the page."""

    kind: type[Spot] = Numbered

    def __init__(self, paging: Paging) -> None:
        self._first = paging.start
        self._has_size = bool(paging.size)
        self._most = paging.most

    def start(self) -> Numbered:
        """See Way."""
        return Numbered(self._first, 0, 0)

    def ask(self, spot: Numbered, wanted: int) -> tuple[Ask, int]:
        """See Way."""
        del wanted
        return Ask(spot.number, spot.size or None), spot.skip

    def behind(self, spot: Numbered, page: Page, index: int) -> Numbered:
        """See Way."""
        if index + 1 == len(page.rows) and (not spot.size or index + 1 >= spot.size):
            return Numbered(spot.number + 1, 0, spot.size, spot.is_most)
        return Numbered(spot.number, index + 1, spot.size, spot.is_most)

    def following(self, spot: Numbered, page: Page) -> Numbered | None:
        """See Way. An upstream that gives fewer rows than asked for counts its pages by these."""
        count = len(page.rows)
        size = spot.size or count
        if not count or not page.goes_on((spot.number - self._first) * size):
            return None
        if not spot.size:
            return Numbered(spot.number + 1, 0, 0)
        return Numbered(spot.number + 1, 0, min(size, count), spot.is_most or count < size)

    def fitted(self, spot: Numbered, first: int) -> Numbered:
        """See Way. A place keeps its pages' size where others would not start at it."""
        if not self._has_size:
            return Numbered(spot.number, spot.skip, 0)
        wanted = min(first, self._most)
        if not spot.size:
            return Numbered(spot.number, spot.skip, wanted)
        index = (spot.number - self._first) * spot.size + spot.skip
        if spot.is_most or index < 0 or index % wanted or wanted < spot.size:
            return spot
        return Numbered(self._first + index // wanted, 0, wanted)


class ByToken:
    """Each page tells where the next one starts: by a token, an address, or a member of its last row."""

    kind: type[Spot] = Marked

    def __init__(self, paging: Paging) -> None:
        self._has_size = bool(paging.size)
        self._most = paging.most
        self._by_rows = bool(paging.last_member)
        self._is_told = bool(paging.total or paging.more or paging.next) or not self._by_rows

    def start(self) -> Marked:
        """See Way."""
        return Marked(None, 0)

    def ask(self, spot: Marked, wanted: int) -> tuple[Ask, int]:
        """See Way."""
        size = min(spot.skip + wanted + (not self._is_told), self._most) if self._has_size else None
        if spot.is_query:
            return Ask(None, None, str(spot.token)), spot.skip
        return Ask(spot.token, size), spot.skip

    def behind(self, spot: Marked, page: Page, index: int) -> Marked:
        """See Way."""
        if self._by_rows and index < len(page.tails) and page.tails[index] is not None:
            return Marked(page.tails[index], 0)
        if index + 1 == len(page.rows) and page.token is not None:
            return Marked(page.token, 0, page.is_query)
        return Marked(spot.token, index + 1, spot.is_query)

    def following(self, spot: Marked, page: Page) -> Marked | None:
        """See Way."""
        del spot
        if self._by_rows:
            is_last = not page.tails or page.tails[-1] is None or not page.goes_on(None)
            return None if is_last else Marked(page.tails[-1], 0)
        if page.token is None or page.more is False:
            return None
        return Marked(page.token, 0, page.is_query)

    def fitted(self, spot: Marked, first: int) -> Marked:
        """See Way."""
        del first
        return spot


WAYS: Final[dict[str, Callable[[Paging], Way]]] = {
    "offset": ByOffset,
    "page": ByNumber,
    "cursor": ByToken,
    "link": ByToken,
}
