"""A query to start from, for each imported upstream: its first reads, with a few of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from patchbay.server.graphiql import Example

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_READS: Final = 3
MOST_FIELDS: Final = 6
MOST_DEPTH: Final = 4
FIRST: Final = 3
"""Rows of a page."""

_MADE_UP: Final = {"Int": 1, "SafeInt": 1, "Float": 1.0, "Boolean": True, "BigInt": "1", "Decimal": "1"}


def example_of(upstream: str, schema: GraphQLSchema, fields: Sequence[str]) -> Example | None:
    """The example; None where none of the fields can be asked for.

    Args:
        upstream: its name, which names the example.
        schema: the graph.
        fields: of Query that read from it, in the order of the description.
    """
    query = schema.query_type
    known = [(name, query.fields[name]) for name in fields if query is not None and name in query.fields]
    # Those that anyone can ask come first; of the others one is enough to show how.
    free = [each for each in known if not _required(each[1])]
    chosen = free[:MOST_READS] or known[:1]
    if not chosen:
        return None
    variables: dict[str, Any] = {}
    declared: list[str] = []
    lines: list[str] = []
    for name, field in chosen:
        lines += _read(name, field, variables, declared)
    takes = f" ({', '.join(declared)})" if declared else ""
    word = upstream[:1].upper() + upstream[1:]
    text = "\n".join([f"# {upstream}", f"query {word}{takes.replace(' ', '', 1)} {{", *lines, "}"]) + "\n"
    return Example(name=upstream, query=text, variables=variables or None)


def _required(field: GraphQLField) -> list[str]:
    return [name for name, argument in field.args.items() if is_required_argument(argument)]


def _read(name: str, field: GraphQLField, variables: dict[str, Any], declared: list[str]) -> Iterator[str]:
    """The lines of one field of Query; adds what its arguments need."""
    given: list[str] = []
    for argument in _required(field):
        variable = argument if argument not in variables else f"{name}_{argument}"
        type_ = field.args[argument].type
        variables[variable] = _made_up(type_)
        declared.append(f"${variable}: {type_}")
        given.append(f"{argument}: ${variable}")
    if "first" in field.args and str(field.args["first"].type) == "Int":
        given.append(f"first: {FIRST}")
    arguments = f"({', '.join(given)})" if given else ""
    yield from _lines(f"{name}{arguments}", field, 1)


def _lines(head: str, field: GraphQLField, depth: int) -> Iterator[str]:
    """A field with what is selected below it; nothing where nothing can be."""
    indent = "  " * depth
    inner = get_named_type(field.type)
    if is_leaf_type(inner):
        yield f"{indent}{head}"
        return
    below = list(_below(inner, depth + 1))
    if below:
        yield f"{indent}{head} {{"
        yield from below
        yield f"{indent}}}"


def _below(type_: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(type_, GraphQLUnionType):
        yield f"{indent}__typename"
        for member in type_.types[:1]:
            below = list(_below(member, depth + 1)) if depth < MOST_DEPTH + 2 else []
            if below:
                yield from (f"{indent}... on {member.name} {{", *below, f"{indent}}}")
        return
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return
    usable = [(name, field) for name, field in type_.fields.items() if not _required(field)]
    if "nodes" in type_.fields and type_.name.endswith("Connection"):
        usable = [(name, field) for name, field in usable if name in ("nodes", "totalCount")]
    leaves = [each for each in usable if is_leaf_type(get_named_type(each[1].type))]
    wrapped = [each for each in usable if each not in leaves]
    for name, field in leaves[:MOST_FIELDS]:
        yield from _lines(name, field, depth)
    # Deeper only where the object alone says little, as the wrapper around a list and the edges of a page do.
    if depth <= MOST_DEPTH + 1 and (not leaves or type_.name.endswith("Connection")):
        for name, field in wrapped[:1]:
            yield from _lines(name, field, depth)
    elif not leaves:
        yield f"{indent}__typename"


def _made_up(type_: Any) -> Any:
    """A value that the type takes, to be replaced."""
    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        return [_made_up(type_.of_type)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: _made_up(each.type) for name, each in type_.fields.items() if is_required_argument(each)
        }
    return _MADE_UP.get(type_.name, "1")
