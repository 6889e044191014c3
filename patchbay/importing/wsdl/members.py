"""A member of a complex type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patchbay.importing.wsdl.names import Source
    from patchbay.importing.wsdl.simple import Use


@dataclass(slots=True)
class Member:
    """An element or attribute of a complex type.

    Args:
        wire: local name; "" for what an `xs:any` holds.
        namespace: "" for none.
        use: what it holds.
        node: where it is declared, for its description, its default and problems.
        source: of the node.
        required: it has to be there.
        many: it may be there more than once.
        most: how often at most; None where nothing bounds it.
        nillable: `xsi:nil` may stand for it.
        attribute: whether it is an attribute.
        type_name: "{namespace}name" of its type; "" for an unnamed one.
    """

    wire: str
    namespace: str
    use: Use
    node: Any
    source: Source
    required: bool = False
    many: bool = False
    most: int | None = 1
    nillable: bool = False
    attribute: bool = False
    type_name: str = ""

    @property
    def any(self) -> bool:
        """Whether it stands for whatever elements there are."""
        return not self.wire

    def optional(self) -> Member:
        """The same, where it need not be there."""
        return replace(self, required=False)


def widest(one: int | None, other: int | None) -> int | None:
    """How often what one of two types has may be there, where either may stand."""
    return None if one is None or other is None else max(one, other)
