"""What schemas become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from patchbay.importing.model import Named, Scalar

if TYPE_CHECKING:
    from patchbay.importing.model import TypeRef


class Mapped(NamedTuple):
    """What a schema has become.

    Attributes:
        ref: the type.
        nullable: whether null may stand there.
        is_weaker: it is JSON, though the document says more.
    """

    ref: TypeRef
    nullable: bool = False
    is_weaker: bool = False


JSON: Final = Named(Scalar.JSON)
WEAKER: Final = Mapped(JSON, nullable=True, is_weaker=True)
