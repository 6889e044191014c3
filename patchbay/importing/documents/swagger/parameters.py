"""Parameters of Swagger 2.0: those of path, query and header, and those that make a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.importing.documents.swagger.shapes import extensions

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.documents.refs import Refs

_KEPT = ("name", "in", "description", "required", "allowEmptyValue", "deprecated", "example", "examples")

_SCHEMA = (
    "type", "format", "items", "default", "enum", "pattern", "uniqueItems", "multipleOf", "nullable",
    "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "maxItems",
    "minItems", "properties", "additionalProperties", "allOf",
)  # fmt: skip

_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited"}

FORM = "application/x-www-form-urlencoded"

MULTIPART = "multipart/form-data"


class Parameters:
    """Rewrites parameters, each once however many operations share it."""

    def __init__(self, refs: Refs) -> None:
        self._refs = refs
        self._known: dict[Location, dict[str, Any]] = {}

    def plain(self, parameter: dict[str, Any], place: Location) -> dict[str, Any]:
        """A parameter of path, query, header or cookie, as OpenAPI 3.0 has it."""
        known = self._known.get(place)
        if known is None:
            known = {name: parameter[name] for name in _KEPT if name in parameter} | extensions(parameter)
            known["schema"] = self._schema(parameter, place)
            if _is_list(parameter):
                known |= _style(parameter)
            self._refs.stands_at(known, place)
            self._known[place] = known
        return known

    def body(self, parameter: dict[str, Any], place: Location, consumes: list[str]) -> dict[str, Any]:
        """The request body that a parameter with `in: body` is."""
        schema = parameter.get("schema")
        if isinstance(schema, dict):
            schema = self._refs_kept(schema, place / "schema")
        else:
            schema = self._schema(parameter, place) if "type" in parameter else {}
        body = {
            "required": parameter.get("required") is True,
            "content": {media: {"schema": schema} for media in consumes or ["application/json"]},
            **{name: parameter[name] for name in ("description",) if name in parameter},
            **extensions(parameter),
        }
        self._refs.stands_at(body, place)
        return body

    def form(
        self, parameters: list[tuple[dict[str, Any], Location]], place: Location, consumes: list[str]
    ) -> dict[str, Any]:
        """The request body that parameters with `in: formData` are together.

        Args:
            parameters: each with its place.
            place: what the whole of them is known by.
            consumes: the operation's media types.
        """
        properties: dict[str, Any] = {}
        encoding: dict[str, Any] = {}
        required: list[str] = []
        for parameter, at in parameters:
            name = str(parameter.get("name"))
            schema = properties[name] = self._schema(parameter, at)
            if isinstance(parameter.get("description"), str):
                schema.setdefault("description", parameter["description"])
            if parameter.get("required") is True and name not in required:
                required.append(name)
            if _is_list(parameter):
                encoding[name] = _style({**parameter, "in": "query"})
        whole = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        self._refs.stands_at(whole, place)
        media = {"schema": whole, **({"encoding": encoding} if encoding else {})}
        has_file = any(parameter.get("type") == "file" for parameter, _ in parameters)
        content = dict.fromkeys(_form_kinds(consumes, has_file=has_file), media)
        body = {"required": bool(required), "content": content}
        self._refs.stands_at(body, place)
        return body

    def _schema(self, parameter: dict[str, Any], place: Location) -> dict[str, Any]:
        """What stands in the parameter itself, as a schema of its own."""
        said = parameter.get("schema")
        if isinstance(said, dict) and "type" not in parameter:
            return self._refs_kept(said, place / "schema")
        schema = {name: parameter[name] for name in _SCHEMA if name in parameter}
        if schema.get("type") == "file":
            schema |= {"type": "string", "format": "binary"}
        elif "type" not in schema and "allOf" not in schema:
            schema["type"] = "array" if "items" in schema else "string"
        self._refs.stands_at(schema, place)
        return schema

    def _refs_kept(self, schema: dict[str, Any], place: Location) -> dict[str, Any]:
        self._refs.stands_at(schema, place)
        return schema


def _is_list(parameter: dict[str, Any]) -> bool:
    return parameter.get("type") == "array" or "collectionFormat" in parameter


def _style(parameter: dict[str, Any]) -> dict[str, Any]:
    """How a list is written. OpenAPI 3 has no style for tabs, nor for repeated headers: commas it is."""
    written = parameter.get("collectionFormat")
    if parameter.get("in") != "query":
        return {"style": "simple", "explode": False}
    style = _STYLES.get(written, "form") if isinstance(written, str) else "form"
    return {"style": style, "explode": written == "multi"}


def _form_kinds(consumes: list[str], *, has_file: bool) -> list[str]:
    if has_file:
        return [MULTIPART]
    named = [kind for kind in consumes if kind.partition(";")[0].strip().lower() in (FORM, MULTIPART)]
    return named or [FORM]
