"""Real services' WSDLs, and what zeep makes of the same documents."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from zeep.exceptions import XMLSyntaxError
from zeep.wsdl import Document

from patchbay.importing.build.sizes import most_items
from patchbay.importing.model import (
    Model,
    ObjectType,
    Place,
    Selection,
    Severity,
    XmlKind,
    decode_model,
    encode_model,
)
from patchbay.importing.wsdl import catalogue, compile_wsdl, files_of
from tests.importing.specs import SPECS, needs_specs, wsdl, wsdl_documents
from tests.importing.wsdl.documents import dangling

if TYPE_CHECKING:
    from pathlib import Path

REAL = wsdl_documents()

NOT_FOR_ZEEP = {"devicemgmt.wsdl", "qbws.wsdl"}
"""One imports a document that is not there; one has a comment before the XML declaration."""

HEADERS = {"RequestServerVersion", "TimeZoneContext"}

ODD = {
    # An element of mixed text with any elements: an argument here, and `_value_1` there.
    "nfeautorizacao4.wsdl": {"nfeAutorizacaoLote", "nfeAutorizacaoLoteZip"},
}


@cache
def load(path: Path) -> Model:
    return compile_wsdl(str(path), files_of(str(path), str(SPECS / "wsdl")), "real", Selection())


@needs_specs
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_every_operation_of_a_real_service_is_mapped(path: Path) -> None:
    started = time.process_time()
    model = load(path)
    seconds = time.process_time() - started
    assert model.offered > 0
    assert len(model.operations) == model.offered
    assert not [each for each in model.problems if each.severity is not Severity.NOTE]
    assert not dangling(model)
    assert seconds < 1
    assert all(len(name) <= 60 for name in model.types)
    assert decode_model(encode_model(model)) == model


class Offline:
    """What zeep asks for documents."""

    def load(self, url: str) -> bytes:
        name = catalogue.find("", url)
        if name is not None:
            return catalogue.content(name)
        with open(url.removeprefix("file://"), "rb") as file:  # noqa: PTH123 - what zeep hands over is a text
            return file.read().lstrip()


OFFLINE: Any = Offline()


def zeeps(document: Any) -> dict[str, set[str]]:
    """Operation -> the wire names of its arguments, as zeep has them, of all bindings."""
    found: dict[str, set[str]] = {}
    for binding in document.bindings.values():
        for name, operation in binding._operations.items():  # noqa: SLF001 - zeep has no public name for it
            body = getattr(operation.input, "body", None)
            if body is None or name in found:
                continue
            elements = getattr(body.type, "elements", None)
            pairs = [(element.name, element) for _, element in elements or []]
            # zeep names what is not an element, such as an any, by a number.
            found[name] = {each for each, _ in pairs if each and not each.startswith("_value_")}
    return found


@needs_specs
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_operations_and_arguments_are_those_that_zeep_finds(path: Path) -> None:
    if path.name in NOT_FOR_ZEEP:
        with pytest.raises((OSError, XMLSyntaxError)):
            Document(str(path), OFFLINE)
        return
    expected = zeeps(Document(str(path), OFFLINE))
    model = load(path)
    ours = {
        each.id: {
            argument.wire
            for argument in each.arguments
            if argument.place is Place.MESSAGE and argument.xml and argument.xml.kind is XmlKind.ELEMENT
        }
        for each in model.operations
    }
    for name, arguments in expected.items():
        if HEADERS & arguments:
            # zeep has parts in the body here that the binding does not name for it.
            continue
        assert ours[name] == arguments or name in ODD.get(path.name, ()), name
    # What has no binding in the file itself zeep does not list.
    assert set(ours) == set(expected) or not expected


@needs_specs
def test_a_service_of_salesforce_is_typed() -> None:
    model = load(wsdl("superfell/partner.wsdl"))
    operations = {each.name: each for each in model.operations}
    login = operations["login"]
    assert [each.name for each in login.arguments if each.place is Place.SOAP_HEADER] == [
        "loginScopeHeader",
        "callOptions",
    ]
    assert login.soap is not None
    assert login.soap.result_path == ("result",)
    assert {each.status for each in login.errors} == {"InvalidIdFault", "LoginFault", "UnexpectedErrorFault"}
    assert operations["query"].is_mutation is False
    assert operations["create"].is_mutation is True


@needs_specs
@pytest.mark.parametrize("name", ["rubiii-paypalsvc/PayPalSvc.wsdl", "superfell/partner.wsdl"])
def test_lists_of_a_real_service_are_as_long_as_its_schemas_say(name: str) -> None:
    model = load(wsdl(name))
    fields = [
        each for type_ in model.types.values() if isinstance(type_, ObjectType) for each in type_.fields
    ]
    assert any(most_items(model, each.type) for each in fields)
