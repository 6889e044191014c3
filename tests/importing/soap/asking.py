"""Requests and replies of one operation, without a call in between."""

from __future__ import annotations

from typing import Any

import msgspec
from lxml import etree

from patchbay.calls import Reply
from patchbay.importing.model import Field, Model, ObjectType, Operation, Type
from patchbay.importing.records import Records
from patchbay.importing.soap.places import ResultPlace
from patchbay.importing.soap.replies import ReplyReader
from patchbay.importing.soap.requests import RequestWriter
from tests.importing.soap.models import SHOP, XSD, call, operation
from tests.importing.soap.models import model as model_of
from tests.soap.documents import ENVELOPE_11, envelope

XSI = "http://www.w3.org/2001/XMLSchema-instance"

Tree = tuple[str, dict[str, str], str, list[Any]]
"""Tag, attributes with resolved names, text, children."""


def request(model: Model, arguments: dict[str, Any], operation: Operation | None = None) -> Any:
    """The envelope of the model's first operation, parsed."""
    asked = operation or model.operations[0]
    assert asked.soap is not None
    return etree.fromstring(RequestWriter(asked, asked.soap, model.types).envelope(arguments))


def body(model: Model, arguments: dict[str, Any]) -> str:
    """What stands in its body, with the prefix `t` for the shop's namespace, and white space as written."""
    (content,) = request(model, arguments).iterchildren("{*}Body")
    return "".join(_text(child) for child in content)


def read(
    model: Model,
    content: str | bytes,
    status: int = 200,
    content_type: str = "text/xml",
    attributes: frozenset[str] | None = None,
) -> Any:
    """What the model's first operation answers, with an envelope around XML text or from bytes."""
    operation = model.operations[0]
    assert operation.soap is not None
    place = ResultPlace(operation.soap.result_path, operation.result.type, attributes)
    reader = ReplyReader(model.name, operation, operation.soap, Records(model), place)
    bytes_ = content if isinstance(content, bytes) else envelope(content, ENVELOPE_11)
    return reader.read(Reply(status, {"content-type": content_type}, bytes_))


NS = f'xmlns="{SHOP}" xmlns:xsi="{XSI}" xmlns:t="{SHOP}" xmlns:xsd="{XSD}"'


def answering(result: str, *types: Type, **more: Any) -> Model:
    errors = more.pop("errors", ())
    return model_of([operation(call("Get", **more), result, errors=errors)], types)


def of_fields(*fields: Field, **more: Any) -> Model:
    return answering("Thing", ObjectType("Thing", fields, xml=more.pop("xml", None)), **more)


def got(of: Model, inside: str, attributes: str = "") -> Any:
    """The record as a dict, or what else the answer is."""
    answer = read(of, f"<GetResponse {NS} {attributes}>{inside}</GetResponse>")
    return msgspec.structs.asdict(answer) if isinstance(answer, msgspec.Struct) else answer


def tree(element: Any) -> Tree:
    """An element without its prefixes."""
    attributes = {name: _resolved(element, name, value) for name, value in element.attrib.items()}
    text = element.text or ""
    return (
        element.tag,
        attributes,
        text.strip() if len(element) else text,
        [tree(child) for child in element],
    )


def _resolved(element: Any, name: str, value: str) -> str:
    if name != f"{{{XSI}}}type":
        return value
    prefix, _, local = value.rpartition(":")
    return f"{{{element.nsmap.get(prefix or None, '')}}}{local}"


_PREFIXES = {
    SHOP: "t",
    XSI: "xsi",
    "http://www.w3.org/2001/XMLSchema": "xsd",
    "http://schemas.xmlsoap.org/soap/encoding/": "enc",
    "http://schemas.xmlsoap.org/soap/envelope/": "env",
    "http://www.w3.org/2003/05/soap-encoding": "enc12",
    "http://www.w3.org/2003/05/soap-envelope": "env12",
}


def _named(element: Any, tag: str) -> str:
    namespace, _, local = tag.rpartition("}")
    return f"{_PREFIXES.get(namespace[1:], namespace[1:])}:{local}" if namespace else tag


def _text(element: Any) -> str:
    name = _named(element, element.tag)
    attributes = ""
    for key, value in element.attrib.items():
        prefix, colon, local = value.rpartition(":")
        namespace = element.nsmap.get(prefix) if colon else None
        known = _PREFIXES.get(namespace, value) if namespace else value
        attributes += f' {_named(element, key)}="{f"{known}:{local}" if namespace else value}"'
    inside = (element.text or "").replace("&", "&amp;").replace("<", "&lt;")
    inside += "".join(_text(child) for child in element)
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"
