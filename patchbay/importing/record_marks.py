"""Of which model's type a record is, told by its class."""

from __future__ import annotations

from typing import Final, NamedTuple

MARK: Final = "__model_type__"
"""Under this name a record's class has its TypeMark, narrower classes as well."""


class TypeMark(NamedTuple):
    """Of which model's type a record is.

    Args:
        upstream: the model's name.
        type: the type's.
    """

    upstream: str
    type: str


def mark_of(kind: type) -> TypeMark | None:
    """The mark of a record's class; None of any other class."""
    found: TypeMark | None = getattr(kind, MARK, None)
    return found
