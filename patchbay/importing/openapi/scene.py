"""What the mapping of one document needs at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from patchbay.importing.documents.errors import UnresolvedRef
from patchbay.importing.openapi.nodes import Placed, mapping

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.model import Security, Type, TypeRef
    from patchbay.importing.openapi.nodes import Problems


class Opened(Protocol):
    """An opened document (patchbay.importing.documents)."""

    root: dict[str, Any]
    at: Location
    version: Any

    def resolve(self, node: Any, base: Location) -> tuple[Any, Location]:
        """What a node is behind its references, and where that stands. Raises UnresolvedRef."""


class TypeMaker(Protocol):
    """Types of schemas (patchbay.importing.openapi.types)."""

    @property
    def model_types(self) -> dict[str, Type]:
        """All that were made, at the end."""

    @property
    def made(self) -> dict[str, Type]:
        """All that were made until now."""

    def output(self, schema: Any, at: Location, *hints: str) -> TypeRef:
        """The type of what is answered. Hints: names for what has none, the plainest first."""

    def input(self, schema: Any, at: Location, *hints: str) -> TypeRef:
        """The type of what is sent."""


class Scene(NamedTuple):
    """A document that is being mapped.

    Attributes:
        documents, types, problems: see there.
        security: the document's schemes.
    """

    documents: Opened
    types: TypeMaker
    problems: Problems
    security: dict[str, Security]

    def follow(self, node: Any, at: Location) -> Placed | None:
        """The object behind a reference, with `description` and `summary` of beside it; None, and a problem,
        where there is none.
        """
        try:
            found, place = self.documents.resolve(node, at)
        except UnresolvedRef as error:
            self.problems.weaker(at, str(error))
            return None
        if not isinstance(found, dict):
            self.problems.weaker(at, "is no object")
            return None
        if "$ref" not in node:
            return Placed(found, place)
        beside: dict[str, Any] = {key: node[key] for key in ("description", "summary") if key in node}
        return Placed({**found, **beside} if beside else found, place)

    def schema(self, node: Any, at: Location) -> dict[str, Any]:
        """The schema behind a reference; {} where it is no object. What is wrong is noted elsewhere."""
        try:
            return mapping(self.documents.resolve(node, at)[0])
        except UnresolvedRef:
            return {}
