"""The reads of a plan: narrowed to what the operation looks at, and known to the fields above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.execution.plan import (
    AbstractOutput,
    Attribute,
    Denied,
    Edge,
    LeafOutput,
    ObjectOutput,
    Selection,
    TypeName,
    innermost,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.batch import ByIds
    from patchbay.execution.plan import FieldPlan


def narrow_reads(root: Selection) -> None:
    """Narrow the reads of a plan's edges to the attributes that the plan reads of their records.

    A read that several edges share is narrowed to what all of them need, so that they are still asked
    together. Where an interface or a union occurs, what is under it is not yet known: then only reads are
    narrowed whose keys are made of arguments, as these do not stand there.

    Args:
        root: the whole plan, compiled; its edges are changed.
    """
    edges: list[tuple[Edge, frozenset[str] | None]] = []
    is_known = True
    for field in _fields(root):
        if field is None:
            is_known = False
        elif isinstance(field.source, Edge):
            edges.append((field.source, _attributes(field, field.source)))
    wanted: dict[ByIds[Any], frozenset[str] | None] = {}
    for edge, attributes in edges:
        before = wanted.get(edge.whole, frozenset())
        wanted[edge.whole] = None if attributes is None or before is None else before | attributes
    for edge, _ in edges:
        attributes = wanted[edge.whole]
        if attributes is not None and (is_known or edge.ask is not None):
            edge.read = edge.whole.selecting(attributes)


def note_reads(selection: Selection, depth: int = 0) -> frozenset[tuple[int, ByIds[Any]]]:
    """Tell each field which reads may be asked for under it.

    Args:
        selection: of which the fields are told.
        depth: of its blocks.

    Returns:
        The reads of the selection and of all under it, each with the depth of the block that asks.
    """
    found: set[tuple[int, ByIds[Any]]] = set()
    for field in selection.fields:
        for below in field.selections.values():
            if isinstance(below, Selection):
                field.reads_below |= note_reads(below, depth + 1)
        found |= field.reads_below
        if isinstance(field.source, Edge):
            found.add((depth, field.source.read))
    return frozenset(found)


def _fields(selection: Selection) -> Iterator[FieldPlan | None]:
    """Every field of the plan; None in place of what cannot be known."""
    pending = [selection]
    while pending:
        for field in pending.pop().fields:
            yield field
            output = innermost(field.output)
            if isinstance(output, AbstractOutput) and not isinstance(field.source, Denied):
                yield None
            pending += [below for below in field.selections.values() if isinstance(below, Selection)]


def _attributes(field: FieldPlan, edge: Edge) -> frozenset[str] | None:
    """What is read of an edge's records; None where that may be anything."""
    deep = getattr(edge.whole, "deep", False)
    names: frozenset[str] = frozenset()
    for way in edge.rows:
        for end in _ends(field, way):
            found = _of_objects(end, deep=deep)
            if found is None:
                return None
            names |= found
    return names


def _ends(field: FieldPlan, way: tuple[str, ...]) -> list[FieldPlan]:
    """The fields at the end of a way that starts at this one."""
    ends = [field]
    for name in way:
        ends = [
            below
            for each in ends
            for selection in each.selections.values()
            if isinstance(selection, Selection)
            for below in selection.fields
            if below.name == name
        ]
    return ends


def _of_objects(field: FieldPlan, *, deep: bool) -> frozenset[str] | None:
    """What is read of the objects that a field comes to; None where that may be anything.

    `deep`: of the objects in them as well, as "customer.name", and "customer.*" where that may be anything.
    """
    output = innermost(field.output)
    if not isinstance(output, ObjectOutput):
        return None
    selection = field.selections.get(output.type)
    check = output.type.is_type_of
    if not isinstance(selection, Selection) or not (check is None or getattr(check, "narrows", False)):
        return None
    names: set[str] = set()
    for each in selection.fields:
        source = each.source
        if isinstance(source, Attribute):
            names.add(source.name)
            if deep:
                names |= _inside(each, source.name)
        elif isinstance(source, Edge):
            names.update(name.partition(".")[0] for name in source.names)
        elif not isinstance(source, TypeName | Denied):
            return None
    return frozenset(names)


def _inside(field: FieldPlan, name: str) -> set[str]:
    """What is read inside of the attribute that a field reads; nothing of a plain value."""
    if isinstance(innermost(field.output), LeafOutput):
        return set()
    inner = _of_objects(field, deep=True)
    if inner is None:
        return {f"{name}.*"}
    return {f"{name}.{each}" for each in inner or ("__typename",)}
