"""XML from outside: nothing that it refers to is loaded, and what would take long by its shape alone is refused.

lxml keeps itself from entities without an end, deep trees and long texts. What zeep then does with a tree it
bounds by nothing: it copies an element's attributes in a time that grows with the square of their number (twelve
seconds for 50,000, and nothing else runs meanwhile), and looks through all namespaces in scope for each
`xsi:type`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lxml import etree

MAX_ATTRIBUTES = 100
"""Of one element; also of namespaces in scope. Services write a tenth of it."""

_MARKS = "<="

_IS_CROWDED = etree.XPath(
    f"boolean(//*[@*[{MAX_ATTRIBUTES + 1}] or namespace::*[{MAX_ATTRIBUTES + 1}]])", smart_strings=False
)


def parsed(content: bytes, max_tags: int) -> Any:
    """The root element.

    Args:
        content: in any encoding that XML declares.
        max_tags: the number of `<` in it, so that half of it is the number of elements at least.

    Raises:
        etree.XMLSyntaxError: it is no XML, or passes one of lxml's limits.
        ValueError: it has a document type, too many tags, attributes or namespaces, or an encoding in which
            these cannot be counted.
    """
    # An element takes some 200 bytes of memory, and the shortest one takes four to write.
    if content.count(b"<") > max_tags:
        raise ValueError("too many tags")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(content, parser)
    about = root.getroottree().docinfo
    if about.internalDTD is not None:
        raise ValueError("a document type")
    if not _keeps_marks(about.encoding or "utf-8"):
        raise ValueError("an encoding that hides tags")
    if content.count(b"=") > MAX_ATTRIBUTES and _IS_CROWDED(root):
        raise ValueError("too many attributes or namespaces")
    return root


@lru_cache(32)
def _keeps_marks(encoding: str) -> bool:
    """Whether the characters that were counted can be written as themselves only; in UTF-7 they need not be."""
    try:
        return all(mark.encode() in mark.encode(encoding) for mark in _MARKS)
    except (LookupError, UnicodeError):
        return False
