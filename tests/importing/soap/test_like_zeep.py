"""Real WSDLs: envelopes are zeep's, and what zeep writes as a reply is read to the values it was made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from lxml import etree
from zeep import Client, Settings
from zeep.wsdl import Document

from patchbay.calls import Reply
from patchbay.importing.model import (
    BodyKind,
    Field,
    ListOf,
    Model,
    Named,
    ObjectType,
    Operation,
    Place,
    Selection,
    SoapCall,
    Type,
    TypeRef,
)
from patchbay.importing.records import Records
from patchbay.importing.soap.replies import ReplyReader
from patchbay.importing.wsdl import compile_wsdl, files_of
from tests.importing.soap.asking import XSI, Tree, request, tree
from tests.importing.soap.generating import NotGenerated, Values, for_zeep
from tests.importing.soap.running import SERVERS
from tests.importing.specs import SPECS, needs_specs, wsdl_documents

VARIANTS = (None, 1)

NOT_LOADED = "devicemgmt.wsdl"
"""Its own schema is missing: zeep stops there."""

FEWEST = {"ec2.wsdl": 200, "services.wsdl": 80, "partner.wsdl": 100, "jira.wsdl": 70, "PayPalSvc.wsdl": 60}
"""Messages that have to be compared; 1 of all others."""


class Described(NamedTuple):
    """A WSDL, as both sides know it."""

    model: Model
    client: Any
    bindings: dict[str, Any]


class _Local:
    """What zeep loads: standard schemas from the catalogue, all else from disk."""

    def load(self, url: str) -> bytes:
        if "://" not in url or url.startswith("file://"):
            return Path(url.removeprefix("file://")).read_bytes().lstrip()
        path = SPECS / "wsdl" / "_catalog" / url.partition("://")[2].rstrip("/")
        return (path / "index" if path.is_dir() else path).read_bytes()


@cache
def compiled(path: Path) -> Described:
    local: Any = _Local()
    document = Document(str(path), local, settings=Settings(strict=False))
    client = Client(document, transport=local, settings=Settings(strict=False))
    ports = [item for service in document.services.values() for item in service.ports.items()]
    model = compile_wsdl(str(path), files_of(str(path)), "any", Selection())
    return Described(model, client, {name: port.binding for name, port in ports})


def documents() -> list[Path]:
    own = [SERVERS / "shop.wsdl", SERVERS / "depot.wsdl"]
    return own + [path for path in (wsdl_documents() if SPECS.is_dir() else []) if path.name != NOT_LOADED]


each_document = pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)


@needs_specs
@each_document
def test_requests_are_zeeps(path: Path) -> None:
    model, client, bindings = compiled(path)
    seen = Counter[str]()
    for operation, call in _called(model):
        members = [each for each in operation.arguments if each.place is Place.MESSAGE]
        for variant in VARIANTS:
            try:
                value = Values(model.types, variant).arguments(members)
                given = for_zeep(model.types, members, value)
                theirs = _zeeps_request(bindings[call.port], client, call, given)
            except NotGenerated:
                continue
            arguments = {each.attribute: value[each.wire] for each in members if each.wire in value}
            ours = tree(_body(request(model, arguments, operation)))
            problem = difference(ours, tree(_body(theirs)))
            assert problem is None, f"{operation.id} ({variant}): {problem}"
            seen["same"] += 1
    assert seen["same"] >= FEWEST.get(
        path.name, 1 if model.operations and path.name != "nfeautorizacao4.wsdl" else 0
    )


@needs_specs
@each_document
def test_what_zeep_writes_as_a_reply_is_read_to_the_same_values(path: Path) -> None:
    model, _, bindings = compiled(path)
    records = Records(model)
    same = 0
    for operation, call in _called(model):
        if operation.result.kind is BodyKind.NOTHING:
            continue
        reader = ReplyReader("any", operation, call, records)
        for variant in VARIANTS:
            try:
                value = Values(model.types, variant).of(operation.result.type)
                reply = _zeeps_reply(bindings[call.port].get(call.operation).output, model, operation, value)
            except NotGenerated:
                continue
            answer = reader.read(Reply(200, {}, reply))
            assert _plain(model.types, operation.result.type, answer) == value, f"{operation.id} ({variant})"
            same += 1
    assert same >= FEWEST.get(path.name, 0)


def difference(ours: Tree, theirs: Tree, path: str = "") -> str | None:
    """Where two elements differ in what counts; None where they do not."""
    at = f"{path}/{ours[0].rpartition('}')[2]}"
    if ours[0] != theirs[0] or ours[2] != theirs[2]:
        return f"{at}: {ours[0]} {ours[2]!r} and not {theirs[0]} {theirs[2]!r}"
    for name in {*ours[1], *theirs[1]} - _may_differ(ours, theirs):
        if ours[1].get(name) != theirs[1].get(name):
            return f"{at}: {name} is {ours[1].get(name)} and not {theirs[1].get(name)}"
    if [child[0] for child in ours[3]] != [child[0] for child in theirs[3]]:
        return f"{at}: {[child[0] for child in ours[3]]} and not {[child[0] for child in theirs[3]]}"
    pairs = zip(ours[3], theirs[3], strict=True)
    return next((found for one, other in pairs if (found := difference(one, other, at))), None)


def _may_differ(ours: Tree, theirs: Tree) -> set[str]:
    # zeep leaves out the encoding's name, and the types of simple values; and it sends attributes' defaults.
    left_out = {f"{{{XSI}}}type", "{http://schemas.xmlsoap.org/soap/envelope/}encodingStyle"} - theirs[
        1
    ].keys()
    return left_out | (theirs[1].keys() - ours[1].keys())


def _called(model: Model) -> Iterator[tuple[Operation, SoapCall]]:
    for operation in model.operations:
        assert operation.soap is not None
        yield operation, operation.soap


def _body(envelope: Any) -> Any:
    (body,) = envelope.iterchildren("{*}Body")
    return body


def _zeeps_request(binding: Any, client: Any, call: SoapCall, given: dict[str, Any]) -> Any:
    positional: tuple[Any, ...] = ()
    if call.request.bare and len(given) == 1:
        (only,) = given.values()
        given, positional = (only, ()) if isinstance(only, dict) else ({}, (only,))
    options = {"address": "http://127.0.0.1:1/"}
    try:
        return binding._create(call.operation, positional, given, client=client, options=options)[0]  # noqa: SLF001 - under no public name
    except Exception as error:  # A choice that repeats has other names there, and one of each is asked for.
        raise NotGenerated(str(error)) from error


def _zeeps_reply(message: Any, model: Model, operation: Operation, value: Any) -> bytes:
    call = operation.soap
    assert call is not None
    result = Field("r", "r", "r", operation.result.type)
    given = for_zeep(model.types, [result], {"r": value})["r"]
    for name in reversed(call.result_path):
        given = {name: given}
    if call.response.bare and not call.response.element:
        raise NotGenerated("several parts")
    namespace = "http://schemas.xmlsoap.org/soap/envelope/"
    envelope = etree.Element(f"{{{namespace}}}Envelope")
    body = etree.SubElement(envelope, f"{{{namespace}}}Body")
    try:
        element = message.body
        message.body.render(body, element(**given) if isinstance(given, dict) else element(given))
    except Exception as error:
        raise NotGenerated(str(error)) from error
    return etree.tostring(envelope)


def _plain(types: dict[str, Type], ref: TypeRef, value: Any) -> Any:
    """A record as what it was made of: by wire names, without what is not there."""
    if isinstance(ref, ListOf):
        return [_plain(types, ref.item, each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return str(value) if isinstance(value, Decimal) else value
    assert isinstance(ref, Named)
    type_ = types[ref.name]
    assert isinstance(type_, ObjectType)
    there = [(field, getattr(value, field.attribute)) for field in type_.fields]
    return {field.wire: _plain(types, field.type, each) for field, each in there if each not in (None, [])}
