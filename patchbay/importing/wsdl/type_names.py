"""Names of the model's types, from those of the schemas."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from patchbay.importing.model import Scalar
from patchbay.importing.naming import Taken, pascal
from patchbay.importing.wsdl.names import split

if TYPE_CHECKING:
    from patchbay.importing.wsdl.schemas import Definition

RESERVED: Final = (*(scalar.value for scalar in Scalar), "Query", "Mutation", "Subscription", "PageInfo")

_PARTS = re.compile(r"[/:#?=&]+")
_SAYS_NOTHING = re.compile(
    r"v?[\d._-]*|www|com|org|net|urn|https?|xml|xsds?|wsdls?|schemas?|xmlschema|types?|services?|webservices?|ws|soap",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\.(xsd|wsdl|asmx|php|svc|xml)$", re.IGNORECASE)


class TypeNames:
    """Names that are given out, each once."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken = Taken(*RESERVED)

    def of(self, definition: Definition, *, is_input: bool, kind: str) -> str:
        """A name for a definition: its own, or else that of its path; `kind` as in "Type" or "Enum"."""
        if definition.name:
            wanted = [pascal(split(definition.name)[1])]
        else:
            hint = definition.hint
            wanted = [pascal(" ".join(hint[-length:])) for length in range(min(2, len(hint)), len(hint) + 1)]
        plain = wanted[0] if wanted else ""
        word = namespace_word(definition.source.namespace)
        if plain and word and not plain.startswith(word):
            wanted.append(word + plain)
        wanted.append(plain if plain.endswith(kind) else plain + kind)
        return self.claim(*wanted, is_input=is_input)

    def claim(self, *wanted: str, is_input: bool = False) -> str:
        """The first that is free; inputs end in "Input"."""
        if is_input:
            wanted = tuple(name if name.endswith("Input") else f"{name}Input" for name in wanted)
        return self._taken.claim(*wanted)


@lru_cache(1024)
def namespace_word(namespace: str) -> str:
    """The word of a namespace that says most, as "Common" of "http://www.ups.com/XOLTWS/Common/v1.0"."""
    rest = namespace.partition("://")[2] or namespace
    host, *path = [part for part in _PARTS.split(rest) if part] or [""]
    for part in reversed(path):
        plain = _ENDING.sub("", part)
        if not _SAYS_NOTHING.fullmatch(plain):
            return pascal(plain.rpartition(".")[2] or plain)
    for label in host.split("."):
        if not _SAYS_NOTHING.fullmatch(label):
            return pascal(label)
    return ""
