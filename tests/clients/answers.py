"""Whether an answer is one: of GraphQL's shape, and of the types that the schema gives what was asked."""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    parse,
)

MEMBERS = {"data", "errors", "extensions"}
ERROR_MEMBERS = {"message", "locations", "path", "extensions"}
LEAVES: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "ID": str,
    "DateTime": str,
    "Boolean": bool,
    "Int": int,
    "SafeInt": int,
    "Float": (int, float),
}


def check_answer(body: Any, schema: GraphQLSchema, document: str | None, said: str) -> None:
    """AssertionError with `said` where this is no answer to the document; None: to one that cannot run."""
    assert isinstance(body, dict), said
    assert body.keys() <= MEMBERS, said
    assert body.get("errors") or "data" in body, said
    for error in body.get("errors", []):
        _check_error(error, said)
    if document is None:
        assert body.get("data") is None, said
    elif body.get("data") is not None:
        _Checked(schema, parse(document), said).operation(body["data"])


def _check_error(error: Any, said: str) -> None:
    assert error.keys() <= ERROR_MEMBERS, said
    assert isinstance(error["message"], str), said
    assert error["message"], said
    assert isinstance(error["extensions"]["code"], str), said
    assert all(isinstance(step, str | int) for step in error.get("path", [])), said
    for location in error.get("locations", []):
        assert location["line"] > 0, said
        assert location["column"] > 0, said


class _Checked:
    """Data beside the selections that it answers."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, said: str) -> None:
        self._schema = schema
        self._said = said
        definitions = document.definitions
        self._fragments = {
            each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)
        }
        (self._operation,) = (each for each in definitions if isinstance(each, OperationDefinitionNode))

    def operation(self, data: Any) -> None:
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        self._object(data, root, [self._operation.selection_set])

    def _object(self, data: Any, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> None:
        fields = self._fields(type_, sets)
        assert isinstance(data, dict), self._said
        # Generated operations have no @skip and no @include, so that everything selected is there.
        assert list(data) == list(fields), self._said
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                assert data[key] == type_.name, self._said
                continue
            inner = [node.selection_set for node in nodes if node.selection_set]
            self._value(data[key], type_.fields[name].type, inner)

    def _value(self, value: Any, type_: Any, sets: list[SelectionSetNode]) -> None:
        if is_non_null_type(type_):
            assert value is not None, self._said
            type_ = type_.of_type
        if value is None:
            return
        if is_list_type(type_):
            assert isinstance(value, list), self._said
            for item in value:
                self._value(item, type_.of_type, sets)
        elif is_composite_type(type_):
            self._composite(value, type_, sets)
        elif is_enum_type(type_):
            assert value in type_.values, self._said
        else:
            assert isinstance(value, LEAVES[type_.name]), self._said
            assert type_.name == "Boolean" or not isinstance(value, bool), self._said

    def _composite(self, value: Any, type_: Any, sets: list[SelectionSetNode]) -> None:
        if isinstance(type_, GraphQLObjectType):
            self._object(value, type_, sets)
            return
        # Which type it is cannot be seen from outside, unless it was asked: then one of them has to fit.
        possible = self._schema.get_possible_types(type_)
        assert any(list(value) == list(self._fields(each, sets)) for each in possible), self._said

    def _fields(self, type_: GraphQLObjectType, sets: list[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields that are asked of this type, by the answer's key, in the order of the document."""
        found: dict[str, list[FieldNode]] = {}
        for selections in sets:
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    found.setdefault((node.alias or node.name).value, []).append(node)
                elif self._applies(node, type_):
                    inner = self._selections(node)
                    for key, nodes in self._fields(type_, [inner]).items():
                        found.setdefault(key, []).extend(nodes)
        return found

    def _selections(self, node: Any) -> SelectionSetNode:
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value].selection_set
        assert isinstance(node, InlineFragmentNode)
        return node.selection_set

    def _applies(self, node: Any, type_: GraphQLObjectType) -> bool:
        fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        if fragment.type_condition is None:
            return True
        condition = get_named_type(self._schema.get_type(fragment.type_condition.name.value))
        if condition is type_:
            return True
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, type_)
