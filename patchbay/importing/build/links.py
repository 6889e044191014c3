"""Links between imported types and operations: those of people, and those that a description has itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strawberry.types.base import StrawberryList, StrawberryOptional

from patchbay.errors import ConfigurationError
from patchbay.execution.sizes import Limit
from patchbay.importing.build.fields import definition_of
from patchbay.importing.build.linked import EachOf, keys_in, linked
from patchbay.importing.build.rows import is_object, ref_at, row_of
from patchbay.importing.build.sizes import most_items, sized
from patchbay.importing.model import ListOf, Named, ObjectType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from patchbay.batch import ByIds
    from patchbay.importing.build.edits import Link
    from patchbay.importing.build.names import Names
    from patchbay.importing.build.parts import Made
    from patchbay.importing.model import Edge, Field, Operation, TypeRef


class Links:
    """Adds edges to the types of a graph.

    Args:
        made: upstream's name -> what is made of it.
        names: of the graph.
    """

    def __init__(self, made: Mapping[str, Made], names: Names) -> None:
        self._made = made
        self._names = names

    def add(self, links: Iterable[Link]) -> Iterator[str]:
        """Add what people ask for; a sentence for each that cannot be meant."""
        for link in links:
            where = f"link {link.upstream}.{link.type}.{link.field} -> {link.to}.{link.operation}"
            try:
                self._add(link)
            except ConfigurationError as error:
                yield f"{where}: {error}"

    def _add(self, link: Link) -> None:
        source, target = self._made[link.upstream], self._made[link.to]
        operation = target.operations[link.operation]
        fields = _fields(source, link.type)
        arguments = {each.name: each for each in operation.arguments}
        keys = [arguments[name] for name, _ in link.keys]
        match, items = _match_of(link, operation, target)
        keyed = fields[link.keys[0][1]]
        is_list = len(link.keys) == 1 and isinstance(keyed.type, ListOf)
        if is_list and link.many:
            raise ConfigurationError("a list of keys leads to a row each, and 'many' to several of one")
        row = _row(operation, target, items, matched=bool(match))
        read: ByIds[Any] = target.upstream.by_ids(
            operation,
            target.records,
            keys=tuple(each.attribute for each in keys),
            match=match or None,
            max_size=_most(link, operation) if match else None,
            items=items,
            many=link.many,
            arguments={arguments[name].attribute: value for name, value in link.given.items()},
        )
        resolved = target.types.of(row, required=True)
        if isinstance(resolved, StrawberryOptional):
            resolved = resolved.of_type
        key_of, most = None, most_items(target.model, row)
        if is_list:
            read, resolved = EachOf(read), StrawberryList(StrawberryOptional(resolved))
            most = keyed.type.most if isinstance(keyed.type, ListOf) else None
            named = f"{self._names.type(link.upstream, link.type)}.{link.field}"
            key_of = keys_in(keyed.attribute, None if most is None else Limit(named, most))
        elif link.many:
            resolved = StrawberryList(resolved)
            # All rows of a key are some of one answer's.
            rows = ref_at(target.model, operation.result.type, items)
            most = most_items(target.model, rows) if match and rows is not None else None
        field = linked(
            link.field,
            read,
            tuple(fields[name].attribute for _, name in link.keys),
            StrawberryOptional(resolved),
            description=operation.description,
            key_of=key_of,
            directives=sized(most),
        )
        definition_of(source.types.object(link.type)).fields.append(field)

    # ------------------------------------------------------------------------------ of the description itself

    def add_edges(self, made: Made) -> None:
        """Add a model's own edges, as far as what they lead to is shown."""
        for edge in made.model.edges:
            operation = made.operations.get(edge.operation)
            type_ = made.model.types.get(edge.type)
            if operation is None or not isinstance(type_, ObjectType) or edge.type not in made.types.classes:
                continue
            if self._can_be(edge, operation, type_, made):
                self._add_edge(edge, operation, made)

    def _can_be(self, edge: Edge, operation: Operation, type_: ObjectType, made: Made) -> bool:
        """Whether the operation needs nothing else, and answers objects that clients may see."""
        given = {each.attribute for each in type_.fields}
        known = {each.attribute for each in operation.arguments}
        names = {self._names.field(made.model.name, type_.name, each.name) for each in type_.fields}
        return (
            bool(edge.arguments)
            and edge.arguments.keys() <= known
            and set(edge.arguments.values()) <= given
            and all(each.attribute in edge.arguments for each in operation.arguments if each.required)
            and is_object(made.model, row_of(operation.result.type))
            and not operation.is_mutation
            and edge.field not in names
            and not made.types.is_hidden(operation.name)
            and not made.types.leads_to_hidden(operation.result.type)
            and not made.types.is_hidden(type_.name, edge.field)
        )

    def _add_edge(self, edge: Edge, operation: Operation, made: Made) -> None:
        sibling = made.roots.sibling(operation) if len(edge.arguments) == 1 else None
        read = (
            made.roots.by_many(sibling)
            if sibling is not None
            else made.upstream.by_ids(operation, made.records, keys=tuple(edge.arguments))
        )
        name = self._names.field(made.model.name, edge.type, edge.field)
        resolved = made.types.of(operation.result.type, required=True)
        field = linked(
            name,
            read,
            tuple(edge.arguments.values()),
            resolved if isinstance(resolved, StrawberryOptional) else StrawberryOptional(resolved),
            description=operation.description,
            directives=sized(most_items(made.model, operation.result.type)),
        )
        definition_of(made.types.object(edge.type)).fields.append(field)


def _fields(made: Made, name: str) -> dict[str, Field]:
    type_ = made.model.types[name]
    return {each.name: each for each in type_.fields} if isinstance(type_, ObjectType) else {}


def _most(link: Link, operation: Operation) -> int | None:
    if link.most is not None:
        return link.most
    return operation.batching.max_size if operation.batching is not None else None


def _match_of(link: Link, operation: Operation, target: Made) -> tuple[str, tuple[str, ...]]:
    """The row's attribute that holds the key, and the member names to the rows.

    Raises:
        ConfigurationError: the rows have no such field, or are nowhere to be found.
    """
    batching = operation.batching
    argument = next(each for each in operation.arguments if each.name == link.keys[0][0])
    if not link.match and not isinstance(argument.type, ListOf):
        return "", link.at
    if batching is not None and batching.argument == argument.attribute and not link.at:
        items = batching.items
        if not link.match:
            return batching.match, items
    else:
        items = link.at or _rows_at(operation, target)
        if not link.match:
            raise ConfigurationError(f"{argument.name} takes a list of keys: say 'match' as well")
    row = row_of(ref_at(target.model, operation.result.type, items))
    fields = _fields(target, row.name) if is_object(target.model, row) and isinstance(row, Named) else {}
    if link.match not in fields:
        known = ", ".join(fields) or "none"
        raise ConfigurationError(f"the rows have no field '{link.match}'; there are: {known}")
    return fields[link.match].attribute, items


def _rows_at(operation: Operation, target: Made) -> tuple[str, ...]:
    """Where the rows stand: what pages say, or the only list of objects in the answer.

    Raises:
        ConfigurationError: there is no such list, or there are several.
    """
    if operation.paging is not None:
        return operation.paging.items
    result = operation.result.type
    if isinstance(result, ListOf):
        return ()
    fields = _fields(target, result.name) if isinstance(result, Named) and _is_struct(target, result) else {}
    lists = [
        each.wire
        for each in fields.values()
        if isinstance(each.type, ListOf) and is_object(target.model, each.type.item)
    ]
    if len(lists) != 1:
        raise ConfigurationError("nobody can tell where the rows stand in the answer: say 'at'")
    return (lists[0],)


def _is_struct(target: Made, ref: Named) -> bool:
    return isinstance(target.model.types.get(ref.name), ObjectType)


def _row(operation: Operation, target: Made, items: tuple[str, ...], *, matched: bool) -> TypeRef:
    """What the edge leads to. Raises ConfigurationError where that is nothing that an edge can lead to."""
    found = ref_at(target.model, operation.result.type, items)
    row = row_of(found) if matched else found
    if row is None or not is_object(target.model, row_of(row)):
        raise ConfigurationError(f"no objects stand at {'.'.join(items) or 'the top of the answer'}")
    return row
