"""Documents for GraphQL upstreams: from a field's signature and a record to the text that is sent.

    productsByIds(ids: [ID!]!)  and  Product(id, name, price)  make

    query productsByIds($ids: [ID!]!) { productsByIds(ids: $ids) { id name price { cents } } }

A document is made when a read is declared or narrowed, of declarations alone; what a call is about travels in
variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    TypeNode,
    parse,
    print_ast,
)

from patchbay.errors import ConfigurationError
from patchbay.upstreams.pushdown import ASKED_AS, inside_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.upstreams.pushdown import Inside

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")


def asked_as(field: str) -> msgspec.Meta:
    """For a record's member that a GraphQL upstream is asked for in another way than by its name alone.

        price: Annotated[Price, asked_as("price(currency: EUR)")]

    Args:
        field: a field of the upstream's, with its arguments; they are the same in every call.

    Raises:
        ConfigurationError: it is no such field.
    """
    try:
        (operation,) = parse(f"{{ {field} }}", no_location=True).definitions
        assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 - what starts with a brace is one
        (selected,) = operation.selection_set.selections
    except (GraphQLError, ValueError) as error:
        raise ConfigurationError(_no_field(field)) from error
    if not isinstance(selected, FieldNode) or selected.alias or selected.selection_set or "$" in field:
        raise ConfigurationError(_no_field(field))
    return msgspec.Meta(extra={ASKED_AS: print_ast(selected)})


class Signature:
    """A field of the upstream's `Query` or `Mutation` as its schema has it: "productsByIds(ids: [ID!]!)".

    Args:
        source: the upstream's name.
        text: its name, and the arguments that it is given, with their types.

    Raises:
        ConfigurationError: it is none.
    """

    __slots__ = ("_types", "name", "names", "where")

    def __init__(self, source: str, text: str) -> None:
        try:
            (definition,) = parse(f"type Query {{ {text}: Any }}", no_location=True).definitions
            assert isinstance(definition, ObjectTypeDefinitionNode)  # noqa: S101 - what starts so is one
            (field,) = definition.fields or ()
        except (GraphQLError, ValueError) as error:
            message = f"{source}: {text!r} is no field such as 'productsByIds(ids: [ID!]!)'"
            raise ConfigurationError(message) from error
        self.name = field.name.value
        self.where = f"{source}: {self.name}"
        """For messages about its declaration."""
        self._types = {each.name.value: each.type for each in field.arguments or ()}
        self.names = tuple(self._types)
        """The arguments, in the order in which they stand."""

    def require_arguments(self, number: int) -> None:
        """Refuse a field with fewer arguments than that. Raises ConfigurationError."""
        if len(self.names) < number:
            raise ConfigurationError(f"{self.where} has no argument for the key")

    def is_list(self, name: str) -> bool:
        """Whether an argument takes a list."""
        type_ = self._types[name]
        return isinstance(type_.type if isinstance(type_, NonNullTypeNode) else type_, ListTypeNode)

    def scalar(self, name: str) -> str:
        """The name of an argument's type, or of what its list holds."""
        type_: TypeNode = self._types[name]
        while isinstance(type_, (NonNullTypeNode, ListTypeNode)):
            type_ = type_.type
        assert isinstance(type_, NamedTypeNode)  # noqa: S101 - there is no other
        return type_.name.value

    def document(self, kind: str, selection: str) -> str:
        """The whole document.

        Args:
            kind: "query" or "mutation".
            selection: of the field; empty for a scalar.
        """
        variables = ", ".join(f"${name}: {print_ast(type_)}" for name, type_ in self._types.items())
        arguments = ", ".join(f"{name}: ${name}" for name in self._types)
        head = f"{kind} {self.name}({variables})" if variables else f"{kind} {self.name}"
        field = f"{self.name}({arguments})" if arguments else self.name
        return f"{head} {{ {field} {selection} }}" if selection else f"{head} {{ {field} }}"


def selection_of(where: str, type_: Any) -> str:
    """What is selected of a record, or of a list of records; empty for a scalar.

    Raises:
        ConfigurationError: it has a member of which nobody can say what is to be selected.
    """
    return _selection(where, inside_of(type_))


def around(where: str, selection: str, place: Sequence[str]) -> str:
    """The selection of a field inside of which another stands. Raises ConfigurationError for no name."""
    for name in reversed(place):
        _require_name(where, name)
        selection = f"{{ {name} {selection} }}" if selection else f"{{ {name} }}"
    return selection


def on_type(where: str, typename: str, selection: str) -> str:
    """The selection of a union's member. Raises ConfigurationError for no name."""
    _require_name(where, typename)
    return f"{{ ... on {typename} {selection} }}"


def _selection(where: str, inside: Inside) -> str:
    if inside.problem is not None:
        raise ConfigurationError(f"{where} {inside.problem}, so that it is not known what to select of it")
    if inside.members is None:
        return ""
    fields = []
    for name, member in inside.members.items():
        _require_name(where, name)
        # A member that is asked for in another way comes back under its own name.
        field = name if member.asked_as is None else f"{name}: {member.asked_as}"
        fields.append(f"{field} {_selection(f'{where}.{name}', member)}".rstrip())
    # Where nothing of a record is read, it still has to be asked for.
    return f"{{ {' '.join(fields or ['__typename'])} }}"


def _require_name(where: str, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise ConfigurationError(f"{where}: {name!r} is no GraphQL name")


def _no_field(text: str) -> str:
    return f"{text!r} is no field such as 'price(currency: EUR)'"
