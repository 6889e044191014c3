"""Plans: what an operation asks, compiled once and run many times.

    OperationPlan -> Selection -> FieldPlan -> Output -> Selection -> ...

A plan holds nothing of a request. What depends on one (variables, context, root value) is the run's.
"""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLLeafType, GraphQLObjectType
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.type import GraphQLAbstractType

    from patchbay.batch import ByIds
    from patchbay.leaf_forms import Form

_NULL = frozenset((NoneType,))


class LeafOutput:
    """A scalar or an enum.

    Args:
        nullable: whether null may stand here.
        type_: the GraphQL type.
        form: how its values are written.

    Attributes:
        wire: types of values that are their own serialisation; NoneType is among them where null may stand.
        check: over all values, when their types are right: whether they are in range. None where all are.
        converted: types of values that `convert` serialises; NoneType likewise.
        convert: a value -> its serialisation; None where there is no such way.
        coerce: a value -> its serialisation, or whatever error it deserves.
    """

    __slots__ = ("check", "coerce", "convert", "converted", "nullable", "type", "wire")

    def __init__(self, type_: GraphQLLeafType, *, nullable: bool, form: Form) -> None:
        self.type = type_
        self.nullable = nullable
        self.wire = form.wire | _NULL if nullable else form.wire
        self.check = form.check
        self.converted = form.converted | _NULL if nullable else form.converted
        self.convert = form.convert
        self.coerce: Callable[[Any], Any] = form.coerce or type_.coerce_output_value


class ListOutput:
    """A list of another output."""

    __slots__ = ("item", "nullable")

    def __init__(self, item: Output, *, nullable: bool) -> None:
        self.item = item
        self.nullable = nullable


class ObjectOutput:
    """An object of one type."""

    __slots__ = ("nullable", "type")

    def __init__(self, type_: GraphQLObjectType, *, nullable: bool) -> None:
        self.type = type_
        self.nullable = nullable


class AbstractOutput:
    """An object of one of several types."""

    __slots__ = ("nullable", "type")

    def __init__(self, type_: GraphQLAbstractType, *, nullable: bool) -> None:
        self.type = type_
        self.nullable = nullable


Output: TypeAlias = LeafOutput | ListOutput | ObjectOutput | AbstractOutput


def innermost(output: Output) -> LeafOutput | ObjectOutput | AbstractOutput:
    """What stands in the lists, if it is one."""
    while isinstance(output, ListOutput):
        output = output.item
    return output


class TypeName:
    """`__typename`."""

    __slots__ = ()


class NotAColumn(Exception):
    """Some source is not what a column is read from; each has to be resolved by itself."""


class Attribute:
    """An attribute of each source; nothing is called.

    Args:
        name: the attribute.
        one: source -> value.
        column: sources -> values, in one pass. Both raise what reading raises; `column` may raise NotAColumn.
    """

    __slots__ = ("column", "name", "one")

    def __init__(
        self, name: str, one: Callable[[Any], Any], column: Callable[[Sequence[Any]], list[Any]]
    ) -> None:
        self.name = name
        self.one = one
        self.column = column


class Member:
    """What graphql-core's default resolver reads: a mapping's member or an attribute, called if it can be."""

    __slots__ = ()


class Edge:
    """A read by a key of the source: asked once for each different key of a level.

    Args:
        read: see patchbay.batch; as narrow as the operation allows, see patchbay.execution.reads.
        names: the attributes that make the key.
        one: source -> key; None where the edge has none.
        column: sources -> keys, in one pass.
        ask: the field's arguments -> key, which is the same for all sources; None where they make it.
        rows: the fields of the answer, each in the one before it, in which the read's records stand, as
            ("edges", "node"); one such path for each way that leads there, () for the answer itself.

    `whole` is the read as the link declares it.
    """

    __slots__ = ("ask", "column", "names", "one", "read", "rows", "whole")

    def __init__(
        self,
        read: ByIds[Any],
        names: tuple[str, ...],
        one: Callable[[Any], Any],
        column: Callable[[Sequence[Any]], list[Any]],
        *,
        ask: Callable[[Mapping[str, Any]], Any] | None = None,
        rows: tuple[tuple[str, ...], ...] = ((),),
    ) -> None:
        self.read = self.whole = read
        self.names = names
        self.one = one
        self.column = column
        self.ask = ask
        self.rows = rows

    @property
    def is_narrowed(self) -> bool:
        """Whether its records carry less than is declared, and so are of no type that others know."""
        return self.read is not self.whole


class Function:
    """A resolver that takes nothing, or nothing but its source.

    Args:
        call: source -> value.
    """

    __slots__ = ("call",)

    def __init__(self, call: Callable[[Any], Any]) -> None:
        self.call = call


class Denied:
    """A field that the client may not see: an error for each source, and nothing is called or read."""

    __slots__ = ()


class Resolver:
    """Any resolver: called with source, info and arguments."""

    __slots__ = ()


Source: TypeAlias = TypeName | Attribute | Member | Edge | Function | Denied | Resolver


class FieldPlan:
    """One response key of a selection.

    Args:
        key: the response key.
        definition: the schema's field.
        details: the field's nodes in the document, merged by response key.
        parent_type: the object type that it is selected on.
        source: where its values come from.
        output: what they are completed to.

    `shareable` is set when what stands under it is compiled: whether nothing there can tell occurrences of
    the same source apart, so that one value serves all of them. `reads_below` is set at the end: the
    reads that may be asked for under it, each with the depth of the block that asks.
    """

    __slots__ = (
        "definition",
        "details",
        "key",
        "nodes",
        "output",
        "parent_type",
        "reads_below",
        "selections",
        "shareable",
        "source",
    )

    def __init__(
        self,
        key: str,
        definition: GraphQLField,
        details: FieldDetailsList,
        parent_type: GraphQLObjectType,
        source: Source,
        output: Output,
    ) -> None:
        self.key = key
        self.definition = definition
        self.details = details
        self.nodes: list[FieldNode] = [detail.node for detail in details]
        self.parent_type = parent_type
        self.source = source
        self.output = output
        self.shareable = False
        self.reads_below: frozenset[tuple[int, ByIds[Any]]] = frozenset()
        self.selections: dict[GraphQLObjectType, Selection | GraphQLError] = {}
        """Object type -> what is selected on it, or why that cannot be said."""

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.nodes[0].name.value


class Selection:
    """What is selected on an object type.

    Args:
        type_: the object type.
        fields: in the order of the response.
        build: columns of completed values, in the fields' order, and the number of rows -> response rows.
        shareable: whether nothing in or under it can tell occurrences of the same source apart.
    """

    __slots__ = ("build", "fields", "shareable", "type")

    def __init__(
        self,
        type_: GraphQLObjectType,
        fields: tuple[FieldPlan, ...],
        build: Callable[[Sequence[Sequence[Any]], int], list[dict[str, Any]]],
        *,
        shareable: bool,
    ) -> None:
        self.type = type_
        self.fields = fields
        self.build = build
        self.shareable = shareable
