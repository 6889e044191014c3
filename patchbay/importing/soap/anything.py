"""XML that no schema describes, as JSON values, and back.

    <a n="1"><b>x</b><b>y</b></a>     {"@n": "1", "b": ["x", "y"]}
    <a n="1">x</a>                    {"@n": "1", "#text": "x"}
    <a>x</a>                          "x"
    <a xsi:type="xsd:int">7</a>       7

Names of elements and attributes lose their namespace. On the way back, "{namespace}name" gives one one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patchbay.importing.model import Scalar
from patchbay.importing.soap.names import MAP, XSD, XSI, XSI_TYPE, is_nil, local, tagged, type_of
from patchbay.importing.soap.texts import MAX_SAFE_INT, Unwritable, plain, reader, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from patchbay.importing.soap.message import Message

_TEXT: Final = "#text"
_INTEGERS: Final = (
    *("int", "integer", "short", "byte", "long", "unsignedInt", "unsignedShort", "unsignedByte"),
    *("unsignedLong", "nonNegativeInteger", "positiveInteger", "negativeInteger", "nonPositiveInteger"),
)
_TYPED: Final[dict[str, Callable[[str], Any]]] = {
    "boolean": reader(Scalar.BOOLEAN),
    "float": reader(Scalar.FLOAT),
    "double": reader(Scalar.FLOAT),
    **dict.fromkeys(_INTEGERS, reader(Scalar.BIG_INT)),
}
_NAME: Final = re.compile(r"(?:\{(?P<namespace>[^{}]*)\})?(?P<local>[^\W\d][\w.-]*)")

# ------------------------------------------------------------------------------------------------ reading


def json_of(element: Any, message: Message) -> Any:
    """An element's content as a JSON value. Raises Wrong where a reference leads nowhere."""
    element = message.target(element)
    declared, kind = type_of(element)
    attached = message.attached(element)
    if attached is not None:
        return attached
    if not len(element):
        return _leaf(element, kind)
    if declared == MAP:
        return _map(element, message)
    if kind == "Array" or any(local(name) in ("arrayType", "itemType") for name in element.attrib):
        return [json_of(child, message) for child in element]
    return _with_text(element, _attributes(element) | members_of(element, message))


def members_of(elements: Iterable[Any], message: Message) -> dict[str, Any]:
    """Elements by name; those of one name as a list."""
    members: dict[str, Any] = {}
    several: set[str] = set()
    for child in elements:
        name = local(child.tag)
        if not name:
            continue
        value = json_of(child, message)
        if name not in members:
            members[name] = value
        elif name in several:
            members[name].append(value)
        else:
            members[name] = [members[name], value]
            several.add(name)
    return members


def _leaf(element: Any, kind: str) -> Any:
    if is_nil(element):
        return None
    attributes = _attributes(element)
    if attributes:
        return _with_text(element, attributes)
    text = element.text or ""
    read = _TYPED.get(kind)
    if read is None:
        return [] if kind == "Array" else text
    try:
        value = read(text)
    except ValueError:
        return text
    # What clients would read as another number stays a text.
    return value if isinstance(value, float) or abs(value) < MAX_SAFE_INT else text


def _attributes(element: Any) -> dict[str, Any]:
    skipped = f"{{{XSI}}}"
    return {
        f"@{local(name)}": value
        for name, value in element.attrib.items()
        if not name.startswith(
            (skipped, "{http://schemas.xmlsoap.org/soap/", "{http://www.w3.org/2003/05/soap")
        )
        and name not in ("id", "href")
    }


def _with_text(element: Any, members: dict[str, Any]) -> dict[str, Any]:
    text = (element.text or "").strip()
    return {**members, _TEXT: text} if text else members


def _map(element: Any, message: Message) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for item in element:
        key, value = item.find("{*}key"), item.find("{*}value")
        if key is not None:
            members[message.target(key).text or ""] = None if value is None else json_of(value, message)
    return members


# ------------------------------------------------------------------------------------------------ writing


def write_json(element: Any, value: Any, *, typed: bool = True) -> None:
    """Make a JSON value an element's content.

    Args:
        element: without content.
        value: see the module; a list becomes an `item` for each of its values.
        typed: whether scalars say their type, by `xsi:type`.

    Raises:
        Unwritable: a member's name, or a text, is none that XML can carry.
    """
    if isinstance(value, dict):
        write_members(element, value, typed=typed)
    elif isinstance(value, list):
        for each in value:
            write_json(etree.SubElement(element, "item"), each, typed=typed)
    elif value is None:
        element.set(f"{{{XSI}}}nil", "true")
    else:
        if typed:
            element.set(XSI_TYPE, etree.QName(XSD, _kind(value)))
        element.text = written(Scalar.STRING, plain(value))


def write_members(element: Any, members: dict[str, Any], *, typed: bool = False) -> None:
    """Make members of a JSON object an element's children, attributes and text. Raises Unwritable."""
    for name, value in members.items():
        if name == _TEXT:
            element.text = written(Scalar.STRING, value)
        elif name.startswith("@"):
            element.set(_tag(name[1:]), written(Scalar.STRING, value))
        else:
            for each in value if isinstance(value, list) else (value,):
                write_json(etree.SubElement(element, _tag(name)), each, typed=typed)


def _tag(name: str) -> str:
    named = _NAME.fullmatch(name)
    if named is None or (named["namespace"] and written(Scalar.STRING, named["namespace"]) is None):
        raise Unwritable("has a member whose name is none in XML")
    tag = tagged(named["namespace"] or "", named["local"])
    try:
        return etree.QName(tag).text
    except ValueError as error:
        raise Unwritable("has a member whose name is none in XML") from error


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if -(2**31) <= value < 2**31 else "integer"
    return "double" if isinstance(value, float) else "string"
