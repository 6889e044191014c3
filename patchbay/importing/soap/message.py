"""What a reply's readers need to know beside the element that they read: the rest of the reply."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from patchbay.errors import UpstreamBadData
from patchbay.importing.model import SoapVersion
from patchbay.importing.soap.names import ENCODINGS, XOP_INCLUDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_SHARED: Final = 250_000
"""Elements that are read because something refers to them. References to references multiply: without an
end to it, a reply of 1 KB would be one of 1 GB."""

_MAX_CHAIN: Final = 8

_REF_12: Final = f"{{{ENCODINGS[SoapVersion.V1_2]}}}ref"
_ID_12: Final = f"{{{ENCODINGS[SoapVersion.V1_2]}}}id"


NO_VALUE: Final = "no value where one was declared"


class Wrong(Exception):
    """A value that is not as declared.

    Args:
        problem: what is wrong, without any of the upstream's data.
    """

    def __init__(self, problem: str = "a value that was not declared") -> None:
        super().__init__(problem)
        self.problem = problem


class TooMuch(Wrong):
    """More than may be read of one reply."""


class Message:
    """One reply.

    Args:
        root: its envelope.
        attachments: Content-ID (without its angle brackets) -> bytes.
        source: the upstream's name.
        encoded: whether elements may refer to others.
        repairs: whether an error stands in place of each wrong value, instead of ending the read.

    Attributes:
        repairs: see above.
        place: names from the top to what is read now; kept where it repairs.
    """

    __slots__ = ("_attachments", "_by_id", "_encoded", "_left", "_root", "_source", "place", "repairs")

    def __init__(
        self,
        root: Any,
        attachments: dict[str, bytes] | None = None,
        *,
        source: str = "",
        encoded: bool = False,
        repairs: bool = False,
    ) -> None:
        self.repairs = repairs
        self.place: list[str] = []
        self._source = source
        self._root = root
        self._encoded = encoded
        self._attachments = attachments or {}
        self._by_id: dict[str, Any] | None = None
        self._left = MAX_SHARED

    def error(self, wrong: Wrong, at: str = "") -> UpstreamBadData:
        """The error of what is read now, or of a part of it."""
        place = ".".join(("$", *self.place, *([at] if at else ())))
        return UpstreamBadData(self._source, wrong.problem, place.replace(".[", "["))

    def repaired(self, read: Callable[[Any, Message], Any], element: Any, at: str, *, nullable: bool) -> Any:
        """What an element holds, or the error that it is wrong.

        Args:
            read: reads it.
            element: to be read.
            at: its name in the place.
            nullable: whether it may stand for nothing.
        """
        self.place.append(at)
        try:
            value = read(element, self)
            if value is None and not nullable:
                return self.error(Wrong(NO_VALUE))
        except TooMuch:
            raise
        except Wrong as wrong:
            return self.error(wrong)
        finally:
            self.place.pop()
        return value

    def target(self, element: Any) -> Any:
        """The element that one of an encoded message stands for: itself, or what it refers to.

        Raises:
            Wrong: it refers to nothing, or too many do.
        """
        if not self._encoded:
            return element
        for _ in range(_MAX_CHAIN):
            reference = _reference(element)
            if reference is None:
                return element
            found = self._ids().get(reference)
            if found is None:
                raise Wrong("a reference to nothing")
            element = found
            self._left -= 1 + len(element)
            if self._left < 0:
                raise TooMuch("too many references")
        raise Wrong("references without an end")

    def attached(self, element: Any) -> str | None:
        """The base64 of the attachment that an element refers to; None where it refers to none.

        Raises:
            Wrong: it refers to one that is not there.
        """
        include = element.find(XOP_INCLUDE) if len(element) else None
        if include is not None:
            content = self._attachments.get(_content_id(include.get("href") or ""))
            if content is None:
                raise Wrong("an attachment that is not there")
        else:
            # In RPC style an attachment is an empty element with a reference; elsewhere its text is one.
            reference = element.get("href") or (element.text or "")[:1000].strip()
            if not self._attachments or not reference.startswith("cid:"):
                return None
            content = self._attachments.get(_content_id(reference))
        # Each costs as much memory as it has bytes, whoever refers to it how often.
        self._left -= 1 if content is None else 1 + len(content) // 64
        if self._left < 0:
            raise TooMuch("too many references")
        return None if content is None else base64.b64encode(content).decode()

    def _ids(self) -> dict[str, Any]:
        if self._by_id is None:
            self._by_id = dict(_with_ids(self._root))
        return self._by_id


def _content_id(reference: str) -> str:
    return unquote(reference.removeprefix("cid:")).strip("<>")


def _reference(element: Any) -> str | None:
    """The id that an element refers to: `href="#id1"` of SOAP 1.1, `enc:ref="id1"` of 1.2; else None."""
    if len(element):
        return None
    href = element.get("href")
    if href is not None:
        return href[1:] if href.startswith("#") else None
    reference: str | None = element.get(_REF_12)
    return reference if reference is None else reference.removeprefix("#")


def _with_ids(root: Any) -> Iterator[tuple[str, Any]]:
    for element in root.iter("*"):
        name = element.get("id") or element.get(_ID_12)
        if name is not None:
            yield name, element
