"""Types, results and encoded messages in replies."""

from __future__ import annotations

import time

import msgspec
import pytest

from patchbay.errors import (
    UpstreamBadData,
)
from patchbay.importing.model import (
    BodyKind,
    Member,
    Model,
    ObjectType,
    SoapMessage,
    UnionType,
    XmlType,
)
from tests.importing.soap.asking import NS, XSI, answering, got, of_fields, read
from tests.importing.soap.models import SHOP, call, depot, field, model, operation
from tests.soap.documents import envelope

DOG = ObjectType("Dog", (field("Name", "String"),), xml=XmlType(f"{{{SHOP}}}Dog"))
CAT = ObjectType("Cat", (field("Name", "String"), field("Lives", "Int")), xml=XmlType(f"{{{SHOP}}}Cat"))
PET = UnionType(
    "Pet",
    (Member("Dog", (f"{{{SHOP}}}Dog",)), Member("Cat", (f"{{{SHOP}}}Cat",))),
    xml=XmlType(abstract=True),
)
PETS = answering("Thing", ObjectType("Thing", (field("Pet", "[Pet]"),)), PET, DOG, CAT)


def test_xsi_type_tells_which_type_a_value_is_of() -> None:
    pets = '<Pet xsi:type="t:Cat"><Name>Tom</Name><Lives>9</Lives></Pet><Pet xsi:type="t:Dog"/>'
    tom, dog = got(PETS, pets)["pet"]
    assert (type(tom).__name__, tom.name, tom.lives, type(dog).__name__) == ("Cat", "Tom", 9, "Dog")


def test_xsi_type_is_told_by_its_name_where_its_namespace_is_wrong() -> None:
    (tom,) = got(PETS, '<Pet xsi:type="Cat"><Name>Tom</Name></Pet>')["pet"]
    assert type(tom).__name__ == "Cat"


def test_a_subtype_stands_in_the_place_of_its_base() -> None:
    base = ObjectType("Dog", DOG.fields, xml=XmlType(f"{{{SHOP}}}Dog", subtypes={f"{{{SHOP}}}Cat": "Cat"}))
    of = answering("Thing", ObjectType("Thing", (field("Pet", "[Dog]"),)), base, CAT)
    kinds = [
        type(each).__name__ for each in got(of, '<Pet/><Pet xsi:type="t:Cat"/><Pet xsi:type="x:Y"/>')["pet"]
    ]
    assert kinds == ["Dog", "Cat", "Dog"]


def test_a_value_of_an_abstract_type_alone_is_wrong() -> None:
    base = ObjectType("Dog", DOG.fields, xml=XmlType(abstract=True, subtypes={f"{{{SHOP}}}Cat": "Cat"}))
    of = answering("Thing", ObjectType("Thing", (field("Pet", "Dog"),)), base, CAT)
    assert isinstance(got(of, "<Pet><Name>x</Name></Pet>")["pet"], UpstreamBadData)


def test_types_that_hold_themselves() -> None:
    of = of_fields(field("Name", "String"), field("C", "[Thing]"))
    answer = got(of, "<Name>a</Name><C><Name>b</Name><C><Name>c</Name></C></C>")
    assert answer["c"][0].c[0].name == "c"


def test_the_result_is_found_below_its_wrappers() -> None:
    of = answering("[String]", result_path=("Ids", "Id"))
    assert got(of, "<Ids><Id>a</Id><Id>b</Id></Ids>") == ["a", "b"]
    assert got(of, "<Ids/>") == got(of, "") == got(of, '<Ids xsi:nil="true"/>') == []
    assert got(answering("String", result_path=("Id",)), "") is None


def test_a_bare_element_is_the_result_itself() -> None:
    bare = SoapMessage(f"{{{SHOP}}}GetResponse", bare=True)
    assert got(answering("Int", response=bare), "7") == 7


def test_each_part_of_several_is_an_element_of_the_body() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int"), response=SoapMessage(bare=True))
    answer = read(of, f"<A {NS}>1</A><B {NS}>2</B>")
    assert (answer.a, answer.b) == (1, 2)


def test_the_names_of_an_rpc_response_and_its_result_do_not_matter() -> None:
    of = answering("Int", rpc=True, result_path=("return",))
    assert read(of, '<x:Whatever xmlns:x="urn:x"><s-gensym3>7</s-gensym3></x:Whatever>') == 7
    assert read(of, "<Whatever><other>1</other><return>2</return></Whatever>") == 2


def test_an_operation_without_a_result_is_done() -> None:
    of = model([operation(call("Get"), "Boolean", kind=BodyKind.NOTHING)])
    assert read(of, f"<GetResponse {NS}/>") is True
    assert read(of, "") is True
    assert read(of, b"") is True
    one_way = model([operation(call("Get", one_way=True), "Boolean", kind=BodyKind.NOTHING)])
    assert read(one_way, b"", 202) is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Welcome</body></html>",
        b"not XML",
        envelope(""),
        envelope(f'<Other xmlns="{SHOP}"/>'),
        envelope(f"<GetResponse {NS}/>", "urn:no-envelope"),
        envelope(f"<GetResponse {NS}/>", before="<!DOCTYPE x [<!ENTITY a 'b'>]>"),
        b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'/>",
    ],
)
def test_what_is_no_answer_of_the_operation_is_bad_data(body: bytes) -> None:
    with pytest.raises(UpstreamBadData):
        read(of_fields(field("A", "Int")), body)


ENCODED = ObjectType(
    "Pair",
    (field("a", "Pair", namespace=""), field("b", "Pair", namespace=""), field("n", "String", namespace="")),
)
PAIRS = answering("Pair", ENCODED, rpc=True, encoded=True, result_path=("return",))


def test_references_are_followed() -> None:
    answer = read(
        PAIRS,
        '<r:getResponse xmlns:r="urn:r"><return href="#id0"/></r:getResponse>'
        '<multiRef id="id0"><a href="#id1"/><b href="#id1"/><n href="#t"/></multiRef>'
        '<multiRef id="id1"><n>shared</n></multiRef><multiRef id="t">text</multiRef>',
    )
    assert (answer.a.n, answer.b.n, answer.n) == ("shared", "shared", "text")


def test_references_of_soap_1_2_are_followed() -> None:
    encoding = 'xmlns:enc="http://www.w3.org/2003/05/soap-encoding"'
    answer = read(
        PAIRS,
        f'<r {encoding}><return><a enc:id="x"><n>1</n></a><b enc:ref="x"/></return></r>',
    )
    assert answer.b.n == "1"


@pytest.mark.parametrize(
    "refs",
    [
        '<m id="0"><a href="#0"/></m>',
        '<m id="0" href="#0"/>',
        "".join(f'<m id="{n}"><a href="#{n + 1}"/><b href="#{n + 1}"/></m>' for n in range(40))
        + '<m id="40"/>',
    ],
)
def test_references_without_an_end_are_bad_data_at_once(refs: str) -> None:
    started = time.monotonic()
    with pytest.raises(UpstreamBadData):
        read(PAIRS, f'<r><return href="#0"/></r>{refs}')
    assert time.monotonic() - started < 5


def test_a_reference_to_nothing_is_wrong_where_it_stands() -> None:
    answer = read(PAIRS, '<r><return><n>x</n><a href="#nowhere"/></return></r>')
    assert answer.n == "x"
    assert answer.a.path == "$.return.a"


def test_items_of_an_encoded_array_have_any_name() -> None:
    everything = depot("x")
    of = Model("depot", "soap", "", (everything.operations[2],), everything.types)
    answer = read(of, f'<r xmlns:xsi="{XSI}"><return><a>x</a><b>y</b><item xsi:nil="1"/></return></r>')
    (items,) = msgspec.structs.astuple(answer)
    assert items == ["x", "y", None]
