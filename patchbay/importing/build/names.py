"""The names of all that several upstreams bring into one graph, each given out once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from patchbay.errors import ConfigurationError
from patchbay.importing.lookup import fields_of
from patchbay.importing.model import Named, Scalar
from patchbay.importing.naming import Taken, camel, pascal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from patchbay.importing.build.edits import Edits
    from patchbay.importing.model import Model, Operation

RESERVED: Final = (*Scalar, "Query", "Mutation", "Subscription", "PageInfo")
"""Names that the graph itself has."""

_NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")


class Names:
    """Who is called what.

    The first upstream keeps its names; where a later one has the same, its own goes in front. A name that a
    person gave goes before all others.

    Args:
        models: in their order.
        edits: sound ones (require_sound).

    Raises:
        ConfigurationError: two things were given the same name.

    Attributes:
        changed: "crm.Customer" -> "CrmCustomer", of all whose name is not the description's because it was
            taken.
        types: names of types that are given out.
    """

    def __init__(self, models: Sequence[Model], edits: Edits) -> None:
        self._edits = edits
        self.changed: dict[str, str] = {}
        self.types = Taken(*RESERVED)
        self._roots = {False: Taken(), True: Taken()}
        self._hidden = set(edits.hide)
        self._type_names: dict[tuple[str, str], str] = {}
        self._root_names: dict[tuple[str, str], str] = {}
        self._merged = {
            each: merge.types[0] for merge in edits.merges for each in merge.types[1:] if merge.types
        }
        for given in (True, False):
            for model in models:
                self._name_all(model, given=given)

    def _name_all(self, model: Model, *, given: bool) -> None:
        """Name the types and operations, those that a person has named or all others."""
        for name in model.types:
            key = (model.name, name)
            if key not in self._merged and (key in self._edits.rename) is given:
                self._type_names[key] = self._claim(self.types, key, pascal)
        for operation in model.operations:
            key = (model.name, operation.name)
            if (key in self._edits.rename and operation.name not in model.types) is given:
                self._root_names[key] = self._claim(self._roots[operation.is_mutation], key, camel)

    def _claim(self, taken: Taken, key: tuple[str, str], style: Callable[[str], str]) -> str:
        upstream, name = key
        name = allowed(name, style)
        given = self._edits.rename.get(key)
        if given is not None:
            if given in taken:
                raise ConfigurationError(f"rename {upstream}.{name}: '{given}' is the name of something else")
            return taken.claim(given)
        prefix = self._edits.prefixes.get(upstream, "")
        wanted = _joined(prefix, name, style) if prefix else name
        found = taken.claim(wanted, _joined(upstream, name, style))
        if found != wanted:
            self.changed[".".join(key)] = found
        return found

    def type(self, upstream: str, name: str) -> str:
        """The name of one of the model's types in the graph."""
        key = (upstream, name)
        return self._type_names[self._merged.get(key, key)]

    def is_hidden(self, *path: str) -> bool:
        """Whether clients do not see it."""
        return path in self._hidden

    def field(self, upstream: str, type_: str, name: str) -> str:
        """The name of a type's field."""
        return self._edits.rename.get((upstream, type_, name)) or allowed(name, camel)

    def root(self, upstream: str, operation: Operation) -> str:
        """The name of an operation's field."""
        return self._root_names[upstream, operation.name]


def field_problems(models: Sequence[Model], edits: Edits) -> Iterator[str]:
    """Fields that were given the name of another field of their type."""
    by_name = {model.name: model for model in models}
    for path, name in edits.rename.items():
        if len(path) == 3:  # noqa: PLR2004 - upstream, type, field
            upstream, type_, field = path
            others = {
                edits.rename.get((upstream, type_, each.name), each.name)
                for each in fields_of(by_name[upstream].types, Named(type_))
                if each.name != field and (upstream, type_, each.name) not in edits.hide
            }
            if name in others:
                yield f"rename {'.'.join(path)}: {upstream}.{type_} has a field '{name}' already"


def allowed(name: str, style: Callable[[str], str]) -> str:
    """A name as it stands where GraphQL allows it; else what the style makes of it."""
    if _NAME.fullmatch(name) is not None:
        return name
    return style(name) or style("value")


def _joined(prefix: str, name: str, style: object) -> str:
    """A name with a word in front, as a type's or as a field's."""
    start = pascal(prefix) or "N"
    joined = start + name[:1].upper() + name[1:]
    return joined if style is pascal else joined[:1].lower() + joined[1:]
