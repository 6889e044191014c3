"""How much a parsed document is, with its fragments expanded and each of them looked at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DirectiveNode, DocumentNode, SelectionSetNode, ValueNode


class CircularFragments(Exception):
    """A fragment spreads itself, directly or through others."""


class Measured(msgspec.Struct):
    """How much a document is, or one of its definitions.

    Of several definitions, `fields` is the sum over all operations, and over the fragments that none of them
    spreads; of everything else the largest counts.
    """

    operations: int = 0
    fragments: int = 0
    nesting: int = 0
    depth: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0
    directives_at_once: int = 0
    repeats: int = 0
    fields: int = 0
    list_items: int = 0


_OF_THE_LARGEST: Final = (
    "nesting", "depth", "aliases", "directives", "directives_at_once", "repeats", "list_items",
)  # fmt: skip


class _Spread(msgspec.Struct):
    """A fragment, and how deep in its definition it is spread: in fields, and in selection sets."""

    name: str
    depth: int
    nesting: int


class _Definition:
    """An operation or a fragment: what stands in its own text, and what it spreads."""

    def __init__(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        self.own = Measured()
        self.spreads: list[_Spread] = []
        self._note_directives(node.directives)
        for variable in node.variable_definitions or ():
            self._note_directives(variable.directives)
            if variable.default_value is not None:
                self._note_values([variable.default_value])
        # Selection sets that become one response object: level by level, each with its inline fragments.
        pending = [(node.selection_set, 0, 1)]
        while pending:
            selection_set, depth, nesting = pending.pop()
            pending += self._read(selection_set, depth, nesting)

    def _read(
        self, selection_set: SelectionSetNode, depth: int, nesting: int
    ) -> Iterable[tuple[SelectionSetNode, int, int]]:
        """Count one selection set with its inline fragments; those of its fields, to be read next."""
        own = self.own
        inner: list[tuple[SelectionSetNode, int, int]] = []
        keys: Counter[str] = Counter()
        pending = [(selection_set, nesting)]
        while pending:
            each, nesting = pending.pop()
            own.nesting = max(own.nesting, nesting)
            for node in each.selections:
                own.fields += 1
                self._note_directives(node.directives)
                if isinstance(node, FieldNode):
                    keys[(node.alias or node.name).value] += 1
                    self._note_field(node, depth)
                    if node.selection_set is not None:
                        inner.append((node.selection_set, depth + 1, nesting + 1))
                elif isinstance(node, InlineFragmentNode):
                    pending.append((node.selection_set, nesting + 1))
                elif isinstance(node, FragmentSpreadNode):
                    keys[f"...{node.name.value}"] += 1
                    self.spreads.append(_Spread(node.name.value, depth, nesting))
        own.repeats = max(own.repeats, *keys.values(), 0)
        return inner

    def _note_field(self, node: FieldNode, depth: int) -> None:
        own = self.own
        own.depth = max(own.depth, depth + 1)
        own.root_fields += depth == 0
        own.aliases += node.alias is not None
        self._note_values(argument.value for argument in node.arguments or ())

    def _note_directives(self, directives: tuple[DirectiveNode, ...] | None) -> None:
        self.own.directives_at_once = max(self.own.directives_at_once, len(directives or ()))
        for directive in directives or ():
            self.own.directives += 1
            self._note_values(argument.value for argument in directive.arguments or ())

    def _note_values(self, values: Iterable[ValueNode]) -> None:
        pending = list(values)
        while pending:
            value = pending.pop()
            if isinstance(value, ListValueNode):
                self.own.list_items = max(self.own.list_items, len(value.values))
                pending += value.values
            elif isinstance(value, ObjectValueNode):
                pending += [field.value for field in value.fields]


def measured(document: DocumentNode) -> Measured:
    """How much it is. Raises CircularFragments.

    Fragments that are spread and not there count as nothing: validation will say so.
    """
    operations: list[_Definition] = []
    fragments: dict[str, _Definition] = {}
    count = 0
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            operations.append(_Definition(node))
        elif isinstance(node, FragmentDefinitionNode):
            count += 1
            # Of several with one name, any may be the one that is spread: all of them count.
            name = node.name.value
            fragments[name if name not in fragments else f"{name} {count}"] = _Definition(node)
    whole: dict[str, Measured] = {}
    for name in fragments:
        if name not in whole:
            _expand(name, fragments, whole)
    roots = [_with_spreads(each, whole) for each in operations]
    spread = _spread_by(operations, fragments)
    unused = [whole[name] for name in fragments if name not in spread]
    found = Measured(operations=len(operations), fragments=count)
    for each in [*roots, *whole.values()]:
        for attribute in _OF_THE_LARGEST:
            setattr(found, attribute, max(getattr(found, attribute), getattr(each, attribute)))
    found.root_fields = max((each.root_fields for each in roots), default=0)
    found.fields = sum(each.fields for each in [*roots, *unused])
    return found


def _expand(name: str, fragments: dict[str, _Definition], whole: dict[str, Measured]) -> None:
    """Measure a fragment with all that it spreads, inner ones first and without recursion."""
    path = [(name, iter(fragments[name].spreads))]
    on_path = {name}
    while path:
        last, spreads = path[-1]
        for spread in spreads:
            if spread.name in on_path:
                raise CircularFragments
            if spread.name in fragments and spread.name not in whole:
                path.append((spread.name, iter(fragments[spread.name].spreads)))
                on_path.add(spread.name)
                break
        else:
            whole[last] = _with_spreads(fragments[last], whole)
            path.pop()
            on_path.discard(last)


def _with_spreads(definition: _Definition, whole: dict[str, Measured]) -> Measured:
    found = msgspec.structs.replace(definition.own)
    for spread in definition.spreads:
        inner = whole.get(spread.name)
        if inner is None:
            continue
        found.nesting = max(found.nesting, spread.nesting + inner.nesting)
        found.depth = max(found.depth, spread.depth + inner.depth)
        found.root_fields += inner.root_fields if spread.depth == 0 else 0
        found.aliases += inner.aliases
        found.directives += inner.directives
        found.fields += inner.fields
    return found


def _spread_by(operations: Iterable[_Definition], fragments: dict[str, _Definition]) -> set[str]:
    """The names of all fragments that operations spread, directly or through others."""
    found: set[str] = set()
    pending = list(operations)
    while pending:
        for spread in pending.pop().spreads:
            if spread.name not in found and spread.name in fragments:
                found.add(spread.name)
                pending.append(fragments[spread.name])
    return found
