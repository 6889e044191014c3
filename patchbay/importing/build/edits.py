"""What people change of an imported graph: names, what is hidden, what is one thing in two upstreams, links.

All of it is in the words of the descriptions as they were imported: the names before they are changed.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.importing.model import InputType, ObjectType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from patchbay.importing.model import Field, Model, Operation


class LinkEdit(Protocol):
    """A link, as patchbay.importing.project.links.LinkLine or Link has it."""

    @property
    def upstream(self) -> str:
        """Where the edge starts."""

    @property
    def type(self) -> str:
        """The type that gets the field."""

    @property
    def field(self) -> str:
        """The field's name."""

    @property
    def to(self) -> str:
        """The upstream that is asked."""

    @property
    def operation(self) -> str:
        """The operation that is asked."""

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """(argument, field of the type), in their order."""

    @property
    def given(self) -> dict[str, Any]:
        """Argument -> what it is given each time."""

    @property
    def match(self) -> str:
        """The row's field that holds the key; "" where the operation takes one key a call."""

    @property
    def most(self) -> int | None:
        """Keys in one call; None for as many as the operation says, or 100."""

    @property
    def many(self) -> bool:
        """Whether the field is a list of all rows of a key."""

    @property
    def at(self) -> tuple[str, ...]:
        """Member names to the rows; () for what was found out."""


class MergeEdit(Protocol):
    """A merge, as patchbay.importing.project.merges.MergeLine or Merge has it."""

    @property
    def types(self) -> tuple[tuple[str, str], ...]:
        """(upstream, type), the first being the one whose name and fields win."""

    @property
    def key(self) -> str:
        """The field that all have, and that tells which are the same."""


class Link(msgspec.Struct, frozen=True):
    """See LinkEdit."""

    upstream: str
    type: str
    field: str
    to: str
    operation: str
    keys: tuple[tuple[str, str], ...]
    given: dict[str, Any] = {}
    match: str = ""
    most: int | None = None
    many: bool = False
    at: tuple[str, ...] = ()


class Merge(msgspec.Struct, frozen=True):
    """See MergeEdit."""

    types: tuple[tuple[str, str], ...]
    key: str


class Edits(msgspec.Struct, frozen=True):
    """All that is changed.

    Args:
        prefixes: upstream -> what its types and its operations' fields have in front of their names.
        rename: (upstream, type or operation) or (upstream, type, field) -> the new name.
        hide: the same, of what clients shall not see.
        links: see LinkEdit.
        merges: see MergeEdit.
    """

    prefixes: Mapping[str, str] = {}
    rename: Mapping[tuple[str, ...], str] = {}
    hide: tuple[tuple[str, ...], ...] = ()
    links: tuple[LinkEdit, ...] = ()
    merges: tuple[MergeEdit, ...] = ()


NO_EDITS = Edits()


def require_sound(models: Mapping[str, Model], edits: Edits) -> None:
    """Raises ConfigurationError with a line for each edit that names what is not there.

    Args:
        models: upstream's name -> its model.
        edits: of a graph of all of them.
    """
    problems = list(dict.fromkeys(Problems(models).of(edits)))
    if problems:
        raise ConfigurationError("\n".join(problems))


class Problems:
    """What edits name that is not there.

    Args:
        models: see require_sound.
    """

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        self._operations = {
            name: {operation.name: operation for operation in model.operations}
            for name, model in models.items()
        }

    def of(self, edits: Edits) -> Iterator[str]:
        """A sentence for each."""
        for name in edits.prefixes:
            yield from self._upstream(name, f"prefix of {name}")
        for path in edits.rename:
            yield from self._path(path, f"rename {'.'.join(path)}")
        for path in edits.hide:
            yield from self._path(path, f"hide {'.'.join(path)}")
        for merge in edits.merges:
            yield from self._merge(merge)
        for link in edits.links:
            yield from self._link(link)

    def _upstream(self, name: str, where: str) -> Iterator[str]:
        if name not in self._models:
            yield f"{where}: there is no upstream '{name}'{near(name, self._models)}"

    def _path(self, path: tuple[str, ...], where: str) -> Iterator[str]:
        upstream, name, *field = path
        if upstream not in self._models:
            yield from self._upstream(upstream, where)
        elif name not in self._models[upstream].types:
            if field or name not in self._operations[upstream]:
                known = [*self._models[upstream].types, *self._operations[upstream]]
                yield f"{where}: {upstream} has no type or operation '{name}'{near(name, known)}"
        elif field:
            yield from self._field(upstream, name, field[0], where)

    def _type(self, upstream: str, name: str, where: str) -> Iterator[str]:
        if upstream not in self._models:
            yield from self._upstream(upstream, where)
        elif not isinstance(self._models[upstream].types.get(name), ObjectType):
            objects = [
                each for each, type_ in self._models[upstream].types.items() if isinstance(type_, ObjectType)
            ]
            yield f"{where}: {upstream} has no object type '{name}'{near(name, objects)}"

    def _field(self, upstream: str, name: str, field: str, where: str) -> Iterator[str]:
        names = [each.name for each in fields_of(self._models[upstream], name)]
        if field not in names:
            yield f"{where}: {upstream}.{name} has no field '{field}'{near(field, names)}"

    def _merge(self, merge: MergeEdit) -> Iterator[str]:
        where = f"merge {', '.join('.'.join(each) for each in merge.types)} key {merge.key}"
        for upstream, name in merge.types:
            wrong = list(self._type(upstream, name, where))
            yield from wrong or self._field(upstream, name, merge.key, where)

    def _link(self, link: LinkEdit) -> Iterator[str]:
        where = f"link {link.upstream}.{link.type}.{link.field} -> {link.to}.{link.operation}"
        wrong = list(self._type(link.upstream, link.type, where))
        yield from wrong
        if not wrong:
            for _, field in link.keys:
                yield from self._field(link.upstream, link.type, field, where)
            if any(each.name == link.field for each in fields_of(self._models[link.upstream], link.type)):
                yield f"{where}: {link.upstream}.{link.type} has a field '{link.field}' already"
        if link.to not in self._models:
            yield from self._upstream(link.to, where)
            return
        operation = self._operations[link.to].get(link.operation)
        if operation is None:
            known = self._operations[link.to]
            yield f"{where}: {link.to} has no operation '{link.operation}'{near(link.operation, known)}"
            return
        yield from self._arguments(link, operation, where)

    def _arguments(self, link: LinkEdit, operation: Operation, where: str) -> Iterator[str]:
        names = [argument.name for argument in operation.arguments]
        taken = [*(argument for argument, _ in link.keys), *link.given]
        unknown = [name for name in taken if name not in names]
        for name in unknown:
            yield f"{where}: {link.operation} has no argument '{name}'{near(name, names)}"
        if unknown:
            return
        missing = [each.name for each in operation.arguments if each.required and each.name not in taken]
        if missing:
            yield f"{where}: {link.operation} needs {', '.join(missing)} as well"


def fields_of(model: Model, name: str) -> tuple[Field, ...]:
    """The fields of one of the model's types; none of an enum or a union."""
    type_ = model.types.get(name)
    return type_.fields if isinstance(type_, ObjectType | InputType) else ()


def near(name: str, known: Iterable[str]) -> str:
    """What to say where something is called alike, as in "; did you mean order?"; else nothing."""
    found = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(found)}?" if found else ""
