"""What a document is: a description of OpenAPI of some version, or something else that people hand over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Version = Literal["2.0", "3.0", "3.1"]

_MARKUP = re.compile(rb"\s*<[!?\w]")

_RAML = re.compile(rb"\s*#%RAML")

_SWAGGER_MEMBERS = frozenset(
    ("definitions", "host", "basePath", "securityDefinitions", "consumes", "produces")
)

_HAS_PATHS = "paths"


def version_of(root: Mapping[str, Any]) -> Version | None:
    """The version of a document's dialect; None where it is no OpenAPI document.

    Later 3.x count as 3.1. A document that forgot to say its version is known by its paths.
    """
    named = _number(root.get("openapi")) or _number(root.get("swagger"))
    if named is None:
        return _guessed(root)
    if named.startswith("2"):
        return "2.0"
    if named.startswith("3"):
        return "3.0" if re.match(r"3(\.0|$|[^.\d])", named) else "3.1"
    return None


def seems_to_be(root: Any) -> str:
    """What a document without a known version is: the rest of a sentence that starts with its name."""
    if not isinstance(root, dict):
        return "is no OpenAPI document: its top is not an object"
    for name, is_one in _OTHERS:
        if is_one(root):
            return f"is no OpenAPI document; it seems to be {name}"
    return "is no OpenAPI document: it has neither 'openapi' nor 'swagger' with a version, nor 'paths'"


def no_data(content: bytes) -> str | None:
    """What a text seems to be that holds neither JSON nor YAML; None where it may hold them."""
    head = content[:4096]
    if _RAML.match(head):
        return "is no OpenAPI document; it seems to be RAML"
    if _MARKUP.match(head) is None:
        return None
    lower = head.lower()
    if b"wsdl" in lower or b"definitions" in lower:
        return "is no OpenAPI document; it seems to be a WSDL, which is imported as SOAP"
    if b"<!doctype html" in lower or b"<html" in lower:
        return "is no OpenAPI document; it seems to be an HTML page"
    return "is no OpenAPI document; it seems to be XML"


def _number(said: object) -> str | None:
    """YAML makes a number of a version without quotes."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    return str(said).strip().removeprefix("v") or None


def _guessed(root: Mapping[str, Any]) -> Version | None:
    paths = root.get(_HAS_PATHS)
    if not isinstance(paths, dict) or not any(path.startswith("/") for path in paths):
        return None
    return "2.0" if _SWAGGER_MEMBERS & root.keys() else "3.0"


def _is_postman(root: dict[str, Any]) -> bool:
    info = root.get("info")
    return "item" in root and isinstance(info, dict) and ("_postman_id" in info or "schema" in info)


_OTHERS: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("a Postman collection", _is_postman),
    ("AsyncAPI", lambda root: "asyncapi" in root),
    ("Swagger 1, which is not read", lambda root: "swaggerVersion" in root),
    ("a GraphQL schema's introspection", lambda root: "__schema" in root or "__schema" in _data(root)),
    ("a Google API discovery document", lambda root: "discoveryVersion" in root),
    ("an Arazzo description", lambda root: "arazzo" in root),
    ("an OpenAPI overlay", lambda root: "overlay" in root),
    ("an Insomnia export", lambda root: "__export_format" in root),
    ("a HAR recording", lambda root: isinstance(root.get("log"), dict) and "entries" in root["log"]),
    ("RAML", lambda root: any(key.startswith("/") for key in root)),
    ("a JSON Schema", lambda root: "$schema" in root or ("type" in root and "properties" in root)),
    ("an OpenAPI document of another version", lambda root: "openapi" in root or "swagger" in root),
)


def _data(root: dict[str, Any]) -> dict[str, Any]:
    data = root.get("data")
    return data if isinstance(data, dict) else {}
