"""What clients are told of an upstream's error: members that its description declares, and no others.

`extensions.detail` of an error holds scalars by the names that they have in the schema, as far as they are
declared. Texts are cut, lists and nesting are bounded, and what is not declared is never shown: an upstream
may put a stack, an address or another customer's data into any other member.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import ListOf, Named, ObjectType, Scalar, UnionType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from patchbay.environment import Environment
    from patchbay.importing.model import Model, TypeRef

    Shape: TypeAlias = "dict[str, tuple[str, Shape | None]]"

MAX_TEXT_CHARACTERS: Final = 1_000
MAX_VALUES: Final = 50
"""Scalars of one error."""
MAX_DEPTH: Final = 3
"""Objects inside of each other; real ones wrap theirs once, as `{"error": {...}}`."""

PROBLEM: Final[Shape] = {name: (name, None) for name in ("type", "title", "status", "detail", "instance")}
"""Members of RFC 9457, which every application/problem+json may have."""

_MAX_SAFE: Final = 2**53 - 1
_MIN_SECRET_LENGTH: Final = 6
"""A shorter one stands in many a text by chance."""

_HIDDEN: Final[frozenset[str]] = frozenset((Scalar.JSON, Scalar.BASE64, Scalar.UPLOAD))
"""What has no declared content."""


def declared(model: Model, ref: TypeRef | None) -> Shape:
    """The members that a type declares: wire name -> (name in the schema, shape of a nested object or None).

    Args:
        model: whose types they are.
        ref: of the error's body; None where nothing is declared.
    """
    return {} if ref is None else _shape(model, ref, MAX_DEPTH) or {}


def secret_values(variables: Sequence[str], environment: Environment) -> tuple[str, ...]:
    """The values of these variables, for what must not show them."""
    values = [environment.text(name) for name in variables if environment.has(name)]
    return tuple(value for value in values if len(value) >= _MIN_SECRET_LENGTH)


def detail_of(value: Any, shape: Shape, withheld: Sequence[str] = ()) -> dict[str, object] | None:
    """What clients may see of an error's decoded body; None where that is nothing.

    Args:
        value: a mapping by wire names, as decoded JSON is.
        shape: see `declared`.
        withheld: credentials; a text that holds one of them is left out.
    """
    told = _Telling(withheld).members(value, shape)
    return told or None


class _Telling:
    """Collects the values of one error, up to their number."""

    def __init__(self, withheld: Sequence[str]) -> None:
        self._withheld = withheld
        self._left = MAX_VALUES

    def members(self, value: Any, shape: Shape) -> dict[str, object]:
        """The declared members of one object that are there."""
        told: dict[str, object] = {}
        if not isinstance(value, Mapping):
            return told
        for wire, (name, inner) in shape.items():
            found = self._value(value.get(wire), inner)
            if found is not None:
                told[name] = found
        return told

    def _value(self, value: Any, inner: Shape | None) -> object:
        if isinstance(value, list | tuple):
            items = [self._value(item, inner) for item in value[:MAX_VALUES]]
            return [item for item in items if item is not None] or None
        return self._scalar(value) if inner is None else self.members(value, inner) or None

    def _scalar(self, value: Any) -> object:
        if self._left <= 0:
            return None
        told: object = None
        if isinstance(value, str):
            told = self._text(value)
        elif isinstance(value, bool):
            told = value
        elif isinstance(value, int):
            told = value if abs(value) <= _MAX_SAFE else str(value)[:MAX_TEXT_CHARACTERS]
        elif isinstance(value, float) and math.isfinite(value):
            told = value
        self._left -= told is not None
        return told

    def _text(self, text: str) -> str | None:
        if any(secret in text for secret in self._withheld):
            return None
        return text.encode("utf-8", "replace").decode()[:MAX_TEXT_CHARACTERS]


def _shape(model: Model, ref: TypeRef, depth: int) -> Shape | None:
    """The members of what a reference names; None where it is a scalar, {} where nothing may be shown."""
    while isinstance(ref, ListOf):
        ref = ref.item
    type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
    if isinstance(type_, ObjectType) and depth:
        return _members(model, type_, depth)
    if isinstance(type_, UnionType) and depth:
        members: Shape = {}
        for member in type_.members:
            members = {**(_shape(model, Named(member.type), depth) or {}), **members}
        return members
    if not isinstance(ref, Named) or isinstance(type_, ObjectType | UnionType):
        return {}
    return {} if ref.name in _HIDDEN else None


def _members(model: Model, type_: ObjectType, depth: int) -> Shape:
    members: Shape = {}
    for field in type_.fields:
        inner = _shape(model, field.type, depth - 1)
        if inner is None or inner:
            members[field.wire] = (field.name, inner)
        if len(members) >= MAX_VALUES:
            break
    return members
