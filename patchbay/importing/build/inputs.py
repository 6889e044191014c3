"""What clients give, as the call takes it: names of the wire, and values as they are written there.

Converters are made once for each type and operation; a value that needs none is handed on as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strawberry.types.arguments import StrawberryArgument

from patchbay.importing.build.names import allowed
from patchbay.importing.build.scalars import on_the_wire
from patchbay.importing.build.types import with_default
from patchbay.importing.model import InputType, ListOf, MapOf, Scalar
from patchbay.importing.naming import camel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patchbay.importing.build.names import Names
    from patchbay.importing.build.types import Types
    from patchbay.importing.model import Argument, Field, Model, TypeRef

    Converter = Callable[[Any], Any]

_PARSED: Final = frozenset(
    (
        Scalar.DATE_TIME,
        Scalar.DATE,
        Scalar.TIME,
        Scalar.UUID,
        Scalar.DECIMAL,
        Scalar.BASE64,
        Scalar.DURATION,
        Scalar.UPLOAD,
    )
)


class Converters:
    """What makes clients' values those of the wire, for the types of one model.

    Args:
        model: the model.
        names: of the graph: inputs' fields may be renamed.
    """

    def __init__(self, model: Model, names: Names) -> None:
        self._model = model
        self._names = names
        self._inputs: dict[str, Converter] = {}

    def of(self, ref: TypeRef) -> Converter | None:
        """The converter of a type, for values that are not None; None where they stand as they are."""
        if isinstance(ref, ListOf):
            inner = self.of(ref.item)
            return None if inner is None else _each(inner)
        if isinstance(ref, MapOf):
            return _mapping(self.of(ref.value)) if ref.entry in self._model.types else None
        type_ = self._model.types.get(ref.name)
        if isinstance(type_, InputType):
            return self._input(type_) if type_.fields else None
        # An enum's values are the wire's since the client's were read.
        return on_the_wire if ref.name in _PARSED and type_ is None else None

    def _input(self, type_: InputType) -> Converter:
        found = self._inputs.get(type_.name)
        if found is None:
            known: dict[str, tuple[Field, Converter | None]] = {}
            found = self._inputs[type_.name] = _one_of(known) if type_.one_of else _object(known)
            for field in type_.fields:
                name = self._names.field(self._model.name, type_.name, field.name)
                known[name] = (field, self.of(field.type))
        return found

    def arguments(self, arguments: Sequence[Argument]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """What makes a field's arguments those of a call, by attribute. What is not given is not there."""
        known = [(allowed(each.name, camel), each.attribute, self.of(each.type)) for each in arguments]

        def convert(given: Mapping[str, Any]) -> dict[str, Any]:
            return {
                attribute: given[name] if converter is None or given[name] is None else converter(given[name])
                for name, attribute, converter in known
                if name in given
            }

        return convert


def argument_of(argument: Argument, types: Types) -> StrawberryArgument:
    """An argument of a field."""
    name = allowed(argument.name, camel)
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=Resolved(types.given(argument.type, required=argument.required)),  # type: ignore[arg-type] # all of it that is asked for
        description=with_default(argument.description, argument.default),
        deprecation_reason=None if argument.required else argument.deprecated,
    )


class Resolved:
    """In place of a StrawberryAnnotation: a type that is known already."""

    __slots__ = ("annotation", "namespace")

    def __init__(self, resolved: Any) -> None:
        self.annotation = resolved
        self.namespace = None

    def resolve(self) -> Any:
        """The type."""
        return self.annotation


def _each(inner: Converter) -> Converter:
    def convert(values: Any) -> Any:
        return [None if each is None else inner(each) for each in values]

    return convert


def _mapping(inner: Converter | None) -> Converter:
    def convert(entries: Any) -> Any:
        return {
            each["key"]: value if (value := each.get("value")) is None or inner is None else inner(value)
            for each in entries
        }

    return convert


def _object(known: Mapping[str, tuple[Field, Converter | None]]) -> Converter:
    def convert(value: Any) -> Any:
        wire = {}
        for name, (field, inner) in known.items():
            if name in value:
                given = value[name]
                wire[field.wire] = given if given is None or inner is None else inner(given)
        return wire

    return convert


def _one_of(known: Mapping[str, tuple[Field, Converter | None]]) -> Converter:
    """The only value that is given, with the discriminator that tells which it is."""

    def convert(value: Any) -> Any:
        ((name, given),) = value.items()
        field, inner = known[name]
        wire = given if inner is None else inner(given)
        if field.tag is not None and isinstance(wire, dict):
            member, tag = field.tag
            wire = {**wire, member: tag}
        return wire

    return convert
