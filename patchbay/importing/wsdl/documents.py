"""The documents of one WSDL: loaded once each, parsed under strict rules, or answered from the catalogue."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from lxml import etree

from patchbay.errors import PatchbayError
from patchbay.importing.documents.errors import DescriptionError, shortened
from patchbay.importing.wsdl import catalogue
from patchbay.upstreams.soap_xml import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DOCUMENTS: Final = 500
"""The largest published service descriptions have about 100; a hostile one imports without an end."""

MAX_TAGS: Final = 1_000_000
"""In one document; the largest published ones have some 300,000."""

MAX_BYTES: Final = 50 * 1024 * 1024
"""Of one document."""

MAX_TOTAL_BYTES: Final = 100 * 1024 * 1024
"""Of all of them."""

_BEFORE = b" \t\r\n\xef\xbb\xbf"
_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
_DECLARATION = re.compile(rb"^<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A parsed document: where it lies, its name for people, and its root element."""

    location: str
    file: str
    root: Any


class Documents:
    """What is loaded for one WSDL.

    Args:
        load: a location (a URL, or a path) -> its bytes; it refuses what may not be read.
    """

    def __init__(self, load: Callable[[str], bytes]) -> None:
        self._load = load
        self._known: dict[str, Document] = {}
        self._broken: dict[str, DescriptionError] = {}
        self._left_bytes = MAX_TOTAL_BYTES

    def get(self, location: str) -> Document:
        """The document at a location. Raises DescriptionError, for the same location each time."""
        if (known := self._known.get(location)) is not None:
            return known
        if (broken := self._broken.get(location)) is not None:
            raise broken
        try:
            document = Document(location, file_name(location), self._root(location))
        except DescriptionError as error:
            self._broken[location] = error
            raise
        self._known[location] = document
        return document

    def imported(self, base: Document, location: str, namespace: str) -> Document | None:
        """What a document imports; None where it names no location, and the namespace is no standard's.

        Raises:
            DescriptionError: it cannot be read.
        """
        location = location.strip()
        if (name := catalogue.find(namespace, location)) is not None:
            return self.standard(name)
        if not location:
            return None
        target = resolved(base.location, location)
        return base if target == base.location else self.get(target)

    def standard(self, name: str) -> Document:
        """A document of the catalogue."""
        if name not in self._known:
            self._known[name] = Document(name, name, parsed(catalogue.content(name), MAX_TAGS))
        return self._known[name]

    def _root(self, location: str) -> Any:
        name = file_name(location)
        if len(self._known) + len(self._broken) >= MAX_DOCUMENTS:
            raise DescriptionError(
                name, f"is one document more than the {MAX_DOCUMENTS} that may be imported"
            )
        try:
            content = self._load(location)
        except DescriptionError:
            raise
        except PatchbayError as error:
            raise DescriptionError(name, f"cannot be loaded: {error}") from error
        except (OSError, ValueError) as error:
            raise DescriptionError(name, "cannot be loaded") from error
        self._left_bytes -= len(content)
        if len(content) > MAX_BYTES or self._left_bytes < 0:
            raise DescriptionError(name, "is larger than may be read")
        return root_of(content, name)


def root_of(content: bytes, name: str) -> Any:
    """The root element of a document that came from outside. Raises DescriptionError."""
    content = _without_prologue(content)
    try:
        return parsed(content, MAX_TAGS)
    except etree.XMLSyntaxError as error:
        mended = _declaration_mended(content)
        if mended is not None:
            return root_of(mended, name)
        line = error.lineno or None
        raise DescriptionError(name, f"is no XML: {shortened(error.msg or '')}", line) from error
    except ValueError as error:
        raise DescriptionError(name, f"may not be read: it has {error}") from error


def _without_prologue(content: bytes) -> bytes:
    """Without what real services write before the XML declaration, where XML allows nothing."""
    content = content.lstrip(_BEFORE)
    at = content.find(b"<?xml ", 0, 16_384)
    if at > 0 and not _COMMENTS.sub(b"", content[:at]).strip():
        return content[at:]
    return content


def _declaration_mended(content: bytes) -> bytes | None:
    """The document as UTF-8, where its declaration says something else that it is not."""
    found = _DECLARATION.match(content)
    if found is None:
        return None
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return content[found.end() :]


def resolved(base: str, location: str) -> str:
    """The location that a document means."""
    if "://" in location:
        return location
    if "://" in base:
        try:
            return urljoin(base, location)
        except ValueError:
            return location
    if location.startswith("file:"):
        return location.removeprefix("file:")
    return os.path.normpath(os.path.join(os.path.dirname(base), location.replace("\\", "/")))  # noqa: PTH118, PTH120 - texts


def file_name(location: str) -> str:
    """A document's name for people: the last part of its path, never a query or a credential."""
    try:
        path = urlsplit(location).path if "://" in location else location.replace("\\", "/")
    except ValueError:
        return "a document"
    return shortened(path.rstrip("/").rpartition("/")[2] or "a document")
