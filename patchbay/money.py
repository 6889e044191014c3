"""Amounts of money in a currency's minor unit, exactly."""

from __future__ import annotations

import re
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation

from patchbay.scalars import MAX_SAFE_INTEGER

_DECIMALS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
"""ISO 4217's currencies that have no minor unit, or one of a thousandth; all others have hundredths."""

_USUAL_DECIMALS = 2
_CODE = re.compile(r"[A-Z]{3}")

# Any rounding is an error. Far more digits than a safe integer has, so that trailing zeros do no harm.
_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount as a whole number of the currency's minor unit: 19.90 EUR is 1990, 1500 JPY is 1500.

    Args:
        amount: in the currency's major unit.
        currency: ISO 4217 code.

    Raises:
        ValueError: not a code, not finite, more decimals than the currency has, or past 2**53 - 1 either
            way.
    """
    if _CODE.fullmatch(currency) is None:
        raise ValueError("not a currency's code")
    # Before any arithmetic: 1E+400000 as an integer would take seconds.
    if not amount.is_finite() or (amount and amount.adjusted() > len(str(MAX_SAFE_INTEGER))):
        raise ValueError("not an amount that can be held exactly")
    try:
        scaled = _EXACT.scaleb(amount, _DECIMALS.get(currency, _USUAL_DECIMALS)) if amount else Decimal(0)
        minor = int(_EXACT.to_integral_exact(scaled))
    except DecimalException as error:
        raise ValueError("more decimals than the currency has") from error
    if abs(minor) > MAX_SAFE_INTEGER:
        raise ValueError("not an amount that can be held exactly")
    return minor
