"""Scalars and their texts in XML."""

from __future__ import annotations

import base64
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import Scalar
from patchbay.upstreams.soap_xml import is_xml_text

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INT: Final = 2**31
MAX_SAFE_INT: Final = 2**53
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_BOOLEANS: Final = {
    "true": True,
    "1": True,
    "false": False,
    "0": False,
    "True": True,
    "False": False,
    "TRUE": True,
    "FALSE": False,
}
"""The last four are none of XML Schema's, and are sent all the same."""

_NOT_FINITE: Final = ("INF", "+INF", "-INF", "NaN")


class Unwritable(ValueError):
    """A value that XML, or the type that is declared, cannot hold. The message is the rest of a sentence."""


# ------------------------------------------------------------------------------------------------ reading


def reader(scalar: str) -> Callable[[str], Any]:
    """Text -> value. What it makes raises ValueError; white space around the text is its affair."""
    return _READ.get(scalar, _stripped)


def _integer(text: str) -> int:
    # Python reads more than XML Schema: "1_000", and digits of other scripts.
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped) is None:
        raise ValueError("not a whole number")
    return int(stripped)


def _int(text: str) -> int:
    value = _integer(text)
    if not -MAX_INT <= value < MAX_INT:
        raise ValueError("not a whole number of 32 bits")
    return value


def _safe_int(text: str) -> int:
    value = _integer(text)
    if not -MAX_SAFE_INT < value < MAX_SAFE_INT:
        raise ValueError("not a whole number of 53 bits")
    return value


def _float(text: str) -> float:
    stripped = text.strip()
    value = float(stripped) if _DECIMAL.fullmatch(stripped) is not None else math.nan
    # Neither GraphQL nor JSON has the others that XML Schema has.
    return value if math.isfinite(value) else _fail("not a number")


def _boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.strip())
    return _fail("neither true nor false") if value is None else value


def _decimal(text: str) -> Decimal:
    stripped = text.strip()
    return Decimal(stripped) if _DECIMAL.fullmatch(stripped) is not None else _fail("not a number")


def _stripped(text: str) -> str:
    return text.strip()


def _verbatim(text: str) -> str:
    return text


def _base64(text: str) -> str:
    # Most of the long ones come in lines.
    return "".join(text.split())


def hex_as_base64(text: str) -> str:
    """What `xs:hexBinary` holds, as base64. Raises ValueError."""
    return base64.b64encode(bytes.fromhex(text)).decode()


def _fail(problem: str) -> Any:
    raise ValueError(problem)


_READ: Final[dict[str, Callable[[str], Any]]] = {
    Scalar.STRING: _verbatim,
    Scalar.ID: _verbatim,
    Scalar.INT: _int,
    Scalar.SAFE_INT: _safe_int,
    Scalar.BIG_INT: _integer,
    Scalar.FLOAT: _float,
    Scalar.BOOLEAN: _boolean,
    Scalar.DECIMAL: _decimal,
    Scalar.BASE64: _base64,
}

TEXTUAL: Final = frozenset((Scalar.STRING, Scalar.ID))
"""An empty element holds the empty text; of all others, nothing."""

# ------------------------------------------------------------------------------------------------ writing


def written(scalar: str, value: Any) -> str:
    """Value -> text.

    Args:
        scalar: see Scalar.
        value: a text, a number or a boolean.

    Raises:
        Unwritable: the text holds characters that XML cannot, or the value is none of the scalar's.
    """
    if isinstance(value, (dict, list)):
        raise Unwritable("is not a single value where the upstream takes one")
    write = _WRITE.get(scalar)
    try:
        text = plain(value) if write is None else write(value)
    except (ValueError, OverflowError) as error:
        raise Unwritable("holds a value that the upstream's type cannot hold") from error
    if not is_xml_text(text):
        raise Unwritable("holds a character that XML cannot carry")
    return text


def plain(value: Any) -> str:
    """A scalar as XML Schema writes its own."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    return str(value)


def base64_as_hex(value: Any) -> str:
    """What `xs:hexBinary` is written as. Raises Unwritable."""
    try:
        return base64.b64decode(str(value), validate=True).hex().upper()
    except ValueError as error:
        raise Unwritable("is not base64") from error


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return repr(value)


def _integer_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(_integer(str(value)))


def _number_text(value: Any) -> str:
    text = plain(value).strip()
    if text not in _NOT_FINITE:
        _float(text)
    return text


def _boolean_text(value: Any) -> str:
    return "true" if (value if isinstance(value, bool) else _boolean(str(value))) else "false"


_WRITE: Final[dict[str, Callable[[Any], str]]] = {
    Scalar.INT: _integer_text,
    Scalar.SAFE_INT: _integer_text,
    Scalar.BIG_INT: _integer_text,
    Scalar.FLOAT: _number_text,
    Scalar.BOOLEAN: _boolean_text,
    Scalar.DECIMAL: lambda value: f"{_decimal(plain(value)):f}",
}
