"""Media types: what a body of one is read or written as, and which of several is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.model import BodyKind
from patchbay.importing.openapi.nodes import mapping, sequence, text

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.openapi.nodes import Placed
    from patchbay.importing.openapi.scene import Scene

_JSON: Final = frozenset(
    ("application/json", "text/json", "application/*", "*/*", "*", "json", "application/x-json", "")
)
_LINES: Final = ("ndjson", "jsonl", "json-lines", "json-seq", "stream+json", "json-stream")
_TEXTS: Final = ("yaml", "graphql", "javascript", "ecmascript", "sql", "csv", "toml", "x-sh", "x-www-form")
_OPAQUE: Final = tuple("octet-stream pdf zip gzip tar msword officedocument ms-excel protobuf binary".split())
_SENT: Final = tuple(map(BodyKind, "json form multipart text xml binary".split()))
_READ: Final = tuple(map(BodyKind, "json text xml binary form multipart".split()))


class Media(NamedTuple):
    """One media type of a body.

    Attributes:
        kind: how it is read or written.
        content_type: as declared; application/json for what may be anything.
        schema: None where there is none.
        at: where the schema stands.
        node: the media type object.
    """

    kind: BodyKind
    content_type: str
    schema: Any
    at: Location
    node: dict[str, Any]


def kind_of(content_type: str) -> BodyKind:
    """How bodies of this type are read or written."""
    plain = content_type.partition(";")[0].strip().lower()
    subtype = plain.rpartition("/")[2]
    is_xml = subtype == "xml" or (subtype.endswith("+xml") and not plain.startswith("image/"))
    is_lines = any(word in subtype for word in _LINES)
    kinds = (
        (BodyKind.TEXT, is_lines),
        (BodyKind.JSON, plain in _JSON or subtype.endswith("json")),
        (BodyKind.FORM, subtype == "x-www-form-urlencoded"),
        (BodyKind.MULTIPART, plain.startswith("multipart/")),
        (BodyKind.XML, is_xml),
        (BodyKind.TEXT, plain.startswith("text/") or any(word in subtype for word in _TEXTS)),
    )
    return next((kind for kind, fits in kinds if fits), BodyKind.BINARY)


def media_of(scene: Scene, placed: Placed) -> list[Media]:
    """The media types of a request body or a response, in the document's order."""
    found = []
    for name, value in mapping(placed.node.get("content")).items():
        content_type = text(name)
        node = mapping(value)
        at = placed.at / "content" / name / "schema"
        schema = node.get("schema")
        if not isinstance(schema, dict | bool):
            schema = None
        kind = kind_of(content_type)
        if kind is BodyKind.BINARY and not _is_opaque(content_type) and _is_structure(scene, schema, at):
            kind = BodyKind.JSON
        elif kind is BodyKind.JSON and _is_bytes(scene, schema, at):
            kind = BodyKind.BINARY
        if content_type.partition(";")[0].strip() in {"*/*", "*", "application/*", "json", ""}:
            content_type = "application/json" if kind is BodyKind.JSON else "application/octet-stream"
        found.append(Media(kind, content_type, schema, at, node))
    return found


def sent(found: list[Media]) -> Media | None:
    """The one to send: JSON before forms before all else, and one that says more before one that does not."""
    return min(found, key=lambda media: (media.schema is None, _SENT.index(media.kind)), default=None)


def read(found: list[Media]) -> Media | None:
    """The one to ask for, likewise."""
    return min(found, key=lambda media: (_READ.index(media.kind), media.schema is None), default=None)


def _is_opaque(content_type: str) -> bool:
    plain = content_type.lower()
    return plain.startswith(("image/", "audio/", "video/", "font/")) or any(word in plain for word in _OPAQUE)


def _is_structure(scene: Scene, schema: Any, at: Location) -> bool:
    """Whether a schema has members or items, and so is JSON, whatever the media type is called."""
    plain = scene.schema(schema, at) if schema is not None else {}
    return bool(
        mapping(plain.get("properties")) or mapping(plain.get("items")) or sequence(plain.get("allOf"))
    )


def _is_bytes(scene: Scene, schema: Any, at: Location) -> bool:
    plain = scene.schema(schema, at) if schema is not None else {}
    return plain.get("type") in ("string", "file") and plain.get("format") == "binary"
