"""Responses of Swagger 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.swagger.shapes import extensions, members

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.documents.refs import Refs

_JSON = ["application/json"]

_BYTES = ["application/octet-stream"]


class Responses:
    """Rewrites responses, each once for all operations that share it and answer with the same media types."""

    def __init__(self, refs: Refs) -> None:
        self._refs = refs
        self._known: dict[tuple[Location, tuple[str, ...]], dict[str, Any]] = {}

    def upgraded(self, response: dict[str, Any], place: Location, produces: list[str]) -> dict[str, Any]:
        """A response as OpenAPI 3.0 has it."""
        key = (place, tuple(produces))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(response, place, produces)
            self._refs.stands_at(known, place)
        return known

    def _made(self, response: dict[str, Any], place: Location, produces: list[str]) -> dict[str, Any]:
        made = extensions(response)
        if "description" in response:
            made["description"] = response["description"]
        if isinstance(response.get("headers"), dict):
            made["headers"] = self._headers(response["headers"], place / "headers")
        content = response.get("content")
        made["content"] = content if isinstance(content, dict) else self._content(response, place, produces)
        if not made["content"]:
            del made["content"]
        return made

    def _headers(self, headers: dict[str, Any], place: Location) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, header in headers.items():
            said = members(header)
            schema = {key: value for key, value in said.items() if key != "description"}
            described = {"description": said["description"]} if "description" in said else {}
            made[name] = {**described, "schema": schema}
            self._refs.stands_at(made[name], place / name)
            self._refs.stands_at(schema, place / name)
        return made

    def _content(self, response: dict[str, Any], place: Location, produces: list[str]) -> dict[str, Any]:
        examples = members(response.get("examples"))
        schema = response.get("schema")
        if not isinstance(schema, dict):
            return {media: {"example": example} for media, example in examples.items() if "/" in media}
        if schema.get("type") == "file":
            schema = {**schema, "type": "string", "format": "binary"}
            produces = produces or _BYTES
        self._refs.stands_at(schema, place / "schema")
        return {
            media: {"schema": schema, **({"example": examples[media]} if media in examples else {})}
            for media in produces or _JSON
        }
