"""A smaller case with the same difference, for reading."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
    visit,
)
from graphql.language import Visitor

from tests.execution.differential.cases import Case
from tests.execution.differential.recipes import Items, Later, Method, Thing

_MOST_SECONDS = 15


def reduced(case: Case, differs: Callable[[Case], bool]) -> Case:
    """A case that still differs and from which no one selection, directive or list item can be taken away.

    Large cases may stay larger, and so may those that never end: the time is limited.
    """
    end = time.monotonic() + _MOST_SECONDS
    found = True
    while found:
        found = False
        for smaller in _smaller(case):
            if time.monotonic() > end:
                return case
            if differs(smaller):
                case, found = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    for document in _documents(case.document):
        text = print_ast(document)
        if text != case.query:
            yield case.with_query(text)
    names = {node.name.value for node in _nodes(case.document) if isinstance(node, FieldNode)}
    pruned = {name: _pruned(recipe, names) for name, recipe in case.root.items()}
    if pruned != case.root:
        yield replace(case, root=pruned)
    for name, recipe in case.root.items():
        for smaller in _recipes(recipe):
            yield replace(case, root=case.root | {name: smaller})


def _nodes(document: DocumentNode) -> list[Any]:
    found: list[Any] = []

    class Collect(Visitor):
        def enter(self, node: Any, *_args: Any) -> None:
            found.append(node)

    visit(document, Collect())
    return found


def _documents(document: DocumentNode) -> Iterator[DocumentNode]:
    """The document without something unused, one selection that is not its set's only one, or a directive."""
    nodes = _nodes(document)
    spread = {node.name.value for node in nodes if isinstance(node, FragmentSpreadNode)}
    for node in nodes:
        if isinstance(node, FragmentDefinitionNode) and node.name.value not in spread:
            yield _without(document, node)
    used = Counter(node.name.value for node in nodes if isinstance(node, VariableNode))
    for node in nodes:
        if isinstance(node, VariableDefinitionNode) and used[node.variable.name.value] == 1:
            yield _without(document, node)
    for node in nodes:
        if isinstance(node, SelectionSetNode) and len(node.selections) > 1:
            yield from (_without(document, each) for each in node.selections)
        elif isinstance(node, DirectiveNode):
            yield _without(document, node)


def _without(document: DocumentNode, unwanted: Node) -> DocumentNode:
    class Remove(Visitor):
        def enter(self, node: Node, *_args: Any) -> Any:
            return REMOVE if node is unwanted else None

    without: DocumentNode = visit(document, Remove())
    return without


def _pruned(recipe: Any, names: set[str]) -> Any:
    """The recipe without what the operation does not ask for any more."""
    if isinstance(recipe, Items):
        return replace(recipe, items=tuple(_pruned(item, names) for item in recipe.items))
    if isinstance(recipe, Later | Method):
        return replace(recipe, recipe=_pruned(recipe.recipe, names))
    if isinstance(recipe, Thing):
        kept, resolved = (
            {name: _pruned(each, names) for name, each in fields.items() if name in names}
            for fields in (recipe.fields, recipe.resolved)
        )
        return replace(recipe, fields=kept, resolved=resolved)
    return recipe


def _recipes(recipe: Any) -> Iterator[Any]:
    """The recipe with one list item less somewhere, or without one wait."""
    if isinstance(recipe, Items):
        for index, item in enumerate(recipe.items):
            before, after = recipe.items[:index], recipe.items[index + 1 :]
            yield replace(recipe, items=before + after)
            for smaller in _recipes(item):
                yield replace(recipe, items=(*before, smaller, *after))
    elif isinstance(recipe, Later | Method):
        yield recipe.recipe
        for smaller in _recipes(recipe.recipe):
            yield replace(recipe, recipe=smaller)
    elif isinstance(recipe, Thing):
        for attribute in ("fields", "resolved"):
            fields = getattr(recipe, attribute)
            for name, each in fields.items():
                for smaller in _recipes(each):
                    yield replace(recipe, **{attribute: fields | {name: smaller}})
