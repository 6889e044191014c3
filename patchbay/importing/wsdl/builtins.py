"""The simple types that XML Schema has built in, in all its versions, as scalars."""

from __future__ import annotations

from typing import Final

from patchbay.importing.model import Scalar

ANY_TYPES: Final = frozenset(("anyType", "ur-type"))
"""Whose values can be anything, elements as well."""

LISTS: Final = frozenset(("NMTOKENS", "IDREFS", "ENTITIES"))
"""Texts with spaces between the items."""

_TEXTS: Final = (
    "string normalizedString token language Name NCName NMTOKEN ID IDREF ENTITY QName NOTATION anyURI "
    "anySimpleType anyAtomicType hexBinary gYear gYearMonth gMonth gMonthDay gDay "
    "NMTOKENS IDREFS ENTITIES uriReference CDATA month year century recurringDate recurringDay "
    "recurringDuration timePeriod urSimpleType error"
)

SCALARS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(_TEXTS.split(), Scalar.STRING),
    **dict.fromkeys(("int", "short", "byte", "unsignedShort", "unsignedByte"), Scalar.INT),
    **dict.fromkeys(("long", "unsignedInt"), Scalar.SAFE_INT),
    **dict.fromkeys(
        (
            "integer",
            "positiveInteger",
            "nonNegativeInteger",
            "negativeInteger",
            "nonPositiveInteger",
            "unsignedLong",
        ),
        Scalar.BIG_INT,
    ),
    **dict.fromkeys(("float", "double"), Scalar.FLOAT),
    "decimal": Scalar.DECIMAL,
    "boolean": Scalar.BOOLEAN,
    **dict.fromkeys(("dateTime", "dateTimeStamp", "timeInstant"), Scalar.DATE_TIME),
    "date": Scalar.DATE,
    "time": Scalar.TIME,
    **dict.fromkeys(("duration", "dayTimeDuration", "yearMonthDuration", "timeDuration"), Scalar.DURATION),
    **dict.fromkeys(("base64Binary", "binary"), Scalar.BASE64),
    **dict.fromkeys(ANY_TYPES, Scalar.JSON),
}
"""Local name -> scalar."""
