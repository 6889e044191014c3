"""What a schema is called in its document: its component's name, or a title that says something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.documents.location import unescaped
from patchbay.importing.naming import pascal, words
from patchbay.importing.openapi.nouns import singular

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location

_SHELVES: Final = frozenset(("schemas", "definitions", "$defs"))
"""Under these each member is a schema with a name of its own."""
_OTHER_SHELVES: Final = frozenset(("responses", "parameters", "requestBodies", "headers"))
_STEPS: Final = frozenset(
    "properties items additionalProperties oneOf anyOf allOf prefixItems patternProperties not".split()
)
_TOPS: Final = frozenset(("paths", "components", "webhooks", "info", "tags", "servers", "x-webhooks"))
_NAMED: Final = 2
_SAYS_NOTHING: Final = frozenset(
    "response request success successful ok result data object schema body payload inline model root the "
    "default a an of item items value array list type".split()
)
_MOST_WORDS: Final = 6
_LAST_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+$|[A-Z]+$")


def component_name(at: Location) -> str:
    """A name made of where a schema stands: "OrderItem" of `#/components/schemas/order_item`, "Order" of the
    file `schemas/order.yaml`; "" where nothing is called anything there.
    """
    tokens = at.pointer.split("/")[1:]
    if not tokens or tokens == [""]:
        return pascal(re.sub(r"\.\w{1,5}$", "", at.file.rpartition("/")[2].partition("?")[0]))
    named = len(tokens) >= _NAMED and tokens[-2] in _SHELVES and tokens[-3:-2] != ["properties"]
    if named:
        return pascal(unescaped(tokens[-1]))
    if tokens[-1] == "schema" and "paths" not in tokens[:1]:
        start = 1 if tokens[0] == "components" else 0
        if len(tokens) > start + 1 and tokens[start] in _OTHER_SHELVES:
            return pascal(unescaped(tokens[start + 1]))
    if len(tokens) == 1 or (len(tokens) == _NAMED and tokens[0] not in _STEPS and tokens[0] not in _TOPS):
        return pascal(unescaped(tokens[-1]))
    return ""


def title_name(schema: dict[str, Any], property_name: str) -> str:
    """The title as a type's name; "" where it is a sentence, says nothing, or only what the property says."""
    extended = schema.get("x-ms-enum")
    title = schema.get("title") or (extended.get("name") if isinstance(extended, dict) else None)
    if not isinstance(title, str):
        return ""
    found = [word.lower() for word in words(title[:200])]
    if len(found) > _MOST_WORDS or _SAYS_NOTHING.issuperset(found):
        return ""
    if found == [word.lower() for word in words(property_name)]:
        return ""
    return pascal(title)


def singular_name(name: str) -> str:
    """The name of one of these: "OrderLines" -> "OrderLine"; the same where that is not to be told."""
    match = _LAST_WORD.search(name)
    if match is None:
        return name
    last = match.group()
    one = singular(last)
    return name[: match.start()] + one[:1].upper() + one[1:]
