"""Input types that hold each other by fields that have to be given: no such value could ever be written.

GraphQL refuses such types, so that one field of each circle need not be given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from patchbay.importing.model import InputType, Named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.model import Type


def break_cycles(types: dict[str, Type]) -> list[tuple[str, str]]:
    """Loosen one field of each circle, in place.

    Returns:
        The fields that were loosened: (type, field).
    """
    needed = {name: _needed(kind) for name, kind in types.items() if isinstance(kind, InputType)}
    loosened: dict[str, set[str]] = {}
    done = set[str]()
    for start, fields in needed.items():
        if start not in done and fields:
            _walk(start, needed, done, loosened)
    for name, members in loosened.items():
        kind = types[name]
        assert isinstance(kind, InputType)  # noqa: S101 - only these were looked at
        types[name] = msgspec.structs.replace(
            kind,
            fields=tuple(
                msgspec.structs.replace(field, required=False) if field.name in members else field
                for field in kind.fields
            ),
        )
    return [(name, field) for name, members in loosened.items() for field in sorted(members)]


def _needed(kind: InputType) -> list[tuple[str, str]]:
    """(field, type) of the fields that have to be given and are no lists."""
    return [
        (field.name, field.type.name)
        for field in kind.fields
        if field.required and isinstance(field.type, Named)
    ]


def _walk(
    start: str,
    needed: dict[str, list[tuple[str, str]]],
    done: set[str],
    loosened: dict[str, set[str]],
) -> None:
    """Go down from a type, without recursion; a field that leads back up is loosened."""
    on_way = {start}
    way: list[tuple[str, Iterator[tuple[str, str]]]] = [(start, iter(needed[start]))]
    while way:
        name, fields = way[-1]
        step = next(fields, None)
        if step is None:
            way.pop()
            on_way.discard(name)
            done.add(name)
            continue
        field, target = step
        if target in on_way:
            loosened.setdefault(name, set()).add(field)
        elif target in needed and target not in done:
            on_way.add(target)
            way.append((target, iter(needed[target])))
