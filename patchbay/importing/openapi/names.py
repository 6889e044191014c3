"""Names of types: the components' own first, then titles, then the way to where a schema stands.

A name is given out once. Two schemas that would have the same share it, and the type, if they say the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.documents.location import Location
from patchbay.importing.model import Scalar
from patchbay.importing.naming import LONGEST, pascal, shortened
from patchbay.importing.openapi.nodes import mapping
from patchbay.importing.openapi.titles import component_name, singular_name, title_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from patchbay.importing.naming import Taken
    from patchbay.importing.openapi.shape import Placed

RESERVED: Final = ("Query", "Mutation", "Subscription", "PageInfo", *(scalar.value for scalar in Scalar))
_OF_PAGES: Final = ("Connection", "Edge")


class Hint(NamedTuple):
    """What to call a schema that has no name of its own.

    Attributes:
        names: from the plain to the long one.
        root: the nearest type above whose name is not made of a way.
        trail: the members on the way from there.
        member: the property where it stands, as the document has it.
    """

    names: tuple[str, ...]
    root: str = ""
    trail: tuple[str, ...] = ()
    member: str = ""

    @property
    def base(self) -> str:
        """What names below start with, where no type is made in between."""
        return self.names[0] if self.names else ""

    def below(self, member: str, parent: str = "") -> Hint:
        """The hint for a member of a type with that name; `parent` is "" where no type was made."""
        parent = parent or self.base
        step = pascal(member) or "Value"
        root, trail = (self.root, (*self.trail, step)) if self.root else (parent, (step,))
        return Hint((f"{parent}{step}",), root, trail, member)

    def named(self, name: str) -> Hint:
        """The hint for what is below, where a type has got that name."""
        if self.root and name in self.names:
            return self._replace(names=(name,), member="")
        return Hint((name,), name)

    def item(self) -> Hint:
        """The hint for what a list holds."""
        names = tuple(singular_name(name) for name in self.names)
        return self._replace(names=(*dict.fromkeys(names), *(f"{name}Item" for name in names)))

    def candidates(self) -> Iterator[str]:
        """Names, from the plain to the long one; none longer than allowed."""
        for name in self.names:
            if len(name) <= LONGEST:
                yield name
        if any(len(name) > LONGEST for name in self.names) or not self.names:
            for steps in range(min(len(self.trail), 6), 0, -1):
                name = self.root + "".join(self.trail[-steps:])
                if len(name) <= LONGEST:
                    yield name
        for name in self.names:
            if len(name) > LONGEST:
                yield shortened(name)


class Names:
    """Gives types their names.

    Args:
        taken: names that nobody may have any more.
        components: the document's own schemas, whose names are kept for them.
    """

    def __init__(self, taken: Taken, components: Iterable[Placed]) -> None:
        self._taken = taken
        for name in RESERVED:
            if name not in taken:
                taken.claim(name)
        self._own: dict[Location, str] = {}
        self._owners: dict[tuple[str, str], tuple[str, Any]] = {}
        self._kept = set[str]()
        for schema, at in components:
            said = "" if any(map(str.isalpha, at.last)) else title_name(mapping(schema), "")
            self._keep(at, [said, *_spellings(component_name(at), at.last)])

    def own(self, at: Location) -> str:
        """The name of a schema that others may refer to, kept for it; "" where it has none."""
        known = self._own.get(at)
        if known is None and (name := component_name(at)):
            known = self._keep(at, _spellings(name, at.last))
        return known or ""

    def _keep(self, at: Location, wanted: list[str]) -> str:
        self._own[at] = name = self._first(wanted)
        self._kept.add(name)
        return name

    def object(self, schema: Any, at: Location, hint: Hint) -> tuple[str, bool]:
        """A name of an output type, and whether a type of the same shape has it already."""
        if self._is_kept(own := self.own(at)):
            return own, False
        return self._shared("out", schema, at.file, self._wanted(own, schema, hint), "Details")

    def input(self, schema: Any, at: Location, hint: Hint) -> tuple[str, bool]:
        """As `object`, of an input type: it ends with Input."""
        own = self.own(at)
        if own.endswith("Input") and self._is_kept(own):
            return own, False
        wanted = [_as_input(name) for name in ([own] if own else self._wanted(own, schema, hint))]
        return self._shared("in", schema, at.file, wanted, "Data")

    def enum(self, values: Any, schema: Any, at: Location, hint: Hint) -> tuple[str, bool]:
        """As `object`, of an enum: it is shared where the values are the same."""
        if self._is_kept(own := self.own(at)):
            self._owners["enum", own] = (at.file, values)
            return own, False
        return self._shared("enum", values, at.file, self._wanted(own, schema, hint), "Option")

    def wrapper(self, *wanted: str) -> str:
        """A name for a type that no schema of the document stands for."""
        return self._first(wanted)

    def _is_kept(self, own: str) -> bool:
        """Whether the name is still kept for its schema, which gets it herewith."""
        if own not in self._kept:
            return False
        self._kept.discard(own)
        return True

    def _wanted(self, own: str, schema: Any, hint: Hint) -> list[str]:
        if own:
            return [own, f"{own}Object"]
        wanted = [name for name in hint.candidates() if name]
        title = title_name(schema, hint.member) if isinstance(schema, dict) else ""
        if title:
            wanted.insert(0, title)
            wanted += [f"{name}{title}" for name in wanted[1:2]]
        return wanted or ["Anonymous"]

    def _shared(self, kind: str, meaning: Any, file: str, wanted: list[str], suffix: str) -> tuple[str, bool]:
        """The first name that is free, or that stands for the same meaning."""
        names = [shortened(name) for name in wanted]
        # A suffix tells apart what nothing in the document does; it reads better than a number.
        names += [shortened(_before_input(name, suffix)) for name in names]
        for name in names:
            if self._is_free(name):
                self._taken.claim(name)
                self._owners[kind, name] = (file, meaning)
                return name, False
            owner = self._owners.get((kind, name))
            if owner is not None and owner[0] == file and same_meaning(owner[1], meaning):
                return name, True
        name = self._taken.claim(names[-1])
        self._owners[kind, name] = (file, meaning)
        return name, False

    def _first(self, wanted: Iterable[str]) -> str:
        names = [name for name in wanted if name]
        free = [name for name in names if self._is_free(name)]
        return self._taken.claim(*(free or [f"{name}Object" for name in names] or ["Anonymous"]))

    def _is_free(self, name: str) -> bool:
        """Whether nobody has it, and no connection of pages is likely to want it."""
        if name in self._taken:
            return False
        return not any(
            name.endswith(suffix) and name.removesuffix(suffix) in self._taken for suffix in _OF_PAGES
        )


def _as_input(name: str) -> str:
    return name if name.endswith("Input") else f"{name}Input"


def _before_input(name: str, suffix: str) -> str:
    if name.endswith("Input"):
        return f"{name.removesuffix('Input')}{suffix}Input"
    return f"{name}{suffix}"


def _spellings(name: str, original: str) -> list[str]:
    """The name, and the document's own spelling, which tells "order_item" from "OrderItem": "Order_item"."""
    raw = re.sub(r"\W", "_", original, flags=re.ASCII)
    if name in RESERVED or not re.fullmatch(r"[A-Za-z]\w{0,59}", raw):
        return [name]
    return [name, raw[:1].upper() + raw[1:]]


def same_meaning(one: Any, other: Any) -> bool:
    """Whether two schemas are written the same."""
    try:
        return bool(one == other)
    except RecursionError:
        return False
