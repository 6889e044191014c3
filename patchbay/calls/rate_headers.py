"""What an answer's headers say of a quota.

Retry-After: 120 | Fri, 31 Dec 2027 23:59:59 GMT        RFC 9110, on 429 and 503
    RateLimit: "default";r=50;t=30                          the IETF draft
RateLimit: limit=100, remaining=50, reset=30            its older form
RateLimit-Remaining: 50   RateLimit-Reset: 30           older still
X-RateLimit-Remaining: 50 X-RateLimit-Reset: 1719424800 GitHub and many others: seconds, or an epoch
"""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.calls.call import Reply

_PAUSING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

_LEFT = re.compile(r"(?:;\s*r=|\bremaining=)(\d{1,12})\b")
_RESET = re.compile(r"(?:;\s*t=|\breset=)(\d{1,12})\b")
_WHOLE = re.compile(r"\d{1,15}(?:\.\d{1,9})?")

_EPOCH_SECONDS = 1_000_000_000
_EPOCH_MILLISECONDS = 1_000_000_000_000

DEFAULT_PAUSE_SECONDS = 1.0
"""After a 429 that does not say how long."""


class Told(NamedTuple):
    """So many calls are left for so many seconds."""

    left: int
    seconds: float


def is_told(reply: Reply) -> bool:
    """Whether `told_by` has anything to look at."""
    headers = reply.headers
    return (
        reply.status in _PAUSING
        or "x-ratelimit-remaining" in headers
        or "ratelimit" in headers
        or "ratelimit-remaining" in headers
    )


def told_by(reply: Reply) -> Told | None:
    """What a reply says of the quota; None where it says nothing. The strictest of what it says counts."""
    headers = reply.headers
    told = None
    if "ratelimit" in headers:
        told = _draft(headers["ratelimit"])
    elif "ratelimit-remaining" in headers:
        told = _pair(headers, "ratelimit-remaining", "ratelimit-reset")
    elif "x-ratelimit-remaining" in headers:
        told = _pair(headers, "x-ratelimit-remaining", "x-ratelimit-reset")
    if reply.status in _PAUSING:
        seconds = retry_after_seconds(headers)
        if seconds is not None:
            return Told(0, seconds)
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            return Told(0, told.seconds if told is not None else DEFAULT_PAUSE_SECONDS)
    return told


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds from now; None where the header is missing or says nothing."""
    text = headers.get("retry-after", "").strip()
    if _WHOLE.fullmatch(text):
        return float(text)
    try:
        at = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, at - _now(headers))


def _draft(text: str) -> Told | None:
    """Of several quotas in one header, the one with the fewest calls left."""
    found = [
        Told(int(left[1]), float(reset[1]))
        for item in (text.split(",") if ";" in text else (text,))
        if (left := _LEFT.search(item)) and (reset := _RESET.search(item))
    ]
    return min(found, default=None)


def _pair(headers: Mapping[str, str], left: str, reset: str) -> Told | None:
    # A header that came several times, or names several windows, is taken at its first word.
    count = _WHOLE.match(headers[left].strip())
    until = _WHOLE.match(headers.get(reset, "").strip())
    if count is None or until is None:
        return None
    seconds = float(until[0])
    if seconds >= _EPOCH_MILLISECONDS:
        seconds = seconds / 1000 - _now(headers)
    elif seconds >= _EPOCH_SECONDS:
        seconds -= _now(headers)
    return Told(int(float(count[0])), max(0.0, seconds))


def _now(headers: Mapping[str, str]) -> float:
    """The upstream's own clock where it tells the time, as ours may be another."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return time.time()
