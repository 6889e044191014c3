"""Members of a JSON body that tell an event from others.

A member that comes twice in one object means one thing to one reader and another to the next. Those that
are asked for here are refused then; of all others the last one counts, as for whoever reads with msgspec.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.inbox.signatures.base import SignatureError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGE_BYTES = 64 * 1024
"""Reading this much takes about a millisecond: more is read on a thread."""

_strict = msgspec.json.Decoder(msgspec.Raw)


class _Integer(str):
    """A whole number as it was written: one of thousands of digits costs nothing."""

    __slots__ = ()


class _Repeating(dict[str, Any]):
    """An object in which these members came more than once."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}


class Members:
    """The members of a body."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def text(self, path: str) -> str | None:
        """The text at a path such as "data.id"; None where there is none.

        Raises:
            SignatureError: a member of the path comes more than once.
        """
        value = self._at(path)
        return value if isinstance(value, str) and not isinstance(value, _Integer) else None

    def text_or_integer(self, path: str) -> str | None:
        """As `text`; a whole number as it is written."""
        value = self._at(path)
        return str(value) if isinstance(value, str) else None

    def _at(self, path: str) -> Any:
        value = self._value
        for name in path.split("."):
            if isinstance(value, _Repeating) and name in value.repeated:
                raise SignatureError("malformed", f"the body has the member {path} more than once")
            value = value.get(name) if isinstance(value, dict) else None
        return value


async def read_members(body: bytes) -> Members:
    """The members of a JSON body, of whatever type it is. Raises SignatureError where it is not JSON."""
    if len(body) > _LARGE_BYTES:
        return await asyncio.to_thread(_read, body)
    return _read(body)


def _read(body: bytes) -> Members:
    try:
        text = body.decode()
        # Of the two, this one knows what is no JSON: NaN, half a surrogate pair.
        _strict.decode(body)
        value = json.loads(text, object_pairs_hook=_object, parse_int=_Integer)
    except (UnicodeDecodeError, msgspec.MsgspecError, ValueError) as error:
        raise SignatureError("malformed", "the body is not JSON") from error
    except RecursionError as error:
        raise SignatureError("malformed", "the body is nested too deeply") from error
    return Members(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeating(pairs)
