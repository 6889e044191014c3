"""Types of a model as GraphQL writes them."""

from __future__ import annotations

from patchbay.importing.model import ListOf, MapOf, TypeRef


def signature(ref: TypeRef, *, required: bool = False) -> str:
    """As "[Order!]!"."""
    if isinstance(ref, ListOf):
        text = f"[{signature(ref.item, required=not ref.nullable_items)}]"
    elif isinstance(ref, MapOf):
        text = f"[{ref.entry}!]"
    else:
        text = ref.name
    return f"{text}!" if required else text


def type_name(ref: TypeRef) -> str:
    """The scalar or the model's type that stands in the end, in whatever lists."""
    while isinstance(ref, ListOf):
        ref = ref.item
    return ref.entry if isinstance(ref, MapOf) else ref.name
