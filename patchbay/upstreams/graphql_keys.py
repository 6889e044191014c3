"""Keys as GraphQL's variables: each as its declared type, and none that another key could be taken for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import inspect, structs

if TYPE_CHECKING:
    from typing import Any

Writer: TypeAlias = Callable[[str], object]
"""A key, or a part of one, as it stands in the variables; None where it cannot, so that nothing has it."""

_MAX_INT = 2**31 - 1
_MAX_INT64 = 2**63 - 1
_MAX_FLOAT = 2.0**1023


def key_writer(scalar: str | None, record: Any = None, attribute: str | None = None) -> Writer:
    """How a key is written.

    Args:
        scalar: the GraphQL type that it is sent as, where that is known.
        record: whose key it is; None where that is not known.
        attribute: the key's. Its type tells where the scalar is none of GraphQL's own.
    """
    if scalar == "Int":
        return lambda text: _number(int, text, _MAX_INT)
    if scalar == "Float":
        return lambda text: _number(float, text, _MAX_FLOAT)
    if scalar in ("ID", "String") or record is None:
        return _text
    kind = inspect.type_info(next(each.type for each in structs.fields(record) if each.name == attribute))
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    return (lambda text: _number(int, text, _MAX_INT64)) if isinstance(kind, inspect.IntType) else _text


def _number(kind: type[int | float], text: str, most: float) -> int | float | None:
    """The number that reads as this text and as no other."""
    try:
        number = kind(text)
    except ValueError:
        return None
    return number if str(number) == text and -most - 1 <= number <= most else None


def _text(text: str) -> str | None:
    # A lone surrogate has no UTF-8 form. Any character in its stead could be the key of something else.
    return text if text.encode("utf-8", "ignore").decode() == text else None
