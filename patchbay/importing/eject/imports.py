"""The imports of a file that is being written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.importing.eject.python import Group, Item, laid_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STANDARD: Final = ("decimal", "enum", "typing", "collections.abc")
_OURS: Final = ("adapters", "patchbay", "resolvers", "schema")


class Imports:
    """What a file imports: names of modules, and modules."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self._modules: set[str] = set()

    def add(self, module: str, name: str, alias: str = "") -> str:
        """Import a name; the name under which it is known."""
        self._names.setdefault(module, {})[name] = alias
        return alias or name

    def module(self, name: str) -> None:
        """Import a module."""
        self._modules.add(name)

    def lines(self) -> list[str]:
        """Sorted as the linter wants it: the standard library, others, ours."""
        lines = ["from __future__ import annotations", ""]
        for is_there in (_is_standard, _is_foreign, _is_ours):
            block = [f"import {name}" for name in sorted(self._modules) if is_there(name)]
            for module in sorted(filter(is_there, self._names)):
                block += _from(module, self._names[module])
            if block:
                lines += [*block, ""]
        return lines[:-1]


def _from(module: str, names: dict[str, str]) -> Iterator[str]:
    """Plain names in one statement, and one for each with an alias."""
    plain = sorted((name for name, alias in names.items() if not alias), key=_order)
    for alias in sorted(names.items()):
        if alias[1]:
            yield f"from {module} import {alias[0]} as {alias[1]}"
    if plain:
        whole = f"from {module} import {', '.join(plain)}"
        if len(whole) <= 110:  # noqa: PLR2004 - plain where it stands
            yield whole
        else:
            yield from laid_out("", Group(f"from {module} import (", _items(plain), ")"))


def _items(names: Iterable[str]) -> tuple[Item, ...]:
    return tuple(Item(name) for name in names)


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    if name.isupper() and len(name) > 1:
        return (0, name)
    return (1, name) if name[:1].isupper() else (2, name)


def _is_standard(module: str) -> bool:
    return module in _STANDARD


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in _OURS


def _is_foreign(module: str) -> bool:
    return not _is_standard(module) and not _is_ours(module)
