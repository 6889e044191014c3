"""One-line declarations: texts with places, cut into words and signs, and errors that point at them.

patchbay.toml: links[0]: expected '->':
  shop.Order.customer = crm.customers(ids: customerId)
                      ^
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)
      | (?P<number>-?\d+(?:\.\d+)?(?![A-Za-z0-9_.]))
      | (?P<text>"[^"\\]*(?:\\.[^"\\]*)*")
      | (?P<sign>->|[(),:])""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")

END: Final = "end"


class Token(msgspec.Struct, frozen=True):
    """A word or a sign. `kind` is "name", "number", "text", "sign" or "end"; `column` counts from 0."""

    kind: str
    text: str
    column: int


class Line:
    """A line that is being read, word by word.

    Args:
        text: the line.
        where: where it stands, as "patchbay.toml: links[0]".

    Raises:
        ConfigurationError: with the line and a caret, for a sign that means nothing here.
    """

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self._tokens = list(self._cut())
        self._next = 0

    @property
    def next(self) -> Token:
        """The token that comes next; it stays."""
        return self._tokens[self._next]

    @property
    def is_done(self) -> bool:
        """Whether nothing comes any more."""
        return self.next.kind == END

    def take(self) -> Token:
        """The token that comes next."""
        token = self.next
        if token.kind != END:
            self._next += 1
        return token

    def takes(self, text: str) -> bool:
        """Whether this sign or word comes next, which is then behind us."""
        if self.next.kind in ("sign", "name") and self.next.text == text:
            self._next += 1
            return True
        return False

    def sign(self, text: str) -> None:
        """Take this sign, which has to come."""
        if not self.takes(text):
            self.fail(f"expected '{text}'")

    def name(self, what: str, parts: int | None = 1) -> tuple[str, ...]:
        """Take a name with so many parts between dots (None: any number), which has to come."""
        token = self.next
        found = tuple(token.text.split(".")) if token.kind == "name" else ()
        if not found or (parts is not None and len(found) != parts):
            self.fail(f"expected {what}")
        self._next += 1
        return found

    def number(self, what: str) -> int:
        """Take a whole number of 1 and above, which has to come."""
        token = self.next
        if token.kind != "number" or not token.text.isdecimal() or int(token.text) < 1:
            self.fail(f"expected {what}")
        self._next += 1
        return int(token.text)

    def done(self, expected: str) -> None:
        """Nothing may come any more."""
        if not self.is_done:
            self.fail(f"expected {expected} or the end")

    def fail(self, problem: str, column: int | None = None) -> NoReturn:
        """Raise ConfigurationError that points at the next token, or at a column."""
        at = self.next.column if column is None else column
        raise ConfigurationError(f"{self.where}: {problem}:\n  {self.text}\n  {' ' * at}^")

    def _cut(self) -> Iterator[Token]:
        if "\n" in self.text:
            raise ConfigurationError(f"{self.where}: a link stands on one line; this has several")
        at = _skip(self.text, 0)
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                self.fail("nothing can be made of the sign", at)
            assert match.lastgroup is not None  # noqa: S101 - narrows what was looked at before
            yield Token(match.lastgroup, match[0], at)
            at = _skip(self.text, match.end())
        yield Token(END, "", len(self.text))


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None  # noqa: S101 - as above
    return match.end()
