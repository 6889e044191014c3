# ruff: noqa: E501 - schemas read best as they are usually written
from __future__ import annotations

import pytest

from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.model import SoapVersion
from tests.importing.wsdl.documents import (
    SCHEMA,
    WSDL,
    binding,
    compiled,
    message,
    only,
    operation,
    port_type,
    reasons,
    service,
    types,
)

START = (
    types(SCHEMA.format('<xs:element name="Sku" type="xs:string"/><xs:element name="Level" type="xs:int"/>'))
    + message("In", body="element t:Sku")
    + message("Out", body="element t:Level")
    + message("InToo", body="element t:Level")
)
STOCK = port_type("Stock", operation("GetStock"))


def test_soap_1_1_is_taken_where_there_are_both_and_each_operation_is_there_once() -> None:
    text = WSDL.format(
        START
        + STOCK
        + binding("Soap12", "Stock", "GetStock", soap="soap12")
        + binding("Soap11", "Stock", "GetStock")
        + service("Shop", Twelve="soap12 Soap12 http://a.test/", Eleven="soap Soap11 http://b.test/")
    )
    found = only(compiled(text))
    assert found.soap is not None
    assert (found.soap.version, found.soap.port, found.soap.address) == (
        SoapVersion.V1_1,
        "Eleven",
        "http://b.test/",
    )


def test_soap_1_2_is_taken_where_there_is_nothing_else() -> None:
    text = WSDL.format(
        START
        + STOCK
        + binding("Soap12", "Stock", "GetStock", soap="soap12")
        + service("Shop", P="soap12 Soap12 http://a.test/")
    )
    found = only(compiled(text))
    assert found.soap is not None
    assert (found.soap.version, found.soap.action) == (SoapVersion.V1_2, "urn:do#GetStock")


def test_a_port_that_http_reaches_is_taken_before_one_that_it_does_not() -> None:
    text = WSDL.format(
        START
        + STOCK
        + binding("Jms", "Stock", "GetStock")
        + binding("Soap12", "Stock", "GetStock", soap="soap12")
        + service("Shop", A="soap Jms jms://queue", B="soap12 Soap12 http://a.test/")
    )
    assert compiled(text).servers == ("http://a.test/",)


def test_ports_without_soap_are_noted_and_left_out() -> None:
    http = """<wsdl:binding name="HttpGet" type="t:StockGet"><http:binding verb="GET"/>
      <wsdl:operation name="GetStock"/></wsdl:binding>"""
    text = WSDL.format(
        START
        + STOCK
        + port_type("StockGet", operation("GetStock"))
        + binding("Soap11", "Stock", "GetStock")
        + http
        + service("Shop", A="http HttpGet http://a.test/", B="soap Soap11 http://b.test/")
    )
    model = compiled(text)
    assert only(model).soap is not None
    assert model.servers == ("http://b.test/",)
    assert any("binds HttpGet to another protocol than SOAP" in reason for reason in reasons(model))


def test_the_bindings_are_served_without_an_address_where_there_is_no_service() -> None:
    model = compiled(WSDL.format(START + STOCK + binding("Soap11", "Stock", "GetStock")))
    found = only(model)
    assert found.soap is not None
    assert (found.soap.address, found.soap.port, model.servers) == ("", "Soap11", ())


def test_port_types_alone_are_taken_for_soap_1_1() -> None:
    found = only(compiled(WSDL.format(START + STOCK)))
    assert found.soap is not None
    assert (found.soap.version, found.soap.address, found.soap.request.element) == (
        SoapVersion.V1_1,
        "",
        "{urn:shop}Sku",
    )


def test_operations_of_two_port_types_are_told_apart_by_them() -> None:
    text = WSDL.format(
        START
        + STOCK
        + port_type("Archive", operation("GetStock"), operation("GetOld"))
        + binding("Soap", "Stock", "GetStock")
        + binding("ArchiveSoap", "Archive", "GetStock", "GetOld")
        + service("Shop", A="soap Soap http://a.test/", B="soap ArchiveSoap http://b.test/")
    )
    model = compiled(text)
    assert [each.name for each in model.operations] == ["getStock", "getStockArchive", "getOld"]
    assert model.servers == ("http://a.test/", "http://b.test/")


def test_overloaded_operations_are_both_served() -> None:
    named = '<wsdl:operation name="GetStock"><wsdl:input name="{0}" message="t:{0}"/><wsdl:output message="t:Out"/>'
    bound = (
        '<wsdl:operation name="GetStock"><soap:operation soapAction="{0}"/><wsdl:input name="{0}">'
        '<soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>'
    )
    both = [named.format(each) + "</wsdl:operation>" for each in ("In", "InToo")]
    text = WSDL.format(
        START
        + port_type("Stock", *both)
        + '<wsdl:binding name="Soap" type="t:Stock"><soap:binding style="document" transport="x"/>'
        + bound.format("InToo")
        + bound.format("In")
        + "</wsdl:binding>"
        + service("Shop", A="soap Soap http://a.test/")
    )
    model = compiled(text)
    assert [(each.soap and each.soap.action, each.arguments[0].name) for each in model.operations] == [
        ("In", "sku"),
        ("InToo", "level"),
    ]
    assert len({each.name for each in model.operations}) == 2


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("GetStock", False),
        ("findBySku", False),
        ("IsOpen", False),
        ("list_orders", False),
        ("doGetExpressCheckout", False),
        ("CheckVat", False),
        ("Getaway", True),
        ("PlaceOrder", True),
        ("Submit", True),
        ("settle", True),
    ],
)
def test_what_an_operation_is_called_says_whether_it_changes_something(name: str, *, changes: bool) -> None:
    text = WSDL.format(START + port_type("Stock", operation(name)) + binding("Soap", "Stock", name))
    assert only(compiled(text)).is_mutation is changes


def test_what_is_no_wsdl_is_refused_with_a_sentence() -> None:
    for text, said in {
        "<html/>": "its root element is html",
        '<description xmlns="http://www.w3.org/ns/wsdl"/>': "is a WSDL 2.0",
        "{}": "is no XML",
        "": "is no XML",
    }.items():
        with pytest.raises(DescriptionError, match=said):
            compiled(text)


def test_an_operation_can_be_selected_by_its_port_type_as_a_tag() -> None:
    text = WSDL.format(
        START
        + STOCK
        + port_type("Archive", operation("GetOld"))
        + binding("Soap", "Stock", "GetStock")
        + binding("ArchiveSoap", "Archive", "GetOld")
    )
    model = compiled(text, include="tag:Arch*")
    assert [each.name for each in model.operations] == ["getOld"]
    assert model.excluded == 1


def test_an_operation_that_is_broken_costs_itself_alone() -> None:
    text = WSDL.format(
        START
        + port_type("Stock", operation("GetStock"), operation("GetGone", request="Nowhere"))
        + binding("Soap", "Stock", "GetStock", "GetGone")
    )
    model = compiled(text)
    assert [each.name for each in model.operations] == ["getStock"]
    assert model.offered == 2
    (reason,) = reasons(model)
    assert reason.startswith("left_out shop.wsdl line ")
    assert reason.endswith("operation GetGone refers to the message {urn:shop}Nowhere, which is not there")


def test_an_input_that_names_no_message_is_an_empty_one() -> None:
    text = WSDL.format(
        START
        + port_type("Stock", operation("GetStock").replace(' message="t:In"', ""))
        + binding("Soap", "Stock", "GetStock")
    )
    assert only(compiled(text)).arguments == ()


def test_attachments_beside_the_envelope_are_left_out() -> None:
    bound = binding("Soap", "Stock", "GetStock").replace(
        '<wsdl:input><soap:body use="literal"/></wsdl:input>',
        """<wsdl:input><mime:multipartRelated><mime:part><soap:body use="literal"/></mime:part>
        <mime:part><mime:content part="file" type="image/png"/></mime:part></mime:multipartRelated></wsdl:input>""",
    )
    start = START.replace(
        "</wsdl:message>", '<wsdl:part name="file" type="xs:base64Binary"/></wsdl:message>', 1
    )
    model = compiled(WSDL.format(start + STOCK + bound))
    assert [each.name for each in only(model).arguments] == ["sku"]
    assert any("attachments" in reason for reason in reasons(model))
