"""Whether all fields with one response key can be merged, in time that no document outruns.

graphql-core's rule compares fields in pairs: a document of 4,000 tokens takes it a second, and more than one
of its valid documents is given up. This one, after Simon Adameit's algorithm, sorts instead. All selection
sets that make one response object are taken together, and their fields sorted by response key. Then

    of one key, all fields must return the same shape, whatever they are fields of;
    of one key and one object type, fields of interfaces counted with each, all must be the same field with
    the same arguments;

and the selection sets of the fields of one key make the next response object. The same sets are not taken
together twice. The verdict is that of graphql-core's rule, a conflict is told where it is and not at the
fields around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    ValidationRule,
    get_named_type,
    type_from_ast,
)

from patchbay.access.limits.mergeable import Field, Selections, differing, shapes_differing
from patchbay.errors import LimitExceeded

if TYPE_CHECKING:
    from graphql import (
        DocumentNode,
        FieldNode,
        GraphQLObjectType,
        GraphQLSchema,
        SelectionSetNode,
        ValidationContext,
    )

MAX_STEPS = 30_000
"""Fields that are looked at. A document of the default limits that has no conflict takes its 5,000 fields
once, and again as often as object types have fields of interfaces in common."""


class _Merging:
    """Takes the selection sets of one document together.

    Args:
        schema: that the document is for.
        fragments: of the document, by name.
    """

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self.conflicts: list[GraphQLError] = []
        self.spread: set[str] = set()
        self._schema = schema
        self._fragments = fragments
        self._sets: dict[int, Selections] = {}
        self._taken: set[tuple[bool, frozenset[int]]] = set()
        self._pending: list[tuple[bool, list[tuple[SelectionSetNode, Any]]]] = []
        self._steps = 0

    def run(self, selection_set: SelectionSetNode, parent: Any) -> None:
        """Note the conflicts in this selection set of this type, and below. Raises LimitExceeded."""
        self._add([(selection_set, parent)], only_shapes=False)
        while self._pending:
            only_shapes, together = self._pending.pop()
            for key, fields in self._by_key(together).items():
                if len(fields) > 1:
                    self._compare(key, fields, only_shapes=only_shapes)
                else:
                    self._descend(fields, only_shapes=only_shapes)

    def _compare(self, key: str, fields: list[Field], *, only_shapes: bool) -> None:
        """Note the conflict among fields of one response key, if there is one; else go on below them."""
        groups = [fields] if only_shapes else self._groups(fields)
        reason = None
        for group in [] if only_shapes else groups:
            reason = reason or differing(group)
        reason = reason or shapes_differing(fields)
        if reason is not None:
            self._note(key, *reason)
            return
        for group in groups:
            self._descend(group, only_shapes=only_shapes)
        if len(groups) > 1:
            self._descend(fields, only_shapes=True)

    def _groups(self, fields: list[Field]) -> list[list[Field]]:
        """The fields that one object can have: those of its type, and those of no object type."""
        common: list[Field] = []
        by_parent: dict[GraphQLObjectType, list[Field]] = {}
        for field in fields:
            if field.parent is None:
                common.append(field)
            else:
                by_parent.setdefault(field.parent, []).append(field)
        if len(by_parent) <= 1:
            return [fields]
        self._spend(len(by_parent) * len(common))
        return [group + common for group in by_parent.values()]

    def _descend(self, fields: list[Field], *, only_shapes: bool) -> None:
        together = [
            (field.node.selection_set, get_named_type(field.type))
            for field in fields
            if field.node.selection_set is not None
        ]
        if together:
            self._add(together, only_shapes=only_shapes)

    def _add(self, together: list[tuple[SelectionSetNode, Any]], *, only_shapes: bool) -> None:
        key = (only_shapes, frozenset(id(selection_set) for selection_set, _ in together))
        if key not in self._taken:
            self._taken.add(key)
            self._pending.append((only_shapes, together))

    def _by_key(self, together: list[tuple[SelectionSetNode, Any]]) -> dict[str, list[Field]]:
        """The fields of all these selection sets and the fragments they spread, by response key."""
        found: dict[str, list[Field]] = {}
        spread: set[str] = set()
        pending = [self._read(selection_set, parent) for selection_set, parent in together]
        # The list grows while it is read, so that fields come about as they stand in the document.
        for each in pending:
            self._spend(1 + len(each.fields) + len(each.spreads))
            for key, field in each.fields:
                found.setdefault(key, []).append(field)
            for name in each.spreads:
                fragment = self._fragments.get(name)
                if name not in spread and fragment is not None:
                    spread.add(name)
                    parent = type_from_ast(self._schema, fragment.type_condition)
                    pending.append(self._read(fragment.selection_set, parent))
        self.spread |= spread
        return found

    def _read(self, selection_set: SelectionSetNode, parent: Any) -> Selections:
        found = self._sets.get(id(selection_set))
        if found is None:
            found = self._sets[id(selection_set)] = Selections(selection_set, parent, self._schema)
        return found

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise LimitExceeded(
                "steps", MAX_STEPS, "the document is too intricate: its fields are not merged in {max} steps"
            )

    def _note(self, key: str, reason: str, nodes: list[FieldNode]) -> None:
        text = (
            f"Fields '{key}' conflict because {reason}."
            " Use different aliases on the fields to fetch both if this was intentional."
        )
        self.conflicts.append(GraphQLError(text, nodes))


class MergingRule(ValidationRule):
    """In the place of graphql-core's OverlappingFieldsCanBeMergedRule.

    Fragments with variables of their own, which graphql-core parses where it is told to, are not supported.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._schema = context.schema

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Look at the whole document. Raises LimitExceeded."""
        fragments = {
            each.name.value: each for each in node.definitions if isinstance(each, FragmentDefinitionNode)
        }
        merging = _Merging(self._schema, fragments)
        for each in node.definitions:
            if isinstance(each, OperationDefinitionNode):
                merging.run(each.selection_set, self._schema.get_root_type(each.operation))
        for name, fragment in fragments.items():
            if name not in merging.spread:
                merging.run(fragment.selection_set, type_from_ast(self._schema, fragment.type_condition))
        for conflict in merging.conflicts:
            self.report_error(conflict)
