"""What an operation touches: all conditions that may be asked while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import FieldNode, FragmentSpreadNode, get_named_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode

    from patchbay.access.authorization.requirements import Condition
    from patchbay.access.authorization.rules import AccessRules


def conditions_in(
    rules: AccessRules,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> tuple[Condition, ...]:
    """The conditions of all fields that an operation selects, fragments included; each once.

    @skip and @include are not looked at, and each type that a value may turn out to be counts, so that this
    is found once for all requests. Each selection is visited once.

    Args:
        rules: of the schema.
        operation: need not be valid; what is unknown is passed over.
        fragments: of its document.
    """
    root = rules.schema.get_root_type(operation.operation) if rules.guards_anything else None
    found: dict[Condition, None] = {}
    spread: set[str] = set()
    waiting: list[tuple[Any, SelectionSetNode]] = [(root, operation.selection_set)]
    while waiting:
        parent, selections = waiting.pop()
        if parent is None:
            continue
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                name = selection.name.value
                found.update(dict.fromkeys(rules.mentioned.get((parent.name, name), ())))
                definition = getattr(parent, "fields", {}).get(name)
                if definition is not None and selection.selection_set is not None:
                    waiting.append((get_named_type(definition.type), selection.selection_set))
                continue
            node: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                node = None if name in spread else fragments.get(name)
                spread.add(name)
            if node is not None:
                condition = node.type_condition
                type_ = parent if condition is None else rules.schema.get_type(condition.name.value)
                waiting.append((type_, node.selection_set))
    return tuple(found)
