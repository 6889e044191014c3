"""OpenAPI's links as edges: what an answer holds is what another operation takes.

    links: {customer: {operationId: getCustomer, parameters: {id: $response.body#/customerId}}}

An edge's arguments come from members of the object itself; a link that takes more is noted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.documents.location import unescaped
from patchbay.importing.lookup import field_of, fields_of
from patchbay.importing.model import Edge, ListOf, Named, ObjectType, Place
from patchbay.importing.naming import camel
from patchbay.importing.openapi.nodes import mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patchbay.importing.model import Field, TypeRef
    from patchbay.importing.openapi.operations import Mapped
    from patchbay.importing.openapi.scene import Scene

_OF_BODY: Final = re.compile(r"\{?\$response\.body#?/([^/{}]+)\}?")
_OF_REQUEST: Final = re.compile(r"\{?\$request\.path\.([^{}]+)\}?")
_OPERATION: Final = re.compile(r"paths/([^/]+)/(\w+)$")


class _NoEdge(Exception):
    """A link cannot be an edge; the message is a sentence's part."""


def edges_of(scene: Scene, mapped: list[Mapped], wanted: set[str]) -> tuple[Edge, ...]:
    """The edges that links make, each once; a note for each link that makes none.

    Args:
        scene: the document.
        mapped: its operations.
        wanted: names of those that are in the model.
    """
    by_id = {one.operation.id: one for one in mapped if one.operation.id}
    by_place = {(one.offer.path, one.offer.method): one for one in mapped}
    found: dict[tuple[str, str], Edge] = {}
    for one in mapped:
        for name, link in one.answers.links:
            target = _target(link.node, by_id, by_place)
            try:
                edge = _edge(scene, one, name, link.node, target)
            except _NoEdge as error:
                scene.problems.note(link.at, f"the link '{name}' is no edge: {error}"[:300])
                continue
            if edge.operation in wanted:
                found.setdefault((edge.type, edge.field), edge)
    return tuple(found.values())


def _target(
    link: dict[str, Any], by_id: dict[str, Mapped], by_place: dict[tuple[str, str], Mapped]
) -> Mapped | None:
    named = by_id.get(text(link.get("operationId")))
    if named is not None:
        return named
    place = _OPERATION.search(text(link.get("operationRef")))
    return None if place is None else by_place.get((_decoded(place[1]), place[2].lower()))


def _decoded(token: str) -> str:
    return unescaped(token).replace("%7B", "{").replace("%7D", "}").replace("%7b", "{").replace("%7d", "}")


def _edge(scene: Scene, one: Mapped, name: str, link: dict[str, Any], target: Mapped | None) -> Edge:
    if target is None:
        raise _NoEdge("its operation is not there, or not included")
    operation = target.operation
    if operation.is_mutation:
        raise _NoEdge(f"{operation.name} changes something")
    owner = _owner(scene, one.operation.result.type)
    if link.get("requestBody") is not None:
        raise _NoEdge("it sends a body")
    arguments = dict(_arguments(scene, owner, link, target))
    missing = [each.wire for each in operation.arguments if each.required and each.attribute not in arguments]
    if missing:
        raise _NoEdge(f"it does not say {missing[0]}")
    if not arguments:
        raise _NoEdge("it takes nothing of the answer")
    return Edge(
        type=owner.name,
        field=_field(owner, name, operation.name),
        operation=operation.name,
        arguments=arguments,
        why=f"the link {name} of {one.operation.name}",
    )


def _owner(scene: Scene, result: TypeRef) -> ObjectType:
    """The object that an answer is, or that its list holds."""
    of = result.item if isinstance(result, ListOf) else result
    found = scene.types.made.get(of.name) if isinstance(of, Named) else None
    if not isinstance(found, ObjectType) or found.is_value:
        raise _NoEdge("the answer is no object")
    return found


def _arguments(
    scene: Scene, owner: ObjectType, link: dict[str, Any], target: Mapped
) -> Iterator[tuple[str, str]]:
    """Argument (attribute) -> the object's attribute."""
    for said, expression in mapping(link.get("parameters")).items():
        place, _, wire = text(said).rpartition(".")
        argument = next(
            (
                each
                for each in target.operation.arguments
                if each.wire == (wire if place in set(Place) else text(said)) and place in {each.place, ""}
            ),
            None,
        )
        if argument is None:
            raise _NoEdge(f"its operation has no parameter {text(said)}")
        yield argument.attribute, _source(scene, owner, expression).attribute


def _source(scene: Scene, owner: ObjectType, expression: Any) -> Field:
    """The field whose value an expression is. A path parameter's is the one of its name."""
    said = text(expression)
    found = _OF_BODY.fullmatch(said) or _OF_REQUEST.fullmatch(said)
    if found is None:
        raise _NoEdge(f"{said} is no member of the answer")
    field = field_of(scene.types.made, Named(owner.name), unescaped(found[1]))
    if field is None or not isinstance(field.type, Named) or fields_of(scene.types.made, field.type):
        raise _NoEdge(f"{said} is no member of the answer")
    return field


def _field(owner: ObjectType, name: str, operation: str) -> str:
    """A name for the edge's field that the object does not have."""
    taken = {field.name for field in owner.fields}
    wanted = [camel(name), operation, f"{camel(name) or operation}Link"]
    return next((each for each in wanted if each and each not in taken), f"{operation}ByLink")
