"""XML from outside: nothing that it refers to is loaded, and what takes long by its shape alone is refused.

lxml keeps itself from entities without an end, deep trees and long texts. What zeep then does with a tree it
bounds by nothing: it copies an element's attributes in a time that grows with the square of their number
(twelve seconds for 50,000, while nothing else runs), and looks through all namespaces in scope for each
`xsi:type`.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Any

from lxml import etree

MAX_ATTRIBUTES = 100
"""Of one element; also of namespaces in scope. Services write a tenth of it."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry, not even escaped."""

_HAS_MANY_ATTRIBUTES = etree.XPath(f"boolean(//*[@*[{MAX_ATTRIBUTES + 1}]])")


def parsed(content: bytes, max_tags: int, *, max_attributes: int = MAX_ATTRIBUTES) -> Any:
    """The root element.

    Args:
        content: in any encoding that XML declares.
        max_tags: the number of `<` in it, so that half of it is the number of elements at least.
        max_attributes: of one element; also of namespaces in scope.

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
    if _hides_marks(about.encoding or "utf-8"):
        raise ValueError("an encoding that hides tags")
    # Most replies have few of either, and are done here.
    if content.count(b"=") > max_attributes and (
        _has_many_attributes(root, max_attributes) or _has_many_namespaces(root, max_attributes)
    ):
        raise ValueError("too many attributes or namespaces")
    return root


def _has_many_attributes(root: Any, most: int) -> bool:
    if most == MAX_ATTRIBUTES:
        return bool(_HAS_MANY_ATTRIBUTES(root))
    return bool(root.xpath(f"boolean(//*[@*[{most + 1}]])"))


def _has_many_namespaces(root: Any, most: int) -> bool:
    in_scope = 0
    # XPath knows them as well, and takes the square of their number to list them.
    for event, _ in etree.iterwalk(root, events=("start-ns", "end-ns")):
        in_scope += 1 if event == "start-ns" else -1
        if in_scope > most:
            return True
    return False


@lru_cache(32)
def _hides_marks(encoding: str) -> bool:
    """Whether `<` can be written in another way than as itself, as in UTF-7 and in the odd ones of iconv."""
    try:
        return codecs.lookup(encoding).name == "utf-7"
    except LookupError:
        return True


def is_xml_text(text: str) -> bool:
    """Whether XML can carry all of its characters."""
    return _NOT_XML.search(text) is None
