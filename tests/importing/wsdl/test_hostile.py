# ruff: noqa: E501 - schemas read best as they are usually written
"""Documents that mean harm, and such as are broken in any way."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchbay.errors import ConfigurationError
from patchbay.importing.declared import parse_declared
from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.model import Selection
from patchbay.importing.wsdl import compile_wsdl, files_of
from tests.importing.wsdl.documents import compiled, dangling, of_schema, only, reasons, rpc, shown

GOOD = of_schema(
    """<xs:sequence><xs:element name="sku" type="xs:string" maxOccurs="unbounded"/></xs:sequence>""",
    """<xs:sequence><xs:element name="level" type="t:Level" maxOccurs="unbounded"/></xs:sequence>""",
    """<xs:complexType name="Level"><xs:complexContent><xs:extension base="t:Base"><xs:sequence>
      <xs:element name="sku" type="t:Sku"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
      <xs:complexType name="Base" abstract="false"><xs:group ref="t:G"/></xs:complexType>
      <xs:group name="G"><xs:choice><xs:element name="g" type="xs:int"/></xs:choice></xs:group>
      <xs:simpleType name="Sku"><xs:restriction base="xs:string"><xs:enumeration value="a"/></xs:restriction>
      </xs:simpleType>""",
)


def test_entities_and_document_types_are_refused() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + GOOD.replace("Shop", "&b;", 1)
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + GOOD.replace("Shop", "&a;", 1)
    for text in (laughs, outside):
        with pytest.raises(DescriptionError, match=r"document type|external entity"):
            compiled(text)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../../../etc/passwd",
        "http://else.test/a.xsd",
        "//else.test/a.xsd",
        "\0",
    ],
)
def test_nothing_outside_of_the_folder_is_read(tmp_path: Path, location: str) -> None:
    if "\0" in location:
        location = "%00"
    wsdl = tmp_path / "shop" / "shop.wsdl"
    wsdl.parent.mkdir()
    (tmp_path / "beside.xsd").write_text("<no/>")
    start = f'"qualified"><xs:import namespace="urn:other" schemaLocation="{location}"/>'
    wsdl.write_text(GOOD.replace('"qualified">', start, 1))
    model = compile_wsdl(str(wsdl), files_of(str(wsdl)), "shop", Selection())
    assert only(model).name == "getStock"
    said = " ".join(reasons(model))
    assert "imports what cannot be read" in said
    assert "root:" not in said


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (tmp_path / "secret.xsd").write_text("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>")
    (folder / "a.xsd").symlink_to(tmp_path / "secret.xsd")
    with pytest.raises(DescriptionError, match="outside"):
        files_of(str(folder / "shop.wsdl"))(str(folder / "a.xsd"))


def test_a_published_tree_may_lack_its_outer_folders(tmp_path: Path) -> None:
    wsdl = tmp_path / "device" / "device.wsdl"
    wsdl.parent.mkdir()
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "all.xsd").write_text("<a/>")
    load = files_of(str(wsdl), str(tmp_path))
    assert load(str(wsdl.parent / ".." / ".." / "ver10" / "schema" / "all.xsd")) == b"<a/>"


def test_a_document_of_100_mb_is_refused(tmp_path: Path) -> None:
    wsdl = tmp_path / "huge.wsdl"
    with wsdl.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(DescriptionError, match="larger than 50 MB"):
        compile_wsdl(str(wsdl), files_of(str(wsdl)), "shop", Selection())
    with pytest.raises(DescriptionError, match="larger than may be read"):
        compiled(b" " * (51 * 1024 * 1024))


def test_imports_without_an_end_are_cut_off() -> None:
    def load(location: str) -> bytes:
        if location.endswith(".wsdl"):
            return GOOD.replace(
                '"qualified">', '"qualified"><xs:include schemaLocation="0.xsd"/>', 1
            ).encode()
        number = int(location.rpartition("/")[2].removesuffix(".xsd"))
        return (
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
            f'<xs:include schemaLocation="{number + 1}.xsd"/></xs:schema>'
        ).encode()

    model = compile_wsdl("/shop/shop.wsdl", load, "shop", Selection())
    assert only(model).name == "getStock"
    assert any("is one document more than the 500" in reason for reason in reasons(model))


def test_types_and_groups_that_hold_or_extend_themselves_end() -> None:
    more = """<xs:complexType name="A"><xs:complexContent><xs:extension base="t:B"><xs:sequence>
        <xs:element name="a" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
      <xs:complexType name="B"><xs:complexContent><xs:extension base="t:A"><xs:sequence>
        <xs:element name="b" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
      <xs:group name="G"><xs:sequence><xs:element name="g" type="t:S"/><xs:group ref="t:G"/></xs:sequence></xs:group>
      <xs:attributeGroup name="H"><xs:attribute name="h"/><xs:attributeGroup ref="t:H"/></xs:attributeGroup>
      <xs:simpleType name="S"><xs:restriction base="t:T"/></xs:simpleType>
      <xs:simpleType name="T"><xs:restriction base="t:S"/></xs:simpleType>
      <xs:element name="e" substitutionGroup="t:f"/><xs:element name="f" substitutionGroup="t:e"/>"""
    inside = """<xs:sequence><xs:element name="x" type="t:A"/><xs:group ref="t:G"/><xs:element ref="t:e"/>
      </xs:sequence><xs:attributeGroup ref="t:H"/>"""
    model = compiled(of_schema(inside, inside, more))
    assert shown(only(model).result.type) == "GetStockResponse"
    assert any("is derived from itself" in reason for reason in reasons(model))


def test_groups_that_double_are_cut_off() -> None:
    groups = "".join(
        f'<xs:group name="g{n}"><xs:sequence><xs:group ref="t:g{n + 1}"/><xs:group ref="t:g{n + 1}"/></xs:sequence></xs:group>'
        f'<xs:attributeGroup name="a{n}"><xs:attributeGroup ref="t:a{n + 1}"/><xs:attributeGroup ref="t:a{n + 1}"/></xs:attributeGroup>'
        for n in range(40)
    )
    started = time.monotonic()
    model = compiled(of_schema("", '<xs:group ref="t:g0"/><xs:attributeGroup ref="t:a0"/>', groups))
    assert time.monotonic() - started < 2
    assert any("too many elements" in reason for reason in reasons(model))


def test_a_chain_of_ten_thousand_types_is_cut_off() -> None:
    chain = "".join(
        f'<xs:complexType name="c{n}"><xs:complexContent><xs:extension base="t:c{n + 1}"><xs:sequence>'
        f'<xs:element name="e{n}" type="t:s{n}"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
        f'<xs:simpleType name="s{n}"><xs:restriction base="t:s{n + 1}"/></xs:simpleType>'
        for n in range(10_000)
    )
    inside = '<xs:sequence><xs:element name="x" type="t:c0"/></xs:sequence>'
    started = time.monotonic()
    model = compiled(of_schema(inside, inside, chain))
    assert time.monotonic() - started < 5
    assert len(model.operations) == 1


def test_types_that_all_stand_for_each_other_are_not_all_told() -> None:
    abstract = "".join(
        f'<xs:complexType name="A{n}" abstract="true"><xs:complexContent><xs:extension base="t:A{n + 1}"/>'
        "</xs:complexContent></xs:complexType>"
        for n in range(200)
    )
    concrete = "".join(
        f'<xs:complexType name="C{n}"><xs:complexContent><xs:extension base="t:A0"/></xs:complexContent></xs:complexType>'
        for n in range(400)
    )
    members = "".join(f'<xs:element name="x{n}" type="t:A{n}"/>' for n in range(200))
    model = compiled(of_schema(f"<xs:sequence>{members}</xs:sequence>", "", abstract + concrete))
    assert len(model.operations) == 1
    assert any("extended by more types than can be told" in reason for reason in reasons(model))
    assert not dangling(model)


def test_what_is_declared_for_an_unknown_operation_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="getNothing"):
        compile_wsdl(
            "x.wsdl",
            lambda _: GOOD.encode(),
            "shop",
            Selection(),
            parse_declared({"getNothing": {"mutation": True}}),
        )


SEEDS = [GOOD.encode(), rpc({"a": "type map:Map"}, {"b": "type soapenc:Array"}, encoded=True).encode()]
WORDS = [
    b"t:Level",
    b"t:",
    b"xs:int",
    b"",
    b"t:GetStock",
    b"unbounded",
    b"-1",
    b"true",
    b"urn:other",
    b"\xff",
    b"<",
    b"t:In",
]


@settings(max_examples=80, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), st.sampled_from(WORDS)), max_size=4),
)
def test_broken_bytes_give_a_model_or_a_description_error(
    seed: bytes, cuts: list[tuple[float, int, bytes]]
) -> None:
    content = seed
    for where, length, word in cuts:
        at = int(where * len(content))
        content = content[:at] + word + content[at + length :]
    with suppress(DescriptionError):
        compiled(content)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_wrong_references_give_a_model_with_no_reference_to_nothing(data: st.DataObject) -> None:
    pieces = data.draw(st.sampled_from(SEEDS)).split(b'"')
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(pieces) // 2 - 1)) * 2 + 1
        pieces[at] = data.draw(st.sampled_from([*WORDS[:9], *pieces[1::2]]))
    try:
        model = compiled(b'"'.join(pieces))
    except DescriptionError:
        return
    assert not dangling(model)
