"""An operation's request body: one argument, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.model import (
    Argument,
    Body,
    BodyKind,
    Field,
    InputType,
    ListOf,
    Named,
    Part,
    Place,
    Scalar,
)
from patchbay.importing.naming import attribute, pascal
from patchbay.importing.openapi.media import Media, media_of, sent
from patchbay.importing.openapi.nodes import Placed, flag, mapping, members, sentence, text

if TYPE_CHECKING:
    from patchbay.importing.model import TypeRef
    from patchbay.importing.openapi.parameters import Parameters
    from patchbay.importing.openapi.scene import Scene

_WITHOUT: Final = frozenset(("get", "head", "delete", "options", "trace"))
"""Methods that have a body seldom: an empty one is a generator's."""
_SAYS_MORE: Final = ("allOf", "oneOf", "anyOf", "$ref", "items", "patternProperties", "enum")


class SentBody(NamedTuple):
    """A body, its argument, and the argument's schema behind references."""

    body: Body
    argument: Argument
    schema: dict[str, Any]


def read_body(scene: Scene, operation: Placed, method: str, made: Parameters, owner: str) -> SentBody | None:
    """The body that an operation takes; None where there is none.

    Args:
        scene: the document.
        operation: whose.
        method: lower case.
        made: the operation's other arguments, for their names.
        owner: the operation's name.
    """
    node = operation.node.get("requestBody")
    placed = scene.follow(node, operation.at / "requestBody") if isinstance(node, dict) else None
    if placed is None:
        return None
    found = media_of(scene, placed)
    media = sent(found)
    if media is None:
        return None
    plain = scene.schema(media.schema, media.at) if media.schema is not None else {}
    required = flag(placed.node.get("required"))
    if not required and _is_empty(plain) and (method in _WITHOUT or media.kind is BodyKind.FORM):
        return None
    if len({one.kind for one in found}) > 1:
        others = ", ".join(one.content_type for one in found if one is not media)
        scene.problems.note(placed.at, f"is sent as {media.content_type}; it could be {others}"[:200])
    made_type = _type(scene, media, owner)
    wanted = _argument_names(made_type, media.kind, scene)
    name = made.names.claim(*wanted)
    argument = Argument(
        name=name,
        attribute=made.attributes.claim(attribute(name), attribute(f"body {name}")),
        wire="",
        place=Place.BODY,
        type=made_type,
        required=required,
        description=sentence(placed.node.get("description")) or sentence(plain.get("description")),
    )
    body = Body(media.kind, media.content_type, required, _parts(scene, media, made_type))
    return SentBody(body, argument, plain)


def _is_empty(schema: dict[str, Any]) -> bool:
    """Whether a schema is of an object that has no members."""
    if schema.get("additionalProperties") or any(word in schema for word in _SAYS_MORE):
        return False
    return schema.get("properties") == {} or (not schema or set(schema) == {"type"} == {"object"})


def _type(scene: Scene, media: Media, owner: str) -> TypeRef:
    if media.kind is BodyKind.BINARY:
        return Named(Scalar.UPLOAD)
    if media.kind in {BodyKind.TEXT, BodyKind.XML}:
        return Named(Scalar.STRING)
    if media.schema is None:
        return Named(Scalar.JSON)
    name = pascal(owner)
    return scene.types.input(media.schema, media.at, name, f"{name}Body")


def _argument_names(made: TypeRef, kind: BodyKind, scene: Scene) -> tuple[str, ...]:
    if kind is BodyKind.BINARY:
        return ("file", "body", "bodyFile")
    is_object = isinstance(made, Named) and isinstance(scene.types.made.get(made.name), InputType)
    return ("input", "body", "inputBody") if is_object else ("body", "input", "bodyValue")


def _parts(scene: Scene, media: Media, made: TypeRef) -> tuple[Part, ...]:
    """What is not written as usual: files, and members with an `encoding` of their own."""
    if media.kind not in {BodyKind.FORM, BodyKind.MULTIPART}:
        return ()
    encodings = mapping(media.node.get("encoding"))
    found = scene.types.made.get(made.name) if isinstance(made, Named) else None
    fields = found.fields if isinstance(found, InputType) and not found.one_of else ()
    parts = [
        _part(field.wire, mapping(encodings.get(field.wire)), is_file=_is_file(field)) for field in fields
    ]
    known = {part.wire for part in parts}
    parts += [
        _part(name, mapping(encoding), is_file=False)
        for name, encoding in members(encodings)
        if name not in known
    ]
    return tuple(part for part in parts if part != Part(part.wire))


def _is_file(field: Field) -> bool:
    of = field.type.item if isinstance(field.type, ListOf) else field.type
    return isinstance(of, Named) and of.name == Scalar.UPLOAD


def _part(wire: str, encoding: dict[str, Any], *, is_file: bool) -> Part:
    style = text(encoding.get("style"))
    return Part(
        wire=wire,
        content_type=text(encoding.get("contentType")),
        style=style,
        explode=flag(encoding.get("explode"), otherwise=style in {"", "form"}),
        is_file=is_file,
    )
