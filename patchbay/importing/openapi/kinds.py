"""The kinds of JSON values that a schema speaks of, as far as it can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from patchbay.importing.openapi.shape import Shape

KINDS: Final = frozenset(("object", "array", "string", "integer", "number", "boolean"))

_MEANT: Final = {
    "int": ("integer", None),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "long": ("integer", "int64"),
    "bigint": ("integer", "int64"),
    "short": ("integer", "int32"),
    "float": ("number", None),
    "double": ("number", None),
    "decimal": ("number", None),
    "bool": ("boolean", None),
    "str": ("string", None),
    "text": ("string", None),
    "char": ("string", None),
    "enum": ("string", None),
    "url": ("string", None),
    "uri": ("string", None),
    "email": ("string", None),
    "uuid": ("string", "uuid"),
    "guid": ("string", "uuid"),
    "date": ("string", "date"),
    "time": ("string", None),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "timestamp": ("string", None),
    "file": ("string", "binary"),
    "binary": ("string", "binary"),
    "list": ("array", None),
    "dict": ("object", None),
    "map": ("object", None),
    "hash": ("object", None),
    "json": ("object", None),
}
"""Types that documents have and JSON Schema has not -> what is meant, with a format."""
_TOLD_BY: Final = {
    "string": {"pattern", "minLength", "maxLength", "contentMediaType", "contentEncoding"},
    "number": {"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"},
}
_FORMATS: Final = {
    "int32": "integer",
    "int64": "integer",
    "integer": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
}

_OF_PYTHON: Final = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    int: "integer",
    float: "number",
    list: "array",
}


def only_kinds(declared: Any, words: dict[str, Any]) -> set[str]:
    """The kinds that `type` names, without null; a format that the type says is added to the words."""
    names = declared if isinstance(declared, list) else [declared]
    found = set[str]()
    for name in names:
        if not isinstance(name, str):
            continue
        kind = name.strip().lower()
        if kind in KINDS:
            found.add(kind)
        elif kind in _MEANT:
            meant, form = _MEANT[kind]
            found.add(meant)
            if form is not None:
                words.setdefault("format", form)
    return found


def kinds_of(shape: Shape) -> set[str]:
    """The kinds that a schema without `type` can only mean."""
    if shape.members or not isinstance(shape.extra, bool):
        return {"object"}
    if shape.items or shape.tuple_items:
        return {"array"}
    if shape.enum is not None:
        return {kind_of(value) for value in shape.enum} - {"null"}
    if shape.choices or not isinstance(shape.node, dict):
        return set()
    form = shape.words.get("format")
    if isinstance(form, str) and form:
        return {_FORMATS.get(form.lower(), "string")}
    return next(({kind} for kind, words in _TOLD_BY.items() if words & shape.node.keys()), set())


def kind_of(value: Any) -> str:
    """The kind of a value, "null" included."""
    return _OF_PYTHON.get(type(value), "object")
