"""Quotas as texts: "50/second", "1000/hour", "5/10s"."""

from __future__ import annotations

import re
from typing import Final

from patchbay.calls import Quota

_QUOTA = re.compile(r"\s*(?P<calls>\d{1,9})\s*(?:/|per)\s*(?P<number>\d{1,6})?\s*(?P<unit>[a-z]+)\s*")
_SECONDS: Final = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86_400,
    "day": 86_400,
}


def parse_quota(text: str) -> Quota:
    """The quota. Raises ValueError with what is allowed."""
    match = _QUOTA.fullmatch(text.lower())
    seconds = _SECONDS.get(match["unit"].removesuffix("s") or "s") if match else None
    if match is None or seconds is None or int(match["calls"]) < 1:
        raise ValueError(f'{text!r} is no quota, as "50/second", "1000/hour" or "5/10s" are')
    return Quota(int(match["calls"]), seconds * int(match["number"] or 1))
