"""Strawberry's fields as sources: which of them can be read as a column instead of called one by one."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from strawberry import relay
from strawberry.relay.utils import to_base64
from strawberry.types.field import StrawberryField

from patchbay.execution.declared import AskedField, ShapedField
from patchbay.execution.plan import Attribute, Edge, Function, NotAColumn
from patchbay.links import LinkField, key_getter
from patchbay.records import AttributeField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLField, GraphQLSchema

    from patchbay.execution.plan import Source

FIELD = "strawberry-definition"
"""Under this name GraphQL's field carries Strawberry's."""


_PLAIN_IDS = frozenset((str, int))

_GLOBAL_ID: Any = relay.Node.__dict__["_id"]


def strawberry_source(definition: GraphQLField, schema: GraphQLSchema, type_name: str) -> Source | None:
    """How a Strawberry field can be read without the layers around its resolver; None where it cannot.

    Permissions and other field extensions, exception handlers, arguments, `info`, a default resolver of the
    schema's own and subclasses with a `get_result` of their own all need these layers.
    """
    if definition.subscribe is not None:
        # Its resolver makes the stream of events, and is not asked again for each of them.
        return None
    field = definition.extensions.get(FIELD)
    strawberry_schema: Any = getattr(schema, "_strawberry_schema", None)
    if strawberry_schema is None or strawberry_schema.schema_converter.exception_handlers:
        return None
    if not isinstance(field, StrawberryField) or field.extensions:
        return None
    return _declared(field) or _resolved(field, strawberry_schema, type_name)


def _declared(field: StrawberryField) -> Source | None:
    """A field of the house's own kinds."""
    if isinstance(field, LinkField) and not field.paged:
        get = getattr(field, "key_of", None) or key_getter(field.key)
        column = getattr(field, "keys_of", None) or (lambda sources: list(map(get, sources)))
        return Edge(field.by_ids, field.key, get, column)
    if isinstance(field, AskedField):
        return Edge(field.read, (), _no_key, _no_keys, ask=field.ask, rows=field.rows)
    if isinstance(field, ShapedField):
        return _shaped(field)
    if isinstance(field, AttributeField):
        return _attribute(field.attribute)
    return None


def _resolved(field: StrawberryField, strawberry_schema: Any, type_name: str) -> Source | None:
    """A field as Strawberry makes them."""
    if type(field).get_result is not StrawberryField.get_result:
        return None
    if field.base_resolver is None:
        return _attribute(field.python_name) if field.default_resolver is getattr else None
    return _global_id(field, strawberry_schema, type_name) or _function(field)


def _attribute(name: str) -> Attribute:
    get = attrgetter(name)
    return Attribute(name, get, lambda sources: list(map(get, sources)))


def _shaped(field: ShapedField) -> Attribute:
    get, shape = attrgetter(field.python_name), field.shape

    def one(source: Any) -> Any:
        value = get(source)
        return value if value is None or isinstance(value, Exception) else shape(value)

    return Attribute(field.python_name, one, lambda sources: list(map(one, sources)))


def _no_key(source: Any) -> Any:
    """Of a read whose key is made of arguments."""
    del source


def _no_keys(sources: Sequence[Any]) -> list[Any]:
    """As `_no_key`."""
    return [None] * len(sources)


def _function(field: StrawberryField) -> Function | None:
    resolver = field.base_resolver
    if resolver is None or field.arguments or resolver.info_parameter:
        return None
    call = resolver.wrapped_func
    if not callable(call):
        return None
    named = resolver.parent_parameter or resolver.root_parameter
    if resolver.self_parameter:
        return None if named else Function(call)
    if named:
        name = named.name
        return Function(lambda source: call(**{name: source}))
    return Function(lambda _: call())


def _global_id(field: StrawberryField, schema: Any, type_name: str) -> Attribute | None:
    """Relay's `id`, where the type leaves it to Strawberry to make it."""
    resolver = field.base_resolver
    if resolver is None or getattr(resolver.wrapped_func, "__func__", None) is not _GLOBAL_ID.__func__:
        return None
    definition = schema.get_type_by_name(type_name)
    origin = getattr(definition, "origin", None)
    if not (isinstance(origin, type) and issubclass(origin, relay.Node)):
        return None
    for name in ("resolve_id", "resolve_typename"):
        if getattr(origin, name).__func__ is not getattr(relay.Node, name).__func__:
            return None
    attribute = origin.resolve_id_attr()
    get = attrgetter(attribute)

    def one(source: Any) -> str:
        return column([source])[0]

    def column(sources: Sequence[Any]) -> list[str]:
        keys = list(map(get, sources))
        # A source that is a Node has a say of its own, and so has an id that is no plain value.
        if not _PLAIN_IDS.issuperset(map(type, keys)) or any(
            isinstance(each, relay.Node) for each in sources
        ):
            raise NotAColumn
        return [to_base64(type_name, str(key)) for key in keys]

    return Attribute(attribute, one, column)
