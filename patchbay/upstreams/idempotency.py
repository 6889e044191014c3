"""Idempotency keys: what lets a write be made again without happening again.

An upstream that honours them keeps the key with what it has done, and answers the same key with the first
result. The pipeline makes every write once all the same: it is for the caller to make it again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Container

MAX_KEY_CHARACTERS = 255
"""What Stripe takes, and most others."""

ALLOWED = f"1 to {MAX_KEY_CHARACTERS} visible ASCII characters"

_KEY = re.compile(rf"[!-~]{{1,{MAX_KEY_CHARACTERS}}}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MEMBER = re.compile(r"[^\W\d][\w-]*")
_SET_ELSEWHERE = (
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
)
"""Headers of a call that hold something else."""


@dataclass(frozen=True)
class KeyPlace:
    """Where a write's idempotency key goes.

    Args:
        write: whose, as "carrier: POST /labels"; in messages.
        name: of a header or of a member of the request; None where the upstream takes no keys.
    """

    write: str
    name: str | None

    def carrying(self, key: str | None, given: Container[str] = ()) -> dict[str, str]:
        """What a call carries for its key: name -> key; nothing where there is no key.

        Args:
            key: 1 to 255 visible ASCII characters, as a UUID has.
            given: names that the caller fills in by hand.

        Raises:
            ConfigurationError: the write takes no keys, the key cannot be one, or it is given twice.
        """
        if key is None:
            return {}
        if self.name is None:
            raise ConfigurationError(f"{self.write} is not declared to take idempotency keys")
        if not is_key(key):
            raise ConfigurationError(f"{self.write}: an idempotency key has {ALLOWED}")
        if self.name in given:
            raise ConfigurationError(f"{self.write}: its idempotency key is given twice, also as {self.name}")
        return {self.name: key}


def is_key(text: str) -> bool:
    """Whether it can be an idempotency key; see ALLOWED."""
    return _KEY.fullmatch(text) is not None


def key_header(write: str, name: str | None) -> KeyPlace:
    """The place of a key that travels in a header. Raises ConfigurationError where it is none for that."""
    if name is not None and (_HEADER.fullmatch(name) is None or name.lower() in _SET_ELSEWHERE):
        raise ConfigurationError(f"{write}: idempotency_header={name!r} cannot hold a key")
    return KeyPlace(write, name)


def key_member(write: str, name: str | None) -> KeyPlace:
    """The place of a key that is a member of the request. Raises ConfigurationError where it is no name."""
    if name is not None and _MEMBER.fullmatch(name) is None:
        raise ConfigurationError(f"{write}: idempotency_argument={name!r} is not the name of one member")
    return KeyPlace(write, name)
