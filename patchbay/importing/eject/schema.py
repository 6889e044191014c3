"""The Strawberry types of an ejected upstream, and its fields of Query and Mutation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strawberry.utils.str_converters import to_camel_case

from patchbay.importing.build.sizes import most_items
from patchbay.importing.eject.annotations import WRITTEN
from patchbay.importing.eject.imports import Imports
from patchbay.importing.eject.names import type_name
from patchbay.importing.eject.operations import Kind
from patchbay.importing.eject.python import Group, Item, Text, attribute_lines, call, docstring, laid_out
from patchbay.importing.model import ObjectType, UnionType
from patchbay.importing.naming import pascal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.eject.annotations import Annotations
    from patchbay.importing.eject.names import Names
    from patchbay.importing.eject.operations import Operations
    from patchbay.importing.model import Field, Model, Operation, TypeRef


class Schema:
    """Writes it.

    Args:
        model: whose types.
        names: of it.
        annotations: of it.
        operations: how each is said in the adapter.
        links: type -> lines of its edges.
    """

    def __init__(
        self,
        model: Model,
        names: Names,
        annotations: Annotations,
        operations: Operations,
        links: Mapping[str, Sequence[str]],
    ) -> None:
        self._model = model
        self._names = names
        self._annotations = annotations
        self._operations = operations
        self._links = links
        self.imports = Imports()
        self.imports.module("strawberry")

    def text(self) -> list[list[str]]:
        """The file's blocks of lines, behind its imports."""
        types = self._model.types.values()
        blocks = [self._type(each) for each in types if isinstance(each, ObjectType) and each.fields]
        blocks += [self._union(each) for each in types if isinstance(each, UnionType)]
        return [*blocks, *(self._root(name) for name in self.roots())]

    def roots(self) -> list[str]:
        """Which of Query and Mutation it has fields of."""
        kinds = {each.is_mutation for each in self._model.operations}
        return [name for name in ("Query", "Mutation") if (name == "Mutation") in kinds]

    def root_class(self, root: str) -> str:
        """The class with the fields of Query or Mutation."""
        return f"{pascal(self._model.name)}{root}"

    def _type(self, type_: ObjectType) -> list[str]:
        cls = self._names.type(type_.name)
        self.imports.add("adapters", self._model.name)
        self.imports.add("patchbay.records", "is_record")
        said = call(
            "strawberry.type",
            name=type_name(cls, type_.name),
            description=Text(type_.description) if type_.description else None,
        )
        lines = laid_out("@", said if said.items else "strawberry.type")
        lines += [f"class {cls}:", f'    """Read from {self._model.name}.{cls}."""', ""]
        lines += [f"    is_type_of = is_record({self._model.name}.{cls})", ""]
        for field in type_.fields:
            lines += self._field(type_, field)
        return [*lines, *(f"    {each}" for each in self._links.get(type_.name, ()))]

    def _field(self, type_: ObjectType, field: Field) -> list[str]:
        attribute = self._names.field(type_.name, field.attribute)
        annotation = self._annotations.output(field.type, self.imports, required=field.required)
        is_renamed = to_camel_case(attribute) != field.name
        said = call(
            "strawberry.field",
            name=Text(field.name) if is_renamed else None,
            description=Text(field.description) if field.description else None,
            deprecation_reason=Text(field.deprecated) if field.deprecated is not None else None,
            directives=self._size(field.type),
        )
        return attribute_lines(attribute, annotation, said if said.items else None)

    def _size(self, ref: TypeRef) -> str | None:
        """The length that a list is held to; None where nothing bounds it."""
        most = most_items(self._model, ref)
        if most is None:
            return None
        return f"[{self.imports.add('patchbay.costs', 'ListSize')}(assumed_size={most})]"

    def _union(self, type_: UnionType) -> list[str]:
        self.imports.add("typing", "Annotated")
        self.imports.add("typing", "TypeAlias")
        known = [self._model.types.get(each.type) for each in type_.members]
        named = [each for each in known if isinstance(each, ObjectType) and each.fields]
        members = " | ".join(dict.fromkeys(self._names.type(each.name) for each in named))
        told = call(
            "strawberry.union",
            Text(type_.name),
            description=Text(type_.description) if type_.description else None,
        )
        value = Group("Annotated[", (Item(members), Item(told)), "]")
        return laid_out(f"{self._names.type(type_.name)}: TypeAlias = ", value)

    def _root(self, root: str) -> list[str]:
        cls = self.root_class(root)
        lines = ["@strawberry.type", f"class {cls}:", *docstring(f"Fields of {root}.", 1), ""]
        for operation in self._model.operations:
            if operation.is_mutation is (root == "Mutation"):
                lines += self._root_field(operation)
        return lines

    def _root_field(self, operation: Operation) -> list[str]:
        name = self._names.operation(operation.name)
        self.imports.add("resolvers", self._model.name, "resolve")
        directives: str | None = None
        if self._operations.kind(operation) is Kind.PAGES and operation.paging is not None:
            paging = operation.paging
            counted = any(
                each.paging is not None and each.paging.node == paging.node and each.paging.total
                for each in self._model.operations
            )
            kind = self.imports.add(WRITTEN, "CountedConnection" if counted else "Connection")
            node = self._annotations.output(paging.node, self.imports, required=True)
            annotation = f"{kind}[{node}] | None"
            directives = f"[{self.imports.add(WRITTEN, 'PAGE_SIZE')}]"
        else:
            annotation = self._annotations.output(operation.result.type, self.imports, required=False)
            directives = self._size(operation.result.type)
        said = call(
            "strawberry.field",
            resolver=f"resolve.{name}",
            name=Text(operation.name) if to_camel_case(name) != operation.name else None,
            description=Text(operation.description) if operation.description else None,
            deprecation_reason=Text(operation.deprecated) if operation.deprecated is not None else None,
            directives=directives,
        )
        return attribute_lines(name, annotation, said)
