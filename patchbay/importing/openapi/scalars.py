"""Which scalar a schema of text, numbers or truth values is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.model import Scalar
from patchbay.scalars import MAX_INT, MAX_SAFE_INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXTS: Final = {
    "date-time": Scalar.DATE_TIME,
    "datetime": Scalar.DATE_TIME,
    "date": Scalar.DATE,
    "time": Scalar.TIME,
    "duration": Scalar.DURATION,
    "uuid": Scalar.UUID,
    "guid": Scalar.UUID,
    "byte": Scalar.BASE64,
    "base64": Scalar.BASE64,
    "decimal": Scalar.DECIMAL,
}
_SMALL: Final = frozenset(("int32", "int16", "int8", "uint16", "uint8", "short"))
_EXACT: Final = frozenset(("decimal", "bigdecimal"))
_IDS: Final = frozenset((Scalar.STRING, Scalar.UUID))


def scalar_of(kind: str, words: Mapping[str, Any], *, is_input: bool) -> Scalar:
    """The scalar of "string", "integer", "number" or "boolean" with these formats and bounds."""
    form = words.get("format")
    form = form.strip().lower() if isinstance(form, str) else ""
    if kind == "string":
        if words.get("contentEncoding") in ("base64", "base64url"):
            return Scalar.BASE64
        if form == "binary":
            # In an answer's JSON it is a text like any other; a body that is bytes never comes here.
            return Scalar.UPLOAD if is_input else Scalar.STRING
        return _TEXTS.get(form, Scalar.STRING)
    if kind == "integer":
        return _whole(form, words)
    if kind == "number":
        # A Decimal is sent as a text, and the upstream wants a number.
        return Scalar.DECIMAL if form in _EXACT and not is_input else Scalar.FLOAT
    return Scalar.BOOLEAN


def as_id(name: str, scalar: Scalar) -> Scalar:
    """ID for a text that is called just that; numbers stay what they are, as they are on the wire."""
    return Scalar.ID if name == "id" and scalar in _IDS else scalar


def widest(scalars: Iterable[Scalar]) -> Scalar | None:
    """The scalar that holds the values of all; None where they are of different kinds."""
    found = set(scalars)
    if len(found) == 1:
        return found.pop()
    if found <= _WHOLE:
        return next(scalar for scalar in _BY_SIZE if scalar in found)
    if found <= _WHOLE | {Scalar.FLOAT}:
        return Scalar.FLOAT
    return Scalar.STRING if found <= _TEXTUAL else None


_BY_SIZE: Final = (Scalar.BIG_INT, Scalar.SAFE_INT, Scalar.INT)
_WHOLE: Final = frozenset(_BY_SIZE)
_TEXTUAL: Final = frozenset((*_TEXTS.values(), Scalar.STRING, Scalar.ID, Scalar.UPLOAD)) - {Scalar.DECIMAL}


def _whole(form: str, words: Mapping[str, Any]) -> Scalar:
    low, high = _bound(words.get("minimum")), _bound(words.get("maximum"))
    if high is not None and high > MAX_SAFE_INTEGER and form != "int64":
        return Scalar.BIG_INT
    if form in _SMALL:
        return Scalar.INT
    is_small = low is not None and high is not None and -MAX_INT - 1 <= low <= high <= MAX_INT
    return Scalar.INT if is_small else Scalar.SAFE_INT


def _bound(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
