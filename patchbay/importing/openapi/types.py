"""Schema objects of OpenAPI -> the model's types.

    Types(documents, taken, problems).output(schema, location, "Order", "GetOrder") -> TypeRef

Each schema is mapped once for answers and once for requests, whoever refers to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import Field, InputType, ObjectType
from patchbay.importing.openapi.alternatives import Splitting
from patchbay.importing.openapi.cycles import break_cycles
from patchbay.importing.openapi.discriminators import Children
from patchbay.importing.openapi.mapped import JSON, WEAKER
from patchbay.importing.openapi.names import Hint, Names, same_meaning
from patchbay.importing.openapi.nodes import Problems, mapping
from patchbay.importing.openapi.shape import Placed
from patchbay.importing.openapi.shapes import Shapes
from patchbay.importing.openapi.side import Common, Side

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.model import Problem, Type, TypeRef
    from patchbay.importing.naming import Taken
    from patchbay.importing.openapi.fallbacks import Fallbacks
    from patchbay.importing.openapi.mapped import Mapped

_NUMBERED: Final = re.compile(r"(.*[A-Za-z])[ _.-]\d+")


class Types:
    """The types of one document, as they are asked for.

    Args:
        documents: patchbay.importing.documents.Documents.
        taken: names that types have; those of this class are added.
        problems: takes what could not be mapped.
    """

    def __init__(self, documents: Any, taken: Taken, problems: list[Problem]) -> None:
        self._told = problems
        noted = problems if isinstance(problems, Problems) else Problems()
        components = _components(documents)
        same = _same(components)
        components = [component for component in components if component.at not in same]
        shapes = Shapes(documents, noted, same)
        self._common = Common(
            documents=documents,
            shapes=shapes,
            splitting=Splitting(documents, shapes, Children(documents, components)),
            names=Names(taken, components),
            problems=noted,
        )
        self._outputs = Side(self._common, is_input=False)
        self._inputs = Side(self._common, is_input=True)

    def output(self, schema: Any, location: Location, *hints: str) -> TypeRef:
        """The type of what an answer holds.

        Args:
            schema: the schema object, or what stands there instead.
            location: where it stands.
            hints: type names to use where the schema has none of its own, from the plain to the long one.
        """
        return self._mapped(self._outputs, schema, location, hints).ref

    def input(self, schema: Any, location: Location, *hints: str) -> TypeRef:
        """As `output`, of what a request holds."""
        return self._mapped(self._inputs, schema, location, hints).ref

    @property
    def model_types(self) -> dict[str, Type]:
        """Name -> type, of all that was asked for and what that reaches."""
        break_cycles(self._common.types)
        return self._common.types

    @property
    def made(self) -> dict[str, Type]:
        """As `model_types`, while more is asked for: circles of input types are not broken yet."""
        return self._common.types

    @property
    def fallbacks(self) -> Fallbacks:
        """How many fields could only be JSON."""
        return self._common.fallbacks

    def _mapped(self, side: Side, schema: Any, location: Location, hints: tuple[str, ...]) -> Mapped:
        common = self._common
        before = len(common.problems)
        try:
            mapped = side.map(Placed(schema, location), Hint(hints, hints[0] if hints else ""))
        except Exception as exc:  # noqa: BLE001 - a document is hostile: one schema costs no more than itself
            common.problems.weaker(location, _unread(exc))
            mapped = WEAKER
        while common.later:
            name, make = common.later.popleft()
            try:
                make()
            except Exception as exc:  # noqa: BLE001 - as above
                common.problems.weaker(location, f"{name}: {_unread(exc)}")
                fields = (Field("value", "value", "value", JSON),)
                common.types[name] = (InputType if name.endswith("Input") else ObjectType)(name, fields)
        self._inputs.loosen()
        if self._told is not common.problems:
            self._told.extend(common.problems[before:])
        return mapped


def _unread(exc: Exception) -> str:
    return f"a schema cannot be read ({type(exc).__name__})"


def _components(documents: Any) -> list[Placed]:
    """The document's own schemas, each where it stands."""
    found = []
    root = mapping(documents.root)
    # References lead to where the original document has them.
    shelf = ("definitions",) if documents.version == "2.0" else ("components", "schemas")
    at = documents.at
    for token in shelf:
        at /= token
    for name, schema in mapping(mapping(root.get("components")).get("schemas")).items():
        if isinstance(name, str):
            found.append(Placed(schema, at / name))
    return found


def _same(components: list[Placed]) -> dict[Location, Placed]:
    """Schemas that are there twice, as bundlers leave them: "Page_1" that says just what "Page" says."""
    by_name = {component.at.last: component for component in components}
    found = {}
    for name, component in by_name.items():
        numbered = _NUMBERED.fullmatch(name)
        first = by_name.get(numbered[1]) if numbered is not None else None
        if first is not None and same_meaning(first.node, component.node):
            found[component.at] = first
    return found
