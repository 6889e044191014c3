"""Paths and operations of Swagger 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.errors import UnresolvedRef
from patchbay.importing.documents.swagger.addresses import addresses
from patchbay.importing.documents.swagger.parameters import Parameters
from patchbay.importing.documents.swagger.responses import Responses
from patchbay.importing.documents.swagger.shapes import members, texts

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.documents.refs import Refs

METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))

_REPLACED = ("parameters", "responses", "consumes", "produces", "schemes")


class Paths:
    """Rewrites all operations of a document; what is no object stays as it is, for others to tell of.

    Args:
        root: the document.
        at: where it stands.
        refs: follows references, and is told where rewritten nodes stand.
    """

    def __init__(self, root: dict[str, Any], at: Location, refs: Refs) -> None:
        self._root = root
        self._at = at / "paths"
        self._refs = refs
        self._parameters = Parameters(refs)
        self._responses = Responses(refs)
        self._consumes = texts(root.get("consumes"))
        self._produces = texts(root.get("produces"))

    def upgraded(self) -> Any:
        """The document's `paths`."""
        paths = self._root.get("paths")
        if not isinstance(paths, dict):
            return paths
        return {path: self._item(item, self._at / path) for path, item in paths.items()}

    def _item(self, node: Any, place: Location) -> Any:
        try:
            item, place = self._refs.resolve(node, place)
        except UnresolvedRef:
            return node
        if not isinstance(item, dict):
            return item
        shared = self._resolved(item.get("parameters"), place / "parameters")
        plain, bodies = _divided(shared)
        made = {name: value for name, value in item.items() if name not in METHODS and name != "parameters"}
        if plain:
            made["parameters"] = [self._plain(*each) for each in plain]
        for method, operation in item.items():
            if method in METHODS:
                is_one = isinstance(operation, dict)
                made[method] = self._operation(operation, place / method, bodies) if is_one else operation
        self._refs.stands_at(made, place)
        return made

    def _operation(
        self, operation: dict[str, Any], place: Location, shared: list[tuple[Any, Location]]
    ) -> dict[str, Any]:
        made = {name: value for name, value in operation.items() if name not in _REPLACED}
        plain, bodies = _divided(self._resolved(operation.get("parameters"), place / "parameters"))
        if plain:
            made["parameters"] = [self._plain(*each) for each in plain]
        consumes = texts(operation.get("consumes")) or self._consumes
        body = self._body(_combined(bodies, shared), place / "parameters", consumes)
        if body is not None:
            made["requestBody"] = body
        if "responses" in operation:
            produces = texts(operation.get("produces")) or self._produces
            made["responses"] = self._answers(operation["responses"], place / "responses", produces)
        schemes = texts(operation.get("schemes"))
        if schemes and "servers" not in operation:
            own = addresses(self._root, schemes)
            if not set(own) & set(addresses(self._root, texts(self._root.get("schemes")))):
                made["servers"] = [{"url": url} for url in own]
        self._refs.stands_at(made, place)
        return made

    def _resolved(self, nodes: Any, place: Location) -> list[tuple[Any, Location]]:
        """Parameters behind their references; one that leads nowhere stays what it is."""
        found: list[tuple[Any, Location]] = []
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            try:
                found.append(self._refs.resolve(node, place / index))
            except UnresolvedRef:
                found.append((node, place / index))
        return found

    def _plain(self, parameter: Any, place: Location) -> Any:
        if not isinstance(parameter, dict) or "$ref" in parameter:
            return parameter
        return self._parameters.plain(parameter, place)

    def _body(
        self, parameters: list[tuple[Any, Location]], place: Location, consumes: list[str]
    ) -> dict[str, Any] | None:
        for parameter, at in parameters:
            if parameter.get("in") == "body":
                return self._parameters.body(parameter, at, consumes)
        return self._parameters.form(parameters, place, consumes) if parameters else None

    def _answers(self, responses: Any, place: Location, produces: list[str]) -> Any:
        if not isinstance(responses, dict):
            return responses
        made: dict[str, Any] = {}
        for status, node in responses.items():
            try:
                response, at = self._refs.resolve(node, place / status)
            except UnresolvedRef:
                made[status] = node
                continue
            is_one = isinstance(response, dict) and not status.startswith("x-")
            made[status] = self._responses.upgraded(response, at, produces) if is_one else response
        return made


def _combined(
    own: list[tuple[Any, Location]], shared: list[tuple[Any, Location]]
) -> list[tuple[Any, Location]]:
    """What makes an operation's body: its own, and members of a form that its path has beside."""
    if any(parameter.get("in") == "body" for parameter, _ in own):
        return own
    names = {str(parameter.get("name")) for parameter, _ in own}
    return own + [
        (parameter, at)
        for parameter, at in shared
        if not own or (parameter.get("in") == "formData" and str(parameter.get("name")) not in names)
    ]


def _divided(
    parameters: list[tuple[Any, Location]],
) -> tuple[list[tuple[Any, Location]], list[tuple[Any, Location]]]:
    """Those that are parameters in OpenAPI 3.0, and those that make a body."""
    plain: list[tuple[Any, Location]] = []
    bodies: list[tuple[Any, Location]] = []
    for each in parameters:
        (bodies if members(each[0]).get("in") in ("body", "formData") else plain).append(each)
    return plain, bodies
