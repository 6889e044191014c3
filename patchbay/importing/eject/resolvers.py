"""The resolvers of an ejected upstream: its inputs, and a function for each of its operations."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Final

from strawberry.utils.str_converters import to_camel_case

from patchbay.importing.build.asking import label_of
from patchbay.importing.build.cycles import endless
from patchbay.importing.eject.annotations import WRITTEN, is_plain_enum
from patchbay.importing.eject.imports import Imports
from patchbay.importing.eject.names import type_name
from patchbay.importing.eject.operations import Kind, is_number
from patchbay.importing.eject.python import (
    Group,
    Item,
    Text,
    attribute_lines,
    call,
    docstring,
    laid_out,
    sentence,
)
from patchbay.importing.model import EnumType, InputType, MapOf, Named, Place, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.eject.annotations import Annotations
    from patchbay.importing.eject.names import Names
    from patchbay.importing.eject.operations import Operations
    from patchbay.importing.eject.python import Expression
    from patchbay.importing.model import Argument, Field, Model, Operation

_FLAG: Final = Named(Scalar.BOOLEAN)
_MOST_ARGUMENTS: Final = 7
_BUILTIN: Final = frozenset(dir(builtins))
_SHADOWED: Final = frozenset(("id", "input", "type"))
"""GraphQL's own argument names."""
_MANY: Final = "  # noqa: PLR0913 - as many as the operation has"


class Resolvers:
    """Writes them.

    Args:
        model: whose operations.
        names: of it.
        annotations: of it.
        operations: how each is said in the adapter.
    """

    def __init__(self, model: Model, names: Names, annotations: Annotations, operations: Operations) -> None:
        self._model = model
        self._names = names
        self._annotations = annotations
        self._operations = operations
        self._batches = {
            each.batching.single: each
            for each in model.operations
            if each.batching is not None and each.batching.single
        }
        self._endless = endless(model)
        self.imports = Imports()

    def text(self) -> list[list[str]]:
        """The file's blocks of lines, behind its imports."""
        blocks = [*self._enums(), *self._inputs(), *(self._function(each) for each in self._model.operations)]
        return [*blocks]

    def _enums(self) -> Iterator[list[str]]:
        lines: list[str] = []
        for type_ in self._model.types.values():
            if isinstance(type_, EnumType) and is_plain_enum(type_):
                self.imports.module("strawberry")
                cls = f"{self._model.name}.{self._names.type(type_.name)}"
                named = Text(type_.name) if self._names.type(type_.name) != type_.name else None
                told = Text(type_.description) if type_.description else None
                lines += laid_out("", call("strawberry.enum", cls, name=named, description=told))
        if lines:
            yield lines

    # -------------------------------------------------------------------------------------------- inputs

    def _inputs(self) -> Iterator[list[str]]:
        for type_ in self._model.types.values():
            if isinstance(type_, InputType) and type_.fields:
                yield self._input(type_)

    def _input(self, type_: InputType) -> list[str]:
        self.imports.module("strawberry")
        cls = self._names.type(type_.name)
        said = call(
            "strawberry.input",
            name=type_name(cls, type_.name),
            description=Text(type_.description) if type_.description else None,
            one_of="True" if type_.one_of else None,
        )
        lines = laid_out("@", said if said.items else "strawberry.input")
        lines += [
            f"class {cls}:",
            *docstring(sentence(type_.description, f"What is sent as {type_.name}"), 1),
            "",
        ]
        for field in type_.fields:
            lines += self._input_field(type_, field)
        return lines

    def _input_field(self, type_: InputType, field: Field) -> list[str]:
        attribute = self._names.field(type_.name, field.attribute)
        required = field.required and not type_.one_of and (type_.name, field.name) not in self._endless
        annotation = self._annotations.input(field.type, self.imports, required=required)
        kind = "one" if type_.one_of else "map" if isinstance(field.type, MapOf) else ""
        tag = None
        if field.tag is not None:
            tag = Group("(", (Item(Text(field.tag[0])), Item(Text(field.tag[1]))))
        said = call(
            self.imports.add(WRITTEN, "wire"),
            Text(field.wire),
            kind=Text(kind) if kind else None,
            tag=tag,
            default=None if required else "strawberry.UNSET",
            graphql=Text(field.name) if to_camel_case(attribute) != field.name else None,
            description=Text(field.description) if field.description else None,
            deprecated=Text(field.deprecated) if field.deprecated is not None else None,
        )
        return attribute_lines(attribute, annotation, said)

    # ----------------------------------------------------------------------------------------- functions

    def _function(self, operation: Operation) -> list[str]:
        name = self._names.operation(operation.name)
        arguments = self._shown(operation)
        items = [self._parameter(each) for each in arguments]
        are_optional = [not each.required for each in arguments]
        if self._operations.kind(operation) is Kind.PAGES:
            self.imports.module("strawberry")
            for parameter in ("First", "After"):
                annotation = self.imports.add(WRITTEN, parameter)
                items.append(Item(annotation, f"{parameter.lower()}: ", " = strawberry.UNSET"))
                are_optional.append(True)
        # By keyword, where a plain signature could not have their order.
        has_flags = any(each.type == _FLAG for each in arguments)
        if are_optional != sorted(are_optional) or len(items) > _MOST_ARGUMENTS or has_flags:
            items.insert(0, Item("*"))
        self.imports.add("typing", "Any")
        comment = _MANY if len(are_optional) > _MOST_ARGUMENTS else ""
        signature = Group(f"async def {name}(", tuple(items), ") -> Any:", comment)
        lines = laid_out("", signature)
        said = label_of(operation)
        lines += docstring(sentence(operation.description, said), 1)
        return [*lines, *laid_out("return await ", self._asked(operation, name), indent=1)]

    def _shown(self, operation: Operation) -> list[Argument]:
        """The arguments that clients give themselves."""
        paging = operation.paging
        if self._operations.kind(operation) is not Kind.PAGES or paging is None:
            return list(operation.arguments)
        return [each for each in operation.arguments if each.attribute not in (paging.position, paging.size)]

    def _parameter(self, argument: Argument) -> Item:
        annotation = self._annotations.input(argument.type, self.imports, required=argument.required)
        name = _parameter_name(argument)
        is_renamed = to_camel_case(name) != argument.name
        value: Expression = annotation
        if argument.description or is_renamed or argument.deprecated is not None:
            self.imports.add("typing", "Annotated")
            self.imports.module("strawberry")
            told = call(
                "strawberry.argument",
                name=Text(argument.name) if is_renamed else None,
                description=Text(argument.description) if argument.description else None,
                deprecation_reason=Text(argument.deprecated) if argument.deprecated is not None else None,
            )
            value = Group("Annotated[", (Item(annotation), Item(told)), "]")
        default = ""
        if "strawberry." in annotation:
            self.imports.module("strawberry")
        if not argument.required:
            default = " = strawberry.UNSET"
            self.imports.module("strawberry")
        return Item(value, f"{name}: ", default)

    def _asked(self, operation: Operation, name: str) -> Expression:
        """The line that asks the adapter."""
        read = f"{self.imports.add('adapters', self._model.name)}.{name}"
        kind = self._operations.kind(operation)
        if kind is Kind.EACH:
            many = self._many(operation)
            self.imports.add("patchbay.loading", "load")
            return call("load", many or read, self._key(operation))
        given = {each.attribute: _parameter_name(each) for each in self._shown(operation)}
        if kind is Kind.PAGES:
            return call(read, "first", "after", **given)
        return call(read, **given)

    def _many(self, operation: Operation) -> str | None:
        """The sibling's read of many keys, where it answers the same rows."""
        sibling = self._batches.get(operation.name)
        if sibling is None or len(operation.arguments) != 1:
            return None
        found = self._operations.batch(sibling)
        row = self._operations.row(sibling)
        if found is None or row is None or getattr(operation.result.type, "name", None) != row.name:
            return None
        return f"{self._model.name}.{found[0]}"

    def _key(self, operation: Operation) -> str:
        parts = [each for each in operation.arguments if each.place is Place.PATH]
        path = operation.rest.path if operation.rest is not None else ""
        parts.sort(key=lambda each: path.find(f"{{{each.wire}}}"))
        names = [(_parameter_name(each), is_number(each)) for each in parts]
        texts = [f"str({name})" if is_a_number else name for name, is_a_number in names]
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def _parameter_name(argument: Argument) -> str:
    """What an argument is called in Python: nothing that hides one of its own words."""
    name = argument.attribute
    return f"{name}_" if name in _BUILTIN and name not in _SHADOWED else name
