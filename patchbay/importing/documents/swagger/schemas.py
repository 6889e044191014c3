"""Schemas of Swagger 2.0 with the words of OpenAPI 3.0, changed where they stand.

    x-nullable: true         -> nullable: true
    discriminator: petType   -> discriminator: {propertyName: petType, mapping: {Cat: "#/definitions/Cat"}}

They keep their places, so that pointers into the document hold. The mapping has each definition that is made
of the base by `allOf`, which is how this dialect says which types there are.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from patchbay.importing.documents.location import escaped
from patchbay.importing.documents.swagger.shapes import members

_WORDS = (b"x-nullable", b"discriminator")

_DEFINITIONS = "#/definitions/"


def modernise(content: bytes, tree: Any) -> None:
    """Change a document's schemas. A document that has none of the words is not walked."""
    if not any(word in content for word in _WORDS):
        return
    _walk(tree)
    definitions = tree.get("definitions") if isinstance(tree, dict) else None
    if isinstance(definitions, dict) and _WORDS[1] in content:
        _map_subtypes(definitions)


def _walk(tree: Any) -> None:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if type(node) is dict:
            if node.get("x-nullable") is True:
                node.setdefault("nullable", True)
            if type(node.get("discriminator")) is str:
                node["discriminator"] = {"propertyName": node["discriminator"]}
            waiting.extend(value for value in node.values() if type(value) is dict or type(value) is list)
        elif type(node) is list:
            waiting.extend(value for value in node if type(value) is dict or type(value) is list)


def _map_subtypes(definitions: dict[str, Any]) -> None:
    for name, schema in definitions.items():
        value = members(schema).get("x-ms-discriminator-value")
        value = value if isinstance(value, str) else name
        for base in _bases(name, definitions):
            discriminator = members(definitions[base]).get("discriminator")
            if isinstance(discriminator, dict):
                mapping = discriminator.setdefault("mapping", {})
                if isinstance(mapping, dict):
                    mapping.setdefault(value, f"{_DEFINITIONS}{quote(escaped(name), safe='~')}")


def _bases(name: str, definitions: dict[str, Any]) -> list[str]:
    """The definitions that one is made of by `allOf`, itself first."""
    found = {name: None}
    waiting = [name]
    while waiting:
        held = members(definitions.get(waiting.pop())).get("allOf")
        for part in held if isinstance(held, list) else ():
            ref = members(part).get("$ref")
            base = ref.removeprefix(_DEFINITIONS) if isinstance(ref, str) else ""
            if base in definitions and base not in found:
                found[base] = None
                waiting.append(base)
    return list(found)
