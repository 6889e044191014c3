"""The edges of an ejected upstream, in the house's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.importing.eject.operations import Kind
from patchbay.importing.eject.python import Group, Item, Text, call, laid_out
from patchbay.importing.model import ObjectType, Place
from patchbay.importing.naming import attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patchbay.importing.build.edits import Link
    from patchbay.importing.eject.annotations import Annotations
    from patchbay.importing.eject.imports import Imports
    from patchbay.importing.eject.names import Names
    from patchbay.importing.eject.operations import Operations
    from patchbay.importing.model import Edge, Model, Operation


@dataclass(frozen=True)
class OwnLink:
    """An edge from one type of the upstream's to another.

    Args:
        type: that has it.
        name: of the link.
        lines: that declare it.
        field: the line of the schema, without what stands behind "= ".
    """

    type: str
    name: str
    lines: list[str]
    field: str


def own_links(
    model: Model, names: Names, annotations: Annotations, operations: Operations, imports: Imports
) -> Iterator[OwnLink]:
    """The edges that the description has and that the adapter's reads can be asked for."""
    by_name = {each.name: each for each in model.operations}
    for edge in model.edges:
        operation = by_name.get(edge.operation)
        type_ = model.types.get(edge.type)
        if operation is None or not isinstance(type_, ObjectType):
            continue
        if operations.kind(operation) is not Kind.EACH:
            continue
        parts = _key(edge, operation, type_, names)
        if parts is None or any(each.name == edge.field for each in type_.fields):
            continue
        name = names.another(f"{attribute(edge.field)}_of_{attribute(edge.type)}")
        imports.add("patchbay.links", "link")
        read = f"{model.name}.{names.operation(operation.name)}"
        lines = laid_out(f"{name} = ", call("link", read, key=_names(parts)))
        annotation = annotations.output(operation.result.type, imports, required=False)
        yield OwnLink(edge.type, name, lines, f"{attribute(edge.field)}: {annotation}")


def _key(edge: Edge, operation: Operation, type_: ObjectType, names: Names) -> list[str] | None:
    """The attributes of the record that are the key, in the order of the path."""
    path = operation.rest.path if operation.rest is not None else ""
    known = {each.attribute for each in type_.fields}
    places = [each for each in operation.arguments if each.place is Place.PATH]
    places.sort(key=lambda each: path.find(f"{{{each.wire}}}"))
    sources = [edge.arguments.get(each.attribute, "") for each in places]
    if len(places) != len(edge.arguments) or not set(sources) <= known:
        return None
    return [names.field(type_.name, each) for each in sources]


def foreign_links(links: Sequence[Link], upstream: str) -> Iterator[str]:
    """Lines about the links of patchbay.toml that start or end at an upstream that was ejected."""
    for link in links:
        if upstream not in (link.upstream, link.to):
            continue
        name = f"{attribute(link.field)}_of_{attribute(link.type)}"
        read = attribute(link.operation) + (f"_by_{attribute(link.match)}s" if link.match else "")
        key = _names([attribute(field) for _, field in link.keys])
        lines = laid_out(f"{name} = ", call("link", f"{link.to}.{read}", key=key))
        yield f"resolvers/links.py, when {link.upstream} and {link.to} are both in adapters/:"
        yield from (f"    {line}" for line in lines)
        yield f"schema/{link.upstream}.py, in {link.type}: {attribute(link.field)}: ... | None = links.{name}"


def _names(parts: Sequence[str]) -> Text | Group:
    if len(parts) == 1:
        return Text(parts[0])
    return Group("(", tuple(Item(Text(each)) for each in parts), ")")
