"""What stands at member names inside of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.importing.model import ListOf, MapOf, Named, ObjectType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.importing.model import Model, TypeRef


def type_at(model: Model, ref: TypeRef, path: Sequence[str]) -> TypeRef | None:
    """The type at wire names from another one's top; None where nothing is declared there."""
    for member in path:
        if isinstance(ref, MapOf):
            ref = ref.value
            continue
        type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
        fields = type_.fields if isinstance(type_, ObjectType) else ()
        found = next((field.type for field in fields if field.wire == member), None)
        if found is None:
            return None
        ref = found
    return ref


def row_type(model: Model, ref: TypeRef, path: Sequence[str]) -> TypeRef | None:
    """The type of the rows of the list there; None where it is no list."""
    found = type_at(model, ref, path)
    return found.item if isinstance(found, ListOf) else None


def wire_of(model: Model, ref: TypeRef, attribute: str) -> str | None:
    """The wire name of an object's attribute; None where it has none."""
    type_ = model.types.get(ref.name) if isinstance(ref, Named) else None
    fields = type_.fields if isinstance(type_, ObjectType) else ()
    return next((field.wire for field in fields if field.attribute == attribute), None)


class Places:
    """Decodes what stands at several places of one body in one pass; what is missing is None.

    Args:
        places: member names from the body's top -> type of what stands there.
    """

    def __init__(self, places: Sequence[tuple[tuple[str, ...], Any]]) -> None:
        tree: Any = {}
        for path, type_ in places:
            tree = _plant(tree, path, type_)
        self._decode = msgspec.json.Decoder(_to_type(tree)).decode
        self._getters = [_getter(tree, path) for path, _ in places]

    def decode(self, body: bytes) -> list[Any]:
        """The values, in the order of the places. Raises what msgspec does; see decoding.DECODE_ERRORS."""
        top = self._decode(body)
        return [get(top) for get in self._getters]


def _plant(tree: Any, path: tuple[str, ...], type_: Any) -> Any:
    if not path:
        return type_
    branch = tree.get(path[0]) if isinstance(tree, dict) else None
    return {**(tree if isinstance(tree, dict) else {}), path[0]: _plant(branch or {}, path[1:], type_)}


def _to_type(tree: Any) -> Any:
    """Structs whose fields f0, f1 … carry the members' names; each may be missing or null."""
    if not isinstance(tree, dict):
        return tree
    fields = [(f"f{index}", _to_type(branch) | None, None) for index, branch in enumerate(tree.values())]
    rename = {field[0]: member for field, member in zip(fields, tree, strict=True)}
    return msgspec.defstruct("Body", fields, rename=rename, frozen=True)


def _getter(tree: Any, path: tuple[str, ...]) -> Callable[[Any], Any]:
    names: list[str] = []
    for member in path:
        names.append(f"f{list(tree).index(member)}")
        tree = tree[member]

    def get(top: Any) -> Any:
        for name in names:
            top = getattr(top, name, None)
        return top

    return get
