"""Arrays as SOAP's encoding writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from patchbay.importing.model import SoapVersion
from patchbay.importing.soap.names import ENCODINGS, XSD, XSI_TYPE
from patchbay.importing.soap.texts import Unwritable

if TYPE_CHECKING:
    from collections.abc import Callable


def write_array(
    element: Any,
    items: Any,
    write: Callable[[Any, Any], None],
    item_type: str,
    version: SoapVersion,
) -> None:
    """Write a list into an element, with the type and the number of its items.

    Args:
        element: without content.
        items: the list.
        write: puts it into the element.
        item_type: "{namespace}name"; "" for any.
        version: of the envelope.

    Raises:
        Unwritable: it is no list, or an item cannot be written.
    """
    if not isinstance(items, (list, tuple)):
        raise Unwritable("is not a list where the upstream takes one")
    encoding = ENCODINGS[version]
    named = _prefixed(element, etree.QName(item_type or f"{{{XSD}}}anyType"))
    if version is SoapVersion.V1_1:
        element.set(f"{{{encoding}}}arrayType", f"{named}[{len(items)}]")
    else:
        element.set(f"{{{encoding}}}itemType", named)
        element.set(f"{{{encoding}}}arraySize", str(len(items)))
    element.set(XSI_TYPE, etree.QName(encoding, "Array"))
    write(element, items)


def _prefixed(element: Any, name: etree.QName) -> str:
    """A name with a declared prefix: lxml gives one to the value of an attribute, and nowhere else."""
    element.set(XSI_TYPE, name)
    return str(element.get(XSI_TYPE))
