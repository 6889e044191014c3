"""The documents of one WSDL: loaded once each, parsed under strict rules, or answered from the catalogue."""

from __future__ import annotations

import os.path
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

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

MAX_NAMESPACES: Final = 1_000
"""In scope of one element, and attributes of one; published descriptions have some 200 namespaces."""

MAX_BYTES: Final = 50 * 1024 * 1024
"""Of one document."""

MAX_TOTAL_BYTES: Final = 100 * 1024 * 1024
"""Of all of them."""

_BEFORE = b" \t\r\n\xef\xbb\xbf"
_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
_NO_SLASH = re.compile(
    rb"""(xmlns(?::[\w.-]+)?\s*=\s*["']http://schemas\.xmlsoap\.org/wsdl(?:/soap12|/soap|/http|/mime)?)(["'])"""
)
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

    Attributes:
        mended: the names of those that are no well-formed XML, and were read as far as they are.
    """

    def __init__(self, load: Callable[[str], bytes]) -> None:
        self.mended: list[str] = []
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
        if target == base.location:
            return base
        try:
            return self.get(target)
        except DescriptionError:
            nearer = _nearer(base.location, target)
            if nearer is None:
                raise
            with suppress(DescriptionError):
                return self.get(nearer)
            raise

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
        root, was_mended = root_of(content, name)
        if was_mended:
            self.mended.append(name)
        return root


def root_of(content: bytes, name: str) -> tuple[Any, bool]:
    """The root element of a document that came from outside, and whether it had to be mended.

    Raises:
        DescriptionError: it is no XML, or none that may be read.
    """
    content = _with_right_namespaces(_without_prologue(content))
    try:
        return parsed(content, MAX_TAGS, max_attributes=MAX_NAMESPACES), False
    except etree.XMLSyntaxError as error:
        for mend in (_declaration_mended, _mended):
            with suppress(etree.XMLSyntaxError, ValueError):
                if (mended := mend(content)) is not None:
                    return parsed(mended, MAX_TAGS, max_attributes=MAX_NAMESPACES), mend is _mended
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


def _mended(content: bytes) -> bytes | None:
    """The document as far as it is XML: without what stands behind its end, what is open closed."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or content.count(b"<") > MAX_TAGS:
        return None
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    # lxml answers None, whatever its annotations say, where there is nothing to recover.
    root: Any = etree.fromstring(content, parser)
    return None if root is None else etree.tostring(root)


def _with_right_namespaces(content: bytes) -> bytes:
    """Without the usual mistake in the namespaces of WSDL: the slash at their end forgotten."""
    if _NO_SLASH.search(content) is None:
        return content
    return _NO_SLASH.sub(rb"\1/\2", content)


def _nearer(base: str, target: str) -> str | None:
    """Where a document may lie that cannot be read where it is said to be; None where there is no such place.

    Services write the addresses that they have behind a proxy, and people save documents in one folder.
    """
    if "://" not in target:
        return None
    try:
        parts = urlsplit(target)
        if "://" not in base:
            name = parts.path.rpartition("/")[2]
            return resolved(base, name) if name else None
        own = urlsplit(base)
    except ValueError:
        return None
    if (parts.scheme, parts.netloc) == (own.scheme, own.netloc) or parts.scheme not in {"http", "https"}:
        return None
    return urlunsplit((own.scheme, own.netloc, parts.path, parts.query, ""))


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
