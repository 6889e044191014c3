"""What an answer tells of its page beside the rows: the total, whether there are more, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.importing.rest.paths import Places
from patchbay.upstreams.decoding import DECODE_ERRORS

if TYPE_CHECKING:
    from patchbay.importing.model import Paging

_ABSENT = (None, "", False, 0)


class Told(msgspec.Struct, frozen=True):
    """See PageBody."""

    total: int | None = None
    more: bool | None = None
    next: str | int | None = None
    tails: tuple[Any, ...] = ()


NOTHING = Told()


class PageBody:
    """Reads what a page tells of itself, in one pass beside the rows' own.

    Args:
        paging: where it stands.
    """

    __slots__ = ("_has_tails", "_names", "_places")

    def __init__(self, paging: Paging) -> None:
        places: list[tuple[tuple[str, ...], Any]] = []
        self._names: list[str] = []
        for name, path in (("total", paging.total), ("more", paging.more), ("next", paging.next)):
            if path:
                places.append((path, Any))
                self._names.append(name)
        self._has_tails = bool(paging.last_member)
        if self._has_tails:
            tail: Any = msgspec.defstruct(
                "Tail", [("value", Any, None)], rename={"value": paging.last_member}, frozen=True
            )
            places.append((paging.items, list[tail | None]))
            self._names.append("tails")
        self._places = Places(places) if places else None

    def read(self, body: bytes) -> Told:
        """What is told; what is not as declared counts as not told."""
        if self._places is None:
            return NOTHING
        try:
            values = dict(zip(self._names, self._places.decode(body), strict=True))
        except DECODE_ERRORS:
            return NOTHING
        return Told(
            total=_count(values.get("total")),
            more=_truth(values.get("more")),
            next=_token(values.get("next")),
            tails=tuple(_token(getattr(row, "value", None)) for row in values.get("tails") or ()),
        )


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 19:  # noqa: PLR2004 - what an int64 holds
        value = int(value)
    return value if type(value) is int and value >= 0 else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return bool(value) if isinstance(value, bool | int) else None


def _token(value: Any) -> str | int | None:
    if type(value) is int:
        return value
    return value if isinstance(value, str) and value not in _ABSENT else None
