"""An operation's parameters as arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from patchbay.importing.model import Argument, Named, Place, Scalar, SecurityKind
from patchbay.importing.naming import Taken, attribute, camel, pascal
from patchbay.importing.openapi.idempotency import is_idempotency_key
from patchbay.importing.openapi.nodes import Placed, flag, mapping, sentence, sequence, text

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.openapi.scene import Scene

_STYLES: Final = {
    Place.PATH: ("simple", "label", "matrix"),
    Place.QUERY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    Place.HEADER: ("simple",),
    Place.COOKIE: ("form",),
}
"""The first is the one where none is declared."""
_NOT_DECLARED: Final = frozenset(("accept", "content-type", "authorization"))
"""Header parameters that are ignored, as OpenAPI says: they are said elsewhere."""
_OF_TRANSPORT: Final = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent", "cookie")
)
"""Headers that whoever makes the call sets."""
_TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")
_SENDABLE: Final = re.compile(r"[\x20-\x7e]{1,200}")
_PLAIN_NAME: Final = re.compile(r"[\w.$~ -]+")
_KEY_PLACES: Final = {
    SecurityKind.API_KEY_HEADER: "header",
    SecurityKind.API_KEY_QUERY: "query",
    SecurityKind.API_KEY_COOKIE: "cookie",
}


class Parameters(NamedTuple):
    """What parameters come to.

    Attributes:
        path: the template, with the names that arguments have on the wire; query parameters with a single
            value that has to be given stand behind it.
        arguments: those of the path first.
        schemas: attribute -> the argument's schema, behind references.
        idempotency_header, headers: see RestCall.
        names, attributes: that are taken.
    """

    path: str
    arguments: tuple[Argument, ...]
    schemas: dict[str, dict[str, Any]]
    idempotency_header: str | None
    headers: tuple[tuple[str, str], ...]
    names: Taken
    attributes: Taken


class _Found(NamedTuple):
    """A parameter object, with what makes it one."""

    name: str
    place: Place
    placed: Placed


def read_parameters(scene: Scene, item: Placed, operation: Placed, path: str, owner: str) -> Parameters:
    """The arguments that are made of parameters.

    Args:
        scene: the document.
        item: the path's item.
        operation: one of its operations.
        path: its template.
        owner: the operation's name, for types that have none.
    """
    found = _merged(scene, item, operation)
    path, found = _fitted(scene, path.partition("#")[0], found, operation)
    made = Parameters(path, (), {}, None, (), Taken(), Taken())
    arguments: list[Argument] = []
    constants: dict[Place, list[tuple[str, str]]] = {Place.HEADER: [], Place.QUERY: []}
    idempotency: str | None = None
    for one in found:
        only = _only_value(scene, one)
        if only is not None:
            constants[one.place].append((one.name, only))
        elif (
            idempotency is None
            and one.place is Place.HEADER
            and is_idempotency_key(one.name, one.placed.node)
        ):
            idempotency = one.name
            arguments.append(_key_argument(one, made))
        else:
            argument, schema = _argument(scene, one, made, owner)
            arguments.append(argument)
            made.schemas[argument.attribute] = schema
    return made._replace(
        path=_with_query(path, constants[Place.QUERY]),
        arguments=tuple(arguments),
        idempotency_header=idempotency,
        headers=tuple(constants[Place.HEADER]),
    )


def _only_value(scene: Scene, one: _Found) -> str | None:
    """The value of a query parameter or a header that has to be given and can have no other."""
    node, at = one.placed
    if one.place not in {Place.QUERY, Place.HEADER} or not flag(node.get("required")):
        return None
    _, schema, schema_at = _schema(node, at)
    plain = scene.schema(schema, schema_at) if schema is not None else {}
    values = sequence(plain.get("enum")) or ([plain["const"]] if "const" in plain else [])
    value = values[0] if len(values) == 1 else None
    is_sendable = isinstance(value, str) and _SENDABLE.fullmatch(value) is not None
    return value if is_sendable and plain.get("type", "string") == "string" else None


def _with_query(path: str, constants: list[tuple[str, str]]) -> str:
    if not constants:
        return path
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in constants)
    return f"{path}{'&' if '?' in path else '?'}{query}"


def _merged(scene: Scene, item: Placed, operation: Placed) -> list[_Found]:
    """The parameters of both; of the same name and place the operation's."""
    found: dict[tuple[str, Place], _Found] = {}
    for owner in (item, operation):
        at = owner.at / "parameters"
        for number, node in enumerate(sequence(owner.node.get("parameters"))):
            placed = scene.follow(node, at / number)
            one = None if placed is None else _known(scene, placed)
            if one is not None:
                found[one.name, one.place] = one
    return list(found.values())


def _known(scene: Scene, placed: Placed) -> _Found | None:
    """A parameter that clients may give; None for others."""
    node = placed.node
    name, place = text(node.get("name")), text(node.get("in")).lower()
    if not name or place not in {"path", "query", "header", "cookie"}:
        scene.problems.weaker(
            placed.at, "is a parameter without a name" if not name else "has no place that is known"
        )
        return None
    lower = name.lower()
    if place == "header" and lower in _NOT_DECLARED | _OF_TRANSPORT:
        return None
    if any(
        _KEY_PLACES.get(scheme.kind) == place and scheme.parameter.lower() == lower
        for scheme in scene.security.values()
    ):
        return None
    return _Found(name, Place(place), placed)


def _fitted(scene: Scene, path: str, found: list[_Found], operation: Placed) -> tuple[str, list[_Found]]:
    """Parameters and template brought together: what the template lacks is left out, what it has and nobody
    declares is a text.
    """
    declared = {one.name: one for one in found if one.place is Place.PATH}
    lower = {name.lower(): name for name in declared}
    used: dict[str, _Found] = {}

    def wire(match: re.Match[str]) -> str:
        said = match[1].strip()
        plain = _PLAIN_NAME.match(said.lstrip("+./;#"))
        short = plain[0].strip() if plain else said
        name = said if said in declared else short if short in declared else lower.get(short.lower(), short)
        if not name:
            return ""
        if name not in used:
            used[name] = declared.get(name) or _Found(name, Place.PATH, Placed({}, operation.at))
        return f"{{{name}}}"

    fitted = _TEMPLATE.sub(wire, path)
    for name, one in declared.items():
        if name not in used:
            scene.problems.note(one.placed.at, f"the path has no place for '{name}'"[:200])
    return fitted, [*used.values(), *(one for one in found if one.place is not Place.PATH)]


def _key_argument(one: _Found, made: Parameters) -> Argument:
    name = made.names.claim("idempotencyKey")
    return Argument(
        name=name,
        attribute=made.attributes.claim(attribute(name)),
        wire=one.name,
        place=Place.HEADER,
        type=Named(Scalar.STRING),
        description=sentence(one.placed.node.get("description")),
        style="simple",
    )


def _argument(scene: Scene, one: _Found, made: Parameters, owner: str) -> tuple[Argument, dict[str, Any]]:
    node, at = one.placed
    plainly = camel(one.name)
    longer = camel(f"{one.place} {one.name}") if plainly else ""
    name = made.names.claim(plainly, longer, f"{one.place}Parameter")
    content_type, schema, schema_at = _schema(node, at)
    plain = scene.schema(schema, schema_at) if schema is not None else {}
    styles = _STYLES[one.place]
    said = text(node.get("style"))
    style = said if said in styles else styles[0]
    hints = (f"{pascal(owner)}{pascal(name)}",)
    made_type = Named(Scalar.STRING) if schema is None else scene.types.input(schema, schema_at, *hints)
    argument = Argument(
        name=name,
        attribute=made.attributes.claim(attribute(name), attribute(f"{one.place} {name}")),
        wire=one.name,
        place=one.place,
        type=made_type,
        required=one.place is Place.PATH or flag(node.get("required")),
        description=sentence(node.get("description")) or sentence(plain.get("description")),
        deprecated=reason_of(node),
        default=as_json(plain.get("default")),
        style=style,
        explode=flag(node.get("explode"), otherwise=style == "form"),
        allow_reserved=flag(node.get("allowReserved")),
        content_type=content_type,
    )
    return argument, plain


def _schema(node: dict[str, Any], at: Location) -> tuple[str, Any, Location]:
    """A parameter's media type ("" for a style), its schema (None where there is none), and where it is."""
    if isinstance(node.get("schema"), dict | bool):
        return "", node["schema"], at / "schema"
    for content_type, media in mapping(node.get("content")).items():
        schema = mapping(media).get("schema")
        place = at / "content" / content_type / "schema"
        return text(content_type), schema if isinstance(schema, dict | bool) else {}, place
    return "", None, at


def as_json(value: Any) -> str | None:
    """A default as a text; None where there is none, or where JSON cannot say it."""
    if value is None:
        return None
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return None


def reason_of(node: dict[str, Any]) -> str | None:
    """Why something is deprecated; None where it is not."""
    if not flag(node.get("deprecated")):
        return None
    return text(node.get("x-deprecated-message")) or "Deprecated by the upstream."
