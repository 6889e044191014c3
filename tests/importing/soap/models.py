"""Small models made by hand, as a WSDL would give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from patchbay.importing.model import (
    Argument,
    BodyKind,
    ErrorAnswer,
    Field,
    InputType,
    ListOf,
    Model,
    Named,
    ObjectType,
    Operation,
    Place,
    Result,
    SoapCall,
    SoapMessage,
    SoapVersion,
    Type,
    TypeRef,
    XmlField,
    XmlKind,
    XmlType,
)
from patchbay.importing.naming import attribute, camel

SHOP = "urn:shop"
DEPOT = "urn:depot"
XSD = "http://www.w3.org/2001/XMLSchema"


def ref(text: str) -> TypeRef:
    """ "Item", or "[Item]", or "[Item?]" for a list in which null may stand."""
    if text.startswith("["):
        inner = text[1:-1]
        return ListOf(ref(inner.removesuffix("?")), nullable_items=inner.endswith("?"))
    return Named(text)


def field(wire: str, type_: str, kind: XmlKind = XmlKind.ELEMENT, namespace: str = SHOP, **xml: Any) -> Field:
    many = type_.startswith("[") and not xml.get("spaced", False)
    about = XmlField(kind, namespace, many=xml.pop("many", many), **xml)
    return Field(camel(wire) or "items", attribute(wire) or "items", wire, ref(type_), xml=about)


def argument(
    wire: str, type_: str, place: Place = Place.MESSAGE, namespace: str = SHOP, **xml: Any
) -> Argument:
    made = field(wire, type_, namespace=namespace, **xml)
    return Argument(made.name, made.attribute, wire, place, made.type, xml=made.xml)


def call(name: str, address: str = "http://127.0.0.1:1/", **more: Any) -> SoapCall:
    """Document style, wrapped, unless something else is said."""
    return SoapCall(
        port="Port",
        address=address,
        version=more.pop("version", SoapVersion.V1_1),
        action=more.pop("action", f"{SHOP}:{name}"),
        operation=name,
        request=more.pop("request", SoapMessage(f"{{{SHOP}}}{name}")),
        response=more.pop("response", SoapMessage(f"{{{SHOP}}}{name}Response")),
        **more,
    )


def operation(
    soap: SoapCall,
    result: str,
    arguments: Iterable[Argument] = (),
    *,
    is_mutation: bool = False,
    kind: BodyKind = BodyKind.XML,
    **more: Any,
) -> Operation:
    name = camel(soap.operation)
    answer = Result(kind, ref(result))
    return Operation(name, soap.operation, is_mutation, tuple(arguments), answer, soap=soap, **more)


def model(operations: Iterable[Operation], types: Iterable[Type] = (), name: str = "erp") -> Model:
    return Model(name, "soap", "Test", tuple(operations), {each.name: each for each in types})


ITEM_FIELDS = (
    field("Sku", "String"),
    field("Count", "Int"),
    field("Price", "Decimal"),
    field("Note", "String", nillable=True),
    field("Open", "Boolean"),
    field("Since", "DateTime"),
    field("Picture", "Base64"),
    field("Tag", "[String]"),
    field("rank", "Int", XmlKind.ATTRIBUTE, ""),
)
ITEM = ObjectType("Item", ITEM_FIELDS, xml=XmlType(f"{{{SHOP}}}Item"))
ITEM_INPUT = InputType("ItemInput", ITEM_FIELDS, xml=XmlType(f"{{{SHOP}}}Item"))
NO_ROOM = ObjectType("NoRoom", (field("Left", "Int"), field("Reason", "String")))


def shop(address: str) -> Model:
    """Of servers/shop.wsdl."""
    get = call("GetItems", address, result_path=("Item",))
    put = call("PutItem", address, result_path=("Item",))
    no_room = ErrorAnswer("NoRoom", type=Named("NoRoom"), xml_name=f"{{{SHOP}}}NoRoom")
    return model(
        [
            operation(get, "[Item]", [argument("Sku", "[String]")]),
            operation(put, "Item", [argument("Item", "ItemInput")], is_mutation=True, errors=(no_room,)),
        ],
        [ITEM, ITEM_INPUT, NO_ROOM],
    )


def _depot_field(wire: str, type_: str, xsd: str) -> Field:
    return field(wire, type_, namespace="", type_name=f"{{{XSD}}}{xsd}")


_PALLET_FIELDS = (
    _depot_field("name", "String", "string"),
    _depot_field("weight", "Float", "double"),
    _depot_field("fragile", "Boolean", "boolean"),
)
_PALLET = XmlType(f"{{{DEPOT}}}Pallet")


def _array(name: str, item: str, item_name: str) -> tuple[Field, XmlType]:
    items = field("*", f"[{item}?]", namespace="", nillable=True, type_name=item_name)
    return items, XmlType(f"{{{DEPOT}}}{name}", array_of=item_name)


def depot(address: str) -> Model:
    """Of servers/depot.wsdl: RPC style, encoded."""
    pallet, pallets = _array("PalletArray", "Pallet", f"{{{DEPOT}}}Pallet")
    pallet_input, _ = _array("PalletArray", "PalletInput", f"{{{DEPOT}}}Pallet")
    text, texts = _array("StringArray", "String", f"{{{XSD}}}string")

    def encoded(name: str, result: str, *arguments: Argument) -> Operation:
        soap = call(
            name,
            address,
            action=f"{DEPOT}#{name}",
            request=SoapMessage(f"{{{DEPOT}}}{name}"),
            response=SoapMessage(f"{{{DEPOT}}}{name}Response"),
            rpc=True,
            encoded=True,
            result_path=("return",),
        )
        return operation(soap, result, arguments)

    def part(wire: str, type_: str, type_name: str) -> Argument:
        return argument(wire, type_, namespace="", type_name=type_name)

    return model(
        [
            encoded("add", "Int", part("a", "Int", f"{{{XSD}}}int"), part("b", "Int", f"{{{XSD}}}int")),
            encoded("weigh", "PalletArray", part("pallets", "PalletArrayInput", pallets.name)),
            encoded("names", "StringArray", part("names", "StringArrayInput", texts.name)),
            encoded("anything", "JSON", part("value", "JSON", f"{{{XSD}}}anyType")),
        ],
        [
            ObjectType("Pallet", _PALLET_FIELDS, xml=_PALLET),
            InputType("PalletInput", _PALLET_FIELDS, xml=_PALLET),
            ObjectType("PalletArray", (pallet,), xml=pallets),
            InputType("PalletArrayInput", (pallet_input,), xml=pallets),
            ObjectType("StringArray", (text,), xml=texts),
            InputType("StringArrayInput", (text,), xml=texts),
        ],
        "depot",
    )
