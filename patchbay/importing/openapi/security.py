"""Security schemes, and which of them an operation needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import Security, SecurityKind
from patchbay.importing.openapi.nodes import mapping, members, sentence, sequence, text

if TYPE_CHECKING:
    from collections.abc import Container

    from patchbay.importing.documents.location import Location
    from patchbay.importing.openapi.nodes import Problems
    from patchbay.importing.openapi.scene import Scene

_KEYS: Final = {
    "header": SecurityKind.API_KEY_HEADER,
    "query": SecurityKind.API_KEY_QUERY,
    "cookie": SecurityKind.API_KEY_COOKIE,
}
_HTTP: Final = {"basic": SecurityKind.BASIC, "bearer": SecurityKind.BEARER}
_FLOWS: Final = (
    "clientCredentials",
    "application",
    "authorizationCode",
    "accessCode",
    "password",
    "implicit",
)


def read_schemes(scene: Scene) -> dict[str, Security]:
    """The document's schemes; what is none is noted and left out."""
    documents = scene.documents
    at = documents.at / "components" / "securitySchemes"
    found: dict[str, Security] = {}
    declared = mapping(mapping(documents.root.get("components")).get("securitySchemes"))
    for name, node in members(declared):
        placed = scene.follow(node, at / name)
        if placed is None:
            continue
        scheme = _scheme(name, placed.node)
        if scheme is None:
            scene.problems.weaker(at / name, "is no security scheme that is known")
        else:
            found[name] = scheme
    return found


def _scheme(name: str, node: dict[str, Any]) -> Security | None:
    kind = text(node.get("type")).lower()
    described = sentence(node.get("description"))
    if kind == "apikey":
        return _api_key(name, node, described)
    if kind in {"http", "basic", "bearer"}:
        said = text(node.get("scheme")).lower() if kind == "http" else kind
        return Security(name, _HTTP.get(said, SecurityKind.OTHER), description=described)
    if kind == "oauth2":
        return _oauth2(name, node, described)
    if kind in {"openidconnect", "mutualtls"}:
        return Security(name, SecurityKind.OTHER, description=described)
    return None


def _api_key(name: str, node: dict[str, Any], described: str | None) -> Security | None:
    place = _KEYS.get(text(node.get("in")).lower())
    parameter = text(node.get("name"))
    if place is None or not parameter:
        return None
    if place is SecurityKind.API_KEY_HEADER and parameter.lower() == "authorization":
        place = _of_authorization(node)
    return Security(name, place, parameter, description=described)


def _of_authorization(node: dict[str, Any]) -> SecurityKind:
    """An API key in Authorization, which some write for a bearer token."""
    said = f"{text(node.get('description'))} {text(node.get('x-bearer-format'))}".lower()
    return SecurityKind.BEARER if "bearer" in said else SecurityKind.API_KEY_HEADER


def _oauth2(name: str, node: dict[str, Any], described: str | None) -> Security:
    flows = mapping(node.get("flows"))
    for flow_name in _FLOWS:
        flow = mapping(flows.get(flow_name))
        if not flow:
            continue
        scopes = tuple(scope for scope, _ in members(flow.get("scopes")))
        token_url = text(flow.get("tokenUrl"))
        machine = flow_name in {"clientCredentials", "application"} and token_url
        kind = SecurityKind.CLIENT_CREDENTIALS if machine else SecurityKind.OTHER
        return Security(name, kind, token_url=token_url, scopes=scopes, description=described)
    return Security(name, SecurityKind.OTHER, description=described)


def requirements(
    node: Any, at: Location, schemes: Container[str], problems: Problems
) -> tuple[tuple[str, ...], ...]:
    """Alternatives of schemes, in the document's order; () where none is needed.

    Where nothing is needed in one alternative beside others, it is an empty one.
    """
    found: list[tuple[str, ...]] = []
    for number, alternative in enumerate(sequence(node)):
        names = [name for name in map(text, mapping(alternative)) if name]
        unknown = [name for name in names if name not in schemes]
        if unknown:
            problems.note(
                at / number, f"needs a security scheme that is not there: {', '.join(unknown)}"[:200]
            )
            continue
        wanted = tuple(names)
        if wanted not in found:
            found.append(wanted)
    return tuple(found) if any(found) else ()
