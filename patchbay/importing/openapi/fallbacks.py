"""How many fields could only be JSON: what a corpus is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.importing.model import ListOf, Named, Scalar

if TYPE_CHECKING:
    from patchbay.importing.model import TypeRef


@dataclass
class Fallbacks:
    """Fields of output and of input types.

    Args:
        out_fields, in_fields: all.
        out_json, in_json: those that hold JSON, be it in a list or a map.
        out_weaker, in_weaker: of these, those of which the document says more.
    """

    out_fields: int = 0
    out_json: int = 0
    out_weaker: int = 0
    in_fields: int = 0
    in_json: int = 0
    in_weaker: int = 0

    def count(self, ref: TypeRef, *, is_weaker: bool, is_input: bool) -> None:
        """Count one field."""
        json = int(innermost(ref) == Scalar.JSON)
        weaker = int(is_weaker and json)
        if is_input:
            self.in_fields += 1
            self.in_json += json
            self.in_weaker += weaker
        else:
            self.out_fields += 1
            self.out_json += json
            self.out_weaker += weaker


def innermost(ref: TypeRef) -> str:
    """The name of what lists and maps hold in the end."""
    while not isinstance(ref, Named):
        ref = ref.item if isinstance(ref, ListOf) else ref.value
    return ref.name
