"""Where a document's server is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.openapi.nodes import mapping, sequence, text

if TYPE_CHECKING:
    from patchbay.importing.documents.location import Location
    from patchbay.importing.openapi.nodes import Problems

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


def servers(node: Any, at: Location, problems: Problems) -> tuple[str, ...]:
    """The addresses of a `servers` member, each once; relative ones stay so.

    A variable is replaced by its default, or by the first of its values; where it has neither, it stays, and
    a note is made.
    """
    found: list[str] = []
    for number, server in enumerate(sequence(node)):
        url = text(mapping(server).get("url"))
        if not url:
            continue
        address = _filled(url, mapping(mapping(server).get("variables")))
        if _VARIABLE.search(address):
            problems.note(at / number, "has variables without a default in its address")
        if address not in found:
            found.append(address)
    return tuple(found)


def _filled(url: str, variables: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        variable = mapping(variables.get(match[1]))
        default = variable.get("default")
        said = text(default) or next(filter(None, map(text, sequence(variable.get("enum")))), "")
        return said or ("" if default == "" else match[0])

    return _VARIABLE.sub(value, url)
