"""Pages recognised: by an operation's parameters together with what its answer holds.

A guess is made only where both are certain enough: the argument that says where a page starts, and the one
list that the answer is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from patchbay.importing.lookup import field_of
from patchbay.importing.model import BodyKind, Named, Paging, PagingStyle, Place, Scalar
from patchbay.importing.openapi.nodes import text, whole
from patchbay.importing.openapi.nouns import singular
from patchbay.importing.openapi.page_words import (
    COUNTED,
    CURSORS,
    GREATEST,
    LINK,
    MORE,
    MOST,
    NEXT_ADDRESSES,
    NEXT_TOKENS,
    OFFSETS,
    PAGES,
    SIZES,
    SURE_ADDRESSES,
    TOTALS,
    USUAL_MOST,
    VAGUE,
    ZERO,
)
from patchbay.importing.openapi.path_names import noun
from patchbay.importing.openapi.rows import Rows, Told, beside, find_rows, is_number, is_text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.model import Argument, Type
    from patchbay.importing.openapi.operations import Mapped


class _Seen(NamedTuple):
    """What an operation shows of pages. `told`: members beside the rows."""

    arguments: dict[str, Argument]
    schemas: dict[str, dict[str, Any]]
    rows: Rows
    told: list[Told]
    size: Argument | None
    most: int
    total: Told | None
    more: Told | None
    next: Told | None


def guess_paging(mapped: Mapped, types: Mapping[str, Type]) -> Paging | None:
    """How an operation's answers are pages; None where they are none, or where it is not certain."""
    operation = mapped.operation
    if operation.is_mutation or operation.result.kind is not BodyKind.JSON:
        return None
    rows = find_rows(types, operation.result.type, _nouns(mapped))
    if rows is None:
        return None
    seen = _seen(mapped, rows, types)
    by_cursor = _by_cursor(seen, can_end_with_id=field_of(types, rows.node, "id") is not None)
    return by_cursor or _by_page(seen) or _by_offset(seen) or _by_link(seen, mapped)


def _nouns(mapped: Mapped) -> set[str]:
    """What the rows may be called: the path's last word, and the name's."""
    said = noun(mapped.offer.path)
    return {singular(word).lower() for word in said[-1:]}


def _seen(mapped: Mapped, rows: Rows, types: Mapping[str, Type]) -> _Seen:
    arguments: dict[str, Argument] = {}
    for argument in mapped.operation.arguments:
        if argument.place is Place.QUERY:
            arguments.setdefault(plain(argument.wire), argument)
    told = beside(types, mapped.operation.result.type, rows)
    size = next((arguments[name] for name in SIZES if name in arguments and _counts(arguments[name])), None)
    total = _first(told, TOTALS, numeric=True)
    by_name = {plain(each.field.wire) for each in told}
    if total is None and by_name & {"next", "previous", "limit", "offset", "skip"}:
        total = _first(told, ("count",), numeric=True)
    more = next(
        (each for name in MORE for each in told if plain(each.field.wire) == name and _is_flag(each)), None
    )
    most = USUAL_MOST if size is None else _most(size, mapped.schemas.get(size.attribute, {}))
    following = _first(told, NEXT_ADDRESSES, numeric=False)
    return _Seen(arguments, mapped.schemas, rows, told, size, most, total, more, following)


def _counts(argument: Argument) -> bool:
    """Whether an argument takes a number; some documents have a text there, and say so."""
    if is_number(argument.type):
        return True
    return is_text(argument.type) and bool(COUNTED.search(argument.description or ""))


def _first(told: list[Told], names: tuple[str, ...], *, numeric: bool) -> Told | None:
    fits = is_number if numeric else is_text
    for name in names:
        for each in told:
            if plain(each.field.wire) == name and fits(each.field.type):
                return each
    return None


def _is_flag(told: Told) -> bool:
    return isinstance(told.field.type, Named) and told.field.type.name == Scalar.BOOLEAN


def _most(size: Argument, schema: dict[str, Any]) -> int:
    """The most rows of a page, as the size's schema or description says."""
    declared = whole(schema.get("maximum"))
    if declared is None:
        found = MOST.search(size.description or text(schema.get("description")))
        number = next(filter(None, found.groups()), "") if found else ""
        declared = int(number.replace(",", "")) if number and len(number) < len("1,000,000") else None
    return declared if declared is not None and 1 <= declared <= GREATEST else USUAL_MOST


def _by_cursor(seen: _Seen, *, can_end_with_id: bool) -> Paging | None:
    for name in CURSORS:
        argument = seen.arguments.get(name)
        if argument is None or not is_text(argument.type):
            continue
        following = _next_of(seen.told, name)
        if following is not None:
            why = f"{argument.wire} takes what {'.'.join(following.path)} of the answer before had"
            return _paging(PagingStyle.CURSOR, seen, argument, why, next=following.path)
        if name in {"startingafter", "startafter"} and can_end_with_id:
            why = f"{argument.wire} takes the id of the last row"
            return _paging(PagingStyle.CURSOR, seen, argument, why, last_member="id")
    return None


def _next_of(told: list[Told], name: str) -> Told | None:
    """The member that has what a cursor's argument takes: of that name with "next" first, then the usual."""
    names = (f"next{name}", *(known for known in NEXT_TOKENS if known not in {"after", "cursor", name}))
    preferred = ("after", "endcursor") if name == "after" else ("cursor",) if "cursor" in name else ()
    for wanted in (*preferred[:1], *names, *preferred, name):
        for each in told:
            if plain(each.field.wire) != wanted or not is_text(each.field.type):
                continue
            if not _is_address(each) and not _is_backwards(each):
                return each
    return _first(told, NEXT_ADDRESSES, numeric=False)


def _is_address(told: Told) -> bool:
    said = (told.field.description or "").lower()
    return told.field.wire.lower().endswith(("url", "uri", "link", "href")) or bool(
        re.search(r"\b(url|uri|link|address|endpoint)\b", said)
    )


def _is_backwards(told: Told) -> bool:
    return any(word in plain(part) for part in told.path for word in ("prev", "before", "first", "self"))


def _by_page(seen: _Seen) -> Paging | None:
    for name in PAGES:
        argument = seen.arguments.get(name)
        if argument is None or not _counts(argument):
            continue
        if seen.size is None and seen.total is None and seen.more is None and not _says_pages(argument):
            continue
        start = _start(argument, seen.schemas.get(argument.attribute, {}))
        why = f"{argument.wire} takes a page's number, the first being {start}"
        return _paging(PagingStyle.PAGE, seen, argument, _with_size(why, seen), start=start, next=_told(seen))
    return None


def _says_pages(argument: Argument) -> bool:
    return "page" in (argument.description or "").lower()


def _start(argument: Argument, schema: dict[str, Any]) -> int:
    """The first page's number."""
    said = argument.description or text(schema.get("description"))
    if ZERO.search(said):
        return 0
    for word in ("minimum", "default"):
        number = whole(schema.get(word))
        if number in {0, 1}:
            return number
    return 1


def _by_offset(seen: _Seen) -> Paging | None:
    for name in OFFSETS:
        argument = seen.arguments.get(name)
        if argument is None or not _counts(argument):
            continue
        if seen.size is None and (name in VAGUE or (seen.total is None and seen.more is None)):
            continue
        why = f"{argument.wire} takes how many rows to leave out"
        start = whole(seen.schemas.get(argument.attribute, {}).get("minimum"))
        if name in {"startindex", "startposition"} and start == 1:
            continue
        return _paging(PagingStyle.OFFSET, seen, argument, _with_size(why, seen), next=_told(seen))
    return None


def _told(seen: _Seen) -> tuple[str, ...]:
    """Where the next page's address is told: whether it is there tells whether there is one."""
    return () if seen.next is None else seen.next.path


def _by_link(seen: _Seen, mapped: Mapped) -> Paging | None:
    if mapped.answers.has_link_header:
        return _paging(PagingStyle.LINK, seen, None, "the answer has a Link header")
    if LINK.search(mapped.operation.description or ""):
        return _paging(PagingStyle.LINK, seen, None, "the description speaks of a Link header")
    address = next((each for each in seen.told if _is_next_address(each)), None)
    if address is None:
        return None
    why = f"{'.'.join(address.path)} has the next page's address"
    return _paging(PagingStyle.LINK, seen, None, why, next=address.path)


def _is_next_address(told: Told) -> bool:
    """A member with an address by its name, or one called "next" among links."""
    name = plain(told.field.wire)
    if not is_text(told.field.type):
        return False
    among_links = len(told.path) > 1 and "link" in plain(told.path[0])
    return name in SURE_ADDRESSES or (among_links and "next" in (name, plain(told.path[-2])))


def _with_size(why: str, seen: _Seen) -> str:
    return f"{why}, {seen.size.wire} how many a page has" if seen.size is not None else why


def _paging(
    style: PagingStyle,
    seen: _Seen,
    argument: Argument | None,
    why: str,
    **more: Any,
) -> Paging:
    return Paging(
        style=style,
        items=seen.rows.path,
        node=seen.rows.node,
        position="" if argument is None else argument.attribute,
        size="" if seen.size is None else seen.size.attribute,
        most=seen.most,
        total=() if seen.total is None else seen.total.path,
        more=() if seen.more is None else seen.more.path,
        why=why,
        **more,
    )
