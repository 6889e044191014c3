"""`securityDefinitions` as `securitySchemes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.errors import UnresolvedRef
from patchbay.importing.documents.swagger.shapes import members

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.documents.refs import Refs

_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


def security_schemes(root: dict[str, Any], at: Location, refs: Refs) -> dict[str, Any]:
    """The schemes by their names; what is none of this dialect's stays as it is."""
    schemes: dict[str, Any] = {}
    for name, node in members(root.get("securityDefinitions")).items():
        place = at / "securityDefinitions" / name
        try:
            scheme, place = refs.resolve(node, place)
        except UnresolvedRef:
            schemes[name] = node
            continue
        schemes[name] = _scheme(scheme) if isinstance(scheme, dict) else scheme
        refs.stands_at(schemes[name], place)
    return schemes


def _scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    kind = scheme.get("type")
    if kind == "basic":
        rest = {name: value for name, value in scheme.items() if name != "type"}
        return {**rest, "type": "http", "scheme": "basic"}
    if kind == "oauth2" and "flows" not in scheme:
        flow = scheme.get("flow")
        said = {name: scheme[name] for name in ("authorizationUrl", "tokenUrl", "scopes") if name in scheme}
        rest = {name: value for name, value in scheme.items() if name not in said and name != "flow"}
        known = _FLOWS.get(flow) if isinstance(flow, str) else None
        return {**rest, "flows": {known or "implicit": {"scopes": {}, **said}}}
    return dict(scheme)
