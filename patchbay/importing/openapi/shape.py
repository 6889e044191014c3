"""What a schema means, and what its keywords add to that.

Whatever has the wrong type is read as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from patchbay.importing.documents.location import Location
from patchbay.importing.model import promised
from patchbay.importing.openapi.kinds import only_kinds

_STRUCTURE: Final = frozenset(
    "type properties items prefixItems enum const oneOf anyOf allOf required additionalProperties "
    "patternProperties discriminator format $ref $dynamicRef $recursiveRef".split()
)
_LAST_WINS: Final = ("title", "description", "format", "minimum", "maximum", "contentEncoding", "x-ms-enum")


class Placed(NamedTuple):
    """A schema, and where it stands. It may be anything that JSON can say."""

    node: Any
    at: Location


@dataclass(slots=True, eq=False)
class Shape:
    """A schema's meaning.

    Args:
        node: the schema itself.
        at: where it stands, after references.
        kinds: "object", "array", "string", "integer", "number", "boolean", as far as it says; else empty.
        nullable: whether null may stand there.
        members: name -> what is said of it; of several, all are possible.
        required: names of members.
        extra: what other members hold; True where the schema allows them, without saying more.
        items: what a list holds; of several, all are possible.
        tuple_items: what its first items are, where each is something else.
        most: how many items a list has at most, of several bounds the least; None where nothing says it.
        choices: the alternatives of each oneOf and anyOf.
        enum: the values, without null; None where any is possible.
        discriminator: as the document has it.
        inherited: that of a base, and where it stands.
        words: the texts and bounds of the schema.
        is_never: nothing is valid.
        is_unclear: it says more than what could be read.
    """

    node: Any
    at: Location
    kinds: set[str] = field(default_factory=set)
    nullable: bool = False
    members: dict[str, tuple[Placed, ...]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    extra: Placed | bool = False
    items: tuple[Placed, ...] = ()
    tuple_items: list[Placed] = field(default_factory=list)
    most: int | None = None
    choices: list[list[Placed]] = field(default_factory=list)
    enum: list[Any] | None = None
    discriminator: Any = None
    inherited: tuple[Any, Location] | None = None
    words: dict[str, Any] = field(default_factory=dict)
    is_never: bool = False
    is_unclear: bool = False


def reference(node: Any) -> dict[str, Any] | None:
    """The node, if it is a reference; a dynamic one is read as if it were a plain one."""
    if type(node) is not dict:
        return None
    if type(node.get("$ref")) is str:
        return node
    for word in ("$dynamicRef", "$recursiveRef"):
        if type(node.get(word)) is str:
            return {"$ref": node[word]}
    return None


def says_null(node: Any) -> bool:
    """Whether a schema itself says that null may stand there."""
    if not isinstance(node, dict):
        return False
    if node.get("nullable") is True or node.get("x-nullable") is True:
        return True
    if node.get("const", 0) is None:
        return True
    kind = node.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind):
        return True
    values = node.get("enum")
    return isinstance(values, list) and None in values


def is_structure(node: dict[str, Any]) -> bool:
    """Whether a schema is more than a remark on another."""
    return not _STRUCTURE.isdisjoint(node)


def is_said(member: Any) -> bool:
    """Whether it says more than a remark on the member of the same name that an `allOf` has brought."""
    return not isinstance(member, dict) or is_structure(member)


def only_remarks(node: dict[str, Any], parts: list[Any]) -> bool:
    """Whether a schema adds nothing to its `allOf`; `type: object` beside it is only repeated."""
    beside = _STRUCTURE.intersection(node) - {"allOf"}
    if beside - {"type", "required"}:
        return False
    return not node.get("required") and all(isinstance(part, dict | bool) for part in parts)


def add_type(shape: Shape, node: dict[str, Any]) -> None:
    """Take over the kinds and the values."""
    shape.nullable = shape.nullable or says_null(node)
    kinds = only_kinds(node.get("type"), shape.words)
    if kinds:
        # Both have to hold; where that is impossible, the more specific schema comes later.
        shape.kinds = (shape.kinds & kinds) or kinds
    values = node.get("enum")
    if "const" in node:
        values = [node["const"]]
    if isinstance(values, list):
        values = [value for value in values if value is not None]
        shape.enum = values if shape.enum is None else [one for one in shape.enum if one in values] or values
        for word in ("x-enum-varnames", "x-enumNames", "x-enum-descriptions", "x-enumDescriptions"):
            if word in node:
                shape.words[word] = node[word]


def add_extra(shape: Shape, node: dict[str, Any], at: Location) -> None:
    """Take over what further members hold."""
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        shape.extra = Placed(extra, at / "additionalProperties") if extra else True
    elif extra is True and shape.extra is False:
        shape.extra = True
    patterns = node.get("patternProperties")
    if isinstance(patterns, dict) and len(patterns) == 1 and not isinstance(shape.extra, Placed):
        pattern, value = next(iter(patterns.items()))
        shape.extra = Placed(value, at / "patternProperties" / pattern) if isinstance(value, dict) else True
    elif isinstance(patterns, dict) and patterns and shape.extra is False:
        shape.extra = shape.is_unclear = True


def add_list(shape: Shape, node: dict[str, Any], at: Location) -> None:
    """Take over what a list holds, and how much."""
    most = promised(node.get("maxItems"))
    if most is not None:
        shape.most = most if shape.most is None else min(most, shape.most)
    items, first = node.get("items"), node.get("prefixItems")
    if isinstance(items, list) and "type" not in node:
        # Swagger 2.0 has no anyOf, and this is how some say it: alternatives, and no word of a list.
        alternatives = [Placed(item, at / "items" / index) for index, item in enumerate(items)]
        shape.choices.append(alternatives)
        return
    if isinstance(items, list):
        items, first = None, items
    if isinstance(first, list) and first:
        place = at / ("prefixItems" if "prefixItems" in node else "items")
        shape.tuple_items = [Placed(item, place / index) for index, item in enumerate(first)]
    if isinstance(items, dict):
        shape.items = (Placed(items, at / "items"),)


def add_words(shape: Shape, node: dict[str, Any]) -> None:
    """Take over texts and bounds; what comes later wins."""
    for word in _LAST_WINS:
        if node.get(word) is not None:
            shape.words[word] = node[word]
