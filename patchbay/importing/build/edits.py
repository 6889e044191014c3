"""What people change of an imported graph: names, what is hidden, what is one thing in two upstreams, links.

All of it is in the words of the descriptions as they were imported: the names before they are changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.importing.lookup import fields_of
from patchbay.importing.model import Named, ObjectType
from patchbay.importing.near import near

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patchbay.importing.model import Model, Operation


class Link(msgspec.Struct, frozen=True):
    """An edge between two types. It prints as its line (patchbay.importing.project.links).

    Args:
        upstream, type, field: where it starts: the upstream, its type, and the field that the type gets.
        to, operation: the upstream and its operation that are asked.
        keys: (argument, field of the type), in their order.
        given: argument -> what it is given each time.
        match: the row's field that holds the key; "" where the operation takes one key a call.
        most: keys in one call; None for as many as the operation says, or 100.
        many: whether the field is a list of all rows of a key.
        at: member names to the rows; () for what was found out.
    """

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

    def __str__(self) -> str:
        arguments = [f"{argument}: {field}" for argument, field in self.keys]
        arguments += [f"{name}: {msgspec.json.encode(value).decode()}" for name, value in self.given.items()]
        clauses = [
            f" match {self.match}" if self.match else "",
            f" max {self.most}" if self.most is not None else "",
            " many" if self.many else "",
            f" at {'.'.join(self.at)}" if self.at else "",
        ]
        start = f"{self.upstream}.{self.type}.{self.field} -> {self.to}.{self.operation}"
        return f"{start}({', '.join(arguments)}){''.join(clauses)}"


class Merge(msgspec.Struct, frozen=True):
    """Types of several upstreams that stand for one thing. It prints as its line.

    Args:
        types: (upstream, type), the first being the one whose name and fields win.
        key: the field that all have, and that tells which are the same.
    """

    types: tuple[tuple[str, str], ...]
    key: str

    def __str__(self) -> str:
        return f"{', '.join('.'.join(each) for each in self.types)} key {self.key}"


class Edits(msgspec.Struct, frozen=True):
    """All that is changed.

    Args:
        prefixes: upstream -> what its types and its operations' fields have in front of their names.
        rename: (upstream, type or operation) or (upstream, type, field) -> the new name.
        hide: the same, of what clients shall not see.
        links: see Link.
        merges: see Merge.
    """

    prefixes: Mapping[str, str] = {}
    rename: Mapping[tuple[str, ...], str] = {}
    hide: tuple[tuple[str, ...], ...] = ()
    links: tuple[Link, ...] = ()
    merges: tuple[Merge, ...] = ()


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
        names = [each.name for each in fields_of(self._models[upstream].types, Named(name))]
        if field not in names:
            yield f"{where}: {upstream}.{name} has no field '{field}'{near(field, names)}"

    def _merge(self, merge: Merge) -> Iterator[str]:
        where = f"merge {', '.join('.'.join(each) for each in merge.types)} key {merge.key}"
        for upstream, name in merge.types:
            wrong = list(self._type(upstream, name, where))
            yield from wrong or self._field(upstream, name, merge.key, where)

    def _link(self, link: Link) -> Iterator[str]:
        where = f"link {link.upstream}.{link.type}.{link.field} -> {link.to}.{link.operation}"
        wrong = list(self._type(link.upstream, link.type, where))
        yield from wrong
        if not wrong:
            for _, field in link.keys:
                yield from self._field(link.upstream, link.type, field, where)
            if any(
                each.name == link.field
                for each in fields_of(self._models[link.upstream].types, Named(link.type))
            ):
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

    def _arguments(self, link: Link, operation: Operation, where: str) -> Iterator[str]:
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
