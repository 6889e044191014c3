"""Pages of an operation whose arguments say where a page starts: by offset, or by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import ConfigurationError, InputError, UpstreamBadData, UpstreamError
from patchbay.importing.model import ListOf, MapOf, Named, ObjectType, PagingStyle
from patchbay.importing.runtime import PageOf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.importing.model import Model, Operation, Paging, TypeRef
    from patchbay.importing.soap.exchange import Exchange

MAX_CALLS: Final = 20
"""For one page of ours; upstreams may hold smaller ones."""

_MAX_OFFSET: Final = 10**9


class PageRead:
    """Reads pages: `await read(arguments, first, after)`.

    Args:
        source: the upstream's name.
        operation: of the model.
        paging: how it has pages.
        model: whose types the answer is of.
        read: its whole answer.

    Raises:
        ConfigurationError: pages are told apart in a way that no SOAP message has.
    """

    def __init__(
        self, source: str, operation: Operation, paging: Paging, model: Model, read: Exchange
    ) -> None:
        if paging.style not in (PagingStyle.OFFSET, PagingStyle.PAGE) or not paging.position:
            raise ConfigurationError(f"{source}: {operation.name}: pages by {paging.style} are not SOAP's")
        self._source = source
        self._paging = paging
        self._read = read
        result = operation.result.type
        self._items = _getter(model, result, paging.items)
        self._total = _getter(model, result, paging.total) if paging.total else None
        self._more = _getter(model, result, paging.more) if paging.more else None

    async def __call__(self, arguments: Any, first: int, after: str | None) -> PageOf:
        """See ImportedUpstream.paging."""
        start = _offset(after)
        rows: list[Any] = []
        total: int | None = None
        has_next = False
        for _ in range(MAX_CALLS):
            wanted = first - len(rows)
            answer, page_start, size = await self._ask(arguments, start + len(rows), wanted)
            page = self._rows(answer)
            found = page[start + len(rows) - page_start :]
            total = _number(self._total(answer)) if self._total is not None else None
            rows += found[:wanted]
            has_next = len(found) > wanted or (
                bool(found) and self._has_more(answer, start + len(rows), total, is_full=len(page) >= size)
            )
            if len(rows) >= first or not has_next:
                break
        cursors = [str(start + index + 1) for index in range(len(rows))]
        return PageOf(rows, cursors, has_next=has_next, has_previous=start > 0, total=total)

    def _has_more(self, answer: Any, reached: int, total: int | None, *, is_full: bool) -> bool:
        """Whether there is a page behind this one."""
        more = self._more(answer) if self._more is not None else None
        if isinstance(more, bool):
            return more
        # Where nothing tells, a page that is full may have one behind it.
        return is_full if total is None else reached < total

    async def _ask(self, arguments: Any, offset: int, wanted: int) -> tuple[Any, int, int]:
        """The answer that holds the row at an offset, the offset of its first row, and its size."""
        paging = self._paging
        is_by_page = paging.style is PagingStyle.PAGE
        # Pages with numbers are all of one size, or they would not meet.
        size = paging.most if is_by_page or not paging.size else max(1, min(wanted, paging.most))
        place = paging.start + offset // size if is_by_page else offset
        sized = {paging.size: size} if paging.size else {}
        answer = await self._read({**arguments, **sized, paging.position: place})
        return answer, offset // size * size if is_by_page else offset, size

    def _rows(self, answer: Any) -> list[Any]:
        found = self._items(answer)
        if isinstance(found, UpstreamError):
            raise found
        if found is None:
            return []
        if not isinstance(found, list):
            raise UpstreamBadData(self._source, "no list where pages have one")
        return found


def _getter(model: Model, ref: TypeRef, path: Sequence[str]) -> Callable[[Any], Any]:
    """What takes the value at wire names out of a record; None where something on the way is missing."""
    steps: list[tuple[bool, str]] = []
    for member in path:
        if isinstance(ref, MapOf):
            steps.append((False, member))
            ref = ref.value
            continue
        type_ = model.types.get(ref.name) if isinstance(ref, Named) and not isinstance(ref, ListOf) else None
        fields = type_.fields if isinstance(type_, ObjectType) else ()
        field = next((each for each in fields if each.wire == member), None)
        if field is None:
            raise ConfigurationError(f"{model.name}: its answer has nothing at {'.'.join(path)}")
        steps.append((True, field.attribute))
        ref = field.type

    def get(value: Any) -> Any:
        for is_attribute, name in steps:
            if value is None or isinstance(value, UpstreamError):
                break
            value = getattr(value, name, None) if is_attribute else value.get(name)
        return value

    return get


def _offset(after: str | None) -> int:
    if after is None:
        return 0
    if not after.isascii() or not after.isdigit() or len(after) > len(str(_MAX_OFFSET)):
        raise InputError("after", "is not a cursor of this list")
    return int(after)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
