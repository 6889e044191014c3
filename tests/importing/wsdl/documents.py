"""Small WSDLs, of the parts that a test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.model import (
    InputType,
    ListOf,
    Model,
    Named,
    ObjectType,
    Operation,
    Scalar,
    Selection,
    TypeRef,
    UnionType,
)
from patchbay.importing.wsdl import compile_wsdl

if TYPE_CHECKING:
    from collections.abc import Mapping

T = "urn:shop"

WSDL = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:http="http://schemas.xmlsoap.org/wsdl/http/" xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:shop"
    xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:map="http://xml.apache.org/xml-soap"
    name="Shop" targetNamespace="urn:shop">{}</wsdl:definitions>"""

SCHEMA = """<xs:schema targetNamespace="urn:shop" elementFormDefault="qualified">{}</xs:schema>"""


def types(*schemas: str) -> str:
    return f"<wsdl:types>{''.join(schemas)}</wsdl:types>"


def message(name: str, **parts: str) -> str:
    """Parts are "element t:Order" or "type xs:int"."""
    inside = "".join(
        f'<wsdl:part name="{part}" {kind.split()[0]}="{kind.split()[1]}"/>' for part, kind in parts.items()
    )
    return f'<wsdl:message name="{name}">{inside}</wsdl:message>'


def port_type(name: str, *operations: str) -> str:
    return f'<wsdl:portType name="{name}">{"".join(operations)}</wsdl:portType>'


def operation(name: str, request: str = "In", response: str | None = "Out", more: str = "") -> str:
    output = "" if response is None else f'<wsdl:output message="t:{response}"/>'
    return f'<wsdl:operation name="{name}"><wsdl:input message="t:{request}"/>{output}{more}</wsdl:operation>'


def binding(
    name: str,
    of: str,
    *operations: str,
    soap: str = "soap",
    style: str = "document",
    body: str = 'use="literal"',
    header: str = "",
    output: bool = True,
) -> str:
    bound = "".join(
        f'<wsdl:operation name="{each}"><{soap}:operation soapAction="urn:do#{each}"/>'
        f"<wsdl:input>{header}<{soap}:body {body}/></wsdl:input>"
        + (f"<wsdl:output><{soap}:body {body}/></wsdl:output>" if output else "")
        + "</wsdl:operation>"
        for each in operations
    )
    return (
        f'<wsdl:binding name="{name}" type="t:{of}"><{soap}:binding style="{style}" '
        f'transport="http://schemas.xmlsoap.org/soap/http"/>{bound}</wsdl:binding>'
    )


def service(name: str, **ports: str) -> str:
    """Ports are "soap Binding http://address"."""
    inside = ""
    for port, said in ports.items():
        soap, bound, address = said.split()
        inside += (
            f'<wsdl:port name="{port}" binding="t:{bound}"><{soap}:address location="{address}"/></wsdl:port>'
        )
    return f'<wsdl:service name="{name}">{inside}</wsdl:service>'


def of_schema(request: str, response: str = "", more: str = "") -> str:
    """A WSDL with the operation GetStock, by what its elements and their types hold."""
    schema = SCHEMA.format(
        f'<xs:element name="GetStock"><xs:complexType>{request}</xs:complexType></xs:element>'
        f'<xs:element name="GetStockResponse"><xs:complexType>{response}</xs:complexType></xs:element>{more}'
    )
    return WSDL.format(
        types(schema)
        + message("In", parameters="element t:GetStock")
        + message("Out", parameters="element t:GetStockResponse")
        + port_type("Stock", operation("GetStock"))
        + binding("StockSoap", "Stock", "GetStock")
        + service("Shop", StockPort="soap StockSoap http://shop.test/stock")
    )


def rpc(request: dict[str, str], response: dict[str, str], schema: str = "", *, encoded: bool = False) -> str:
    """A WSDL of rpc style with the operation getStock."""
    use = (
        'use="encoded" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
        if encoded
        else 'use="literal"'
    )
    return WSDL.format(
        types(f'<xs:schema targetNamespace="urn:shop">{schema}</xs:schema>')
        + message("In", **request)
        + message("Out", **response)
        + port_type("Stock", operation("getStock"))
        + binding("StockSoap", "Stock", "getStock", style="rpc", body=f'{use} namespace="urn:calls"')
        + service("Shop", StockPort="soap StockSoap http://shop.test/stock")
    )


def compiled(
    text: str | bytes, beside: Mapping[str, str | bytes] | None = None, *, include: str = ""
) -> Model:
    """The model of a WSDL at /shop/shop.wsdl, with other documents by their path."""
    documents = {"/shop/shop.wsdl": text, **(beside or {})}

    def load(location: str) -> bytes:
        if location not in documents:
            raise DescriptionError(location, "is not there")
        content = documents[location]
        return content if isinstance(content, bytes) else content.encode()

    selection = Selection((include,) if include else ())
    return compile_wsdl("/shop/shop.wsdl", load, "shop", selection)


def only(model: Model) -> Operation:
    (found,) = model.operations
    return found


def shown(ref: TypeRef, *, required: bool = False) -> str:
    """A reference as GraphQL writes it."""
    if isinstance(ref, ListOf):
        text = f"[{shown(ref.item, required=not ref.nullable_items)}]"
    else:
        text = ref.name if isinstance(ref, Named) else repr(ref)
    return f"{text}!" if required else text


def fields(model: Model, name: str) -> dict[str, str]:
    """The fields of a type: name -> type."""
    type_ = model.types[name]
    assert isinstance(type_, (ObjectType, InputType))
    return {field.name: shown(field.type, required=field.required) for field in type_.fields}


def arguments(found: Operation) -> dict[str, str]:
    """The arguments of an operation: name -> type."""
    return {each.name: shown(each.type, required=each.required) for each in found.arguments}


def reasons(model: Model) -> list[str]:
    return [f"{each.severity} {each.file} {each.at}: {each.reason}" for each in model.problems]


def dangling(model: Model) -> set[str]:
    """Names that are referred to and are neither scalars nor types of the model."""
    refs = [each.result.type for each in model.operations]
    refs += [argument.type for each in model.operations for argument in each.arguments]
    refs += [error.type for each in model.operations for error in each.errors if error.type is not None]
    names = set()
    for type_ in model.types.values():
        if isinstance(type_, (ObjectType, InputType)):
            refs += [field.type for field in type_.fields]
        elif isinstance(type_, UnionType):
            names |= {member.type for member in type_.members}
    for ref in refs:
        inner = ref
        while isinstance(inner, ListOf):
            inner = inner.item
        assert isinstance(inner, Named)
        names.add(inner.name)
    return names - set(model.types) - {scalar.value for scalar in Scalar}
