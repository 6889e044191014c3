"""Which of the media types that the server can send a client likes best, by its Accept header (RFC 9110)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    _Rank: TypeAlias = tuple[float, int, int]
    """Quality, closeness, and the place in the header, negative."""

    _Liked: TypeAlias = tuple[str, _Rank]

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"
EVENTS: Final = "text/event-stream"
HTML: Final = "text/html"
MULTIPART: Final = "multipart/mixed"
MULTIPART_2022: Final = "multipart/mixed;deferspec=20220824"
MULTIPART_V0_2: Final = "multipart/mixed;incrementalspec=v0.2"
MULTIPART_UPDATES: Final = "multipart/mixed;subscriptionspec=1.0"

ONE_RESULT: Final = (JSON, GRAPHQL_JSON)
"""How a single result is told."""

PARTS: Final = (EVENTS, MULTIPART, MULTIPART_V0_2, MULTIPART_2022)
"""How a query's or mutation's result is told that comes in parts (@defer, @stream)."""

UPDATES: Final = (EVENTS, MULTIPART_UPDATES)
"""How a subscription's results are told over HTTP. Bare multipart/mixed has no agreed form for them."""

WHOLE: Final = (EVENTS, MULTIPART, MULTIPART_V0_2, MULTIPART_2022)
"""How a single result is told to who takes none of ONE_RESULT."""

MAX_BYTES: Final = 4096
"""What is beyond that in a header is not read."""

MAX_KEPT: Final = 256
MAX_KEPT_BYTES: Final = 512

_SPECS: Final = ("deferspec", "incrementalspec", "subscriptionspec")
"""Parameters that tell one form of a type from another; all others, such as charset, say nothing of it."""


NAMED: Final = 2
"""How closely a range without stars names an offer, at least."""


class _Range(msgspec.Struct, frozen=True):
    """One range: a type, perhaps with stars, and its parameters, all in lower case."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float

    def specificity(self, offer: _Range) -> int | None:
        """How closely it names this offer; None where it does not."""
        if self.type == "*" and self.subtype == "*":
            return 0
        if self.type != offer.type:
            return None
        if self.subtype == "*":
            return 1
        if self.subtype != offer.subtype or self.parameters != offer.parameters:
            return None
        return NAMED + len(self.parameters)


def best(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer that a client likes best.

    A greater q-value counts first, then a range that names the offer more closely, then what stands first in
    the header, then what stands first among the offers. What cannot be read in the header is passed over.

    Args:
        accept: the header's value; without one, and with an empty one, the first offer is taken.
        offers: media types in lower case; those with parameters are liked only by ranges that have them too,
            or that have stars.

    Returns:
        One of the offers, None where none is acceptable.
    """
    if accept is None or not accept.strip():
        return offers[0]
    found = _liked(accept, offers)
    return None if found is None else found[0]


def best_named(accept: str | None, offers: Sequence[str], *, over: Sequence[str] = ()) -> str | None:
    """The offer that a client likes best among those that it names, with no stars.

    Args:
        accept: as in `best`; without one, nothing is named.
        offers: as in `best`.
        over: other types. One of the offers has to have the same q-value at least as the best of these.
    """
    found = _liked(accept or "", offers)
    if found is None or found[1][1] < NAMED:
        return None
    other = _liked(accept or "", over)
    return None if other is not None and other[1][0] > found[1][0] else found[0]


def _liked(accept: str, offers: Sequence[str]) -> _Liked | None:
    if len(accept) <= MAX_KEPT_BYTES:
        return _kept(accept, tuple(offers))
    return _best(accept[:MAX_BYTES], tuple(offers))


def _best(accept: str, offers: tuple[str, ...]) -> _Liked | None:
    """The offer, and how it ranks."""
    ranges = [read for text in _split(accept, ",") if (read := _range(text)) is not None]
    found: _Liked | None = None
    for offer in offers:
        rank = _rank(_offered(offer), ranges)
        if rank is not None and (found is None or rank > found[1]):
            found = offer, rank
    return found


_kept = lru_cache(MAX_KEPT)(_best)


def _rank(offer: _Range, ranges: list[_Range]) -> _Rank | None:
    """Of the range that names the offer most closely; None where none takes it."""
    closest = max(
        (
            (specificity, -place, each.quality)
            for place, each in enumerate(ranges)
            if (specificity := each.specificity(offer)) is not None
        ),
        default=None,
    )
    if closest is None or closest[2] == 0:
        return None
    specificity, place, quality = closest
    return quality, specificity, place


@lru_cache(64)
def _offered(offer: str) -> _Range:
    read = _range(offer)
    assert read is not None, offer  # noqa: S101 - offers are constants of this server
    return read


def _range(text: str) -> _Range | None:
    """One element of the header, None where it is none."""
    media, *rest = (part.strip().lower() for part in _split(text, ";"))
    type_, slash, subtype = media.partition("/")
    if not slash or not type_ or not subtype or (type_ == "*" and subtype != "*"):
        return None
    quality = 1.0
    parameters = []
    for part in rest:
        name, _, value = part.partition("=")
        name, value = name.strip(), value.strip().strip('"')
        if name == "q":
            found = _quality(value)
            if found is None:
                return None
            quality = found
            # What follows are extensions of the header, no parameters of the type.
            break
        if name in _SPECS:
            parameters.append((name, value))
    return _Range(type_, subtype, frozenset(parameters), quality)


def _quality(text: str) -> float | None:
    """A q-value, None where it is no number from 0 to 1."""
    if not text.replace(".", "", 1).isdecimal() or not text.isascii():
        return None
    quality = float(text)
    return quality if quality <= 1 else None


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts between separators; one inside of quotes is none."""
    if '"' not in text:
        yield from text.split(separator)
        return
    begin, is_quoted, is_escaped = 0, False, False
    for place, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_quoted and character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
        elif character == separator and not is_quoted:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]
