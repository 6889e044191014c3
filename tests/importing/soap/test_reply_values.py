"""Values in replies, read by the model alone."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from patchbay.errors import (
    UpstreamBadData,
)
from patchbay.importing.model import (
    EnumType,
    EnumValue,
    Field,
    MapOf,
    Named,
    ObjectType,
    XmlField,
    XmlKind,
)
from tests.importing.soap.asking import NS, answering, got, of_fields, read
from tests.importing.soap.models import SHOP, XSD, field


@pytest.mark.parametrize(
    ("scalar", "text", "value"),
    [
        ("String", " a ", " a "),
        ("ID", "7", "7"),
        ("Int", " 42\n", 42),
        ("Int", "+7", 7),
        ("SafeInt", str(2**53 - 1), 2**53 - 1),
        ("BigInt", str(10**30), 10**30),
        ("Float", "1.5E3", 1500.0),
        ("Boolean", "1", True),
        ("Boolean", "false", False),
        ("Boolean", "True", True),
        ("Decimal", "12.50", Decimal("12.50")),
        ("DateTime", " 2026-05-04T03:02:01 ", "2026-05-04T03:02:01"),
        ("Base64", "AA\n H/", "AAH/"),
    ],
)
def test_scalars(scalar: str, text: str, value: object) -> None:
    assert got(of_fields(field("A", scalar)), f"<A>{text}</A>") == {"a": value}


@pytest.mark.parametrize(
    ("scalar", "text"),
    [
        ("Int", "x"),
        ("Int", "1_000"),
        ("Int", str(2**31)),
        ("Int", "9" * 5000),
        ("SafeInt", str(2**53)),
        ("Float", "1,5"),
        ("Float", "INF"),
        ("Float", "1e999"),
        ("Float", "infinity"),
        ("Boolean", "yes"),
        ("Decimal", "12.50 EUR"),
        ("Colour", "GREEN"),
    ],
)
def test_a_wrong_value_is_an_error_in_its_place_and_all_else_is_used(scalar: str, text: str) -> None:
    thing = ObjectType("Thing", (field("A", scalar), field("B", "Int")))
    colour = EnumType("Colour", (EnumValue("RED", "red"),))
    answer = got(answering("Thing", thing, colour), f"<A>{text}</A><B>1</B>")
    assert answer["b"] == 1
    assert isinstance(answer["a"], UpstreamBadData)
    assert answer["a"].path == "$.A"
    assert text not in str(answer["a"])


def test_a_wrong_value_deep_inside_says_where() -> None:
    level = ObjectType("Level", (field("Sku", "String"), field("Count", "Int")))
    of = answering("[Level]", level, result_path=("Levels", "Level"))
    rows = "<Level><Sku>a</Sku></Level><Level><Sku>b</Sku><Count>many</Count></Level>"
    first, second = got(of, f"<Levels>{rows}</Levels>")
    assert (first.sku, first.count, second.sku) == ("a", None, "b")
    assert second.count.path == "$.Levels.Level[1].Count"


def test_an_empty_element_is_an_empty_text_and_no_number() -> None:
    of = of_fields(field("A", "String"), field("B", "Int"), field("C", "DateTime"), field("D", "[String]"))
    assert got(of, "<A/><B/><C></C><D/>") == {"a": "", "b": None, "c": None, "d": [""]}


def test_what_is_missing_or_nil_is_null_and_a_missing_list_is_empty() -> None:
    of = of_fields(field("A", "String"), field("B", "Thing"), field("C", "[Int]"), field("D", "[Int?]"))
    nil = '<{0} xsi:nil="true"/>'.format
    assert got(of, "") == {"a": None, "b": None, "c": [], "d": []}
    assert got(of, nil("A") + nil("B") + nil("D")) == {"a": None, "b": None, "c": [], "d": [None]}
    assert isinstance(got(of, nil("C"))["c"][0], UpstreamBadData)


def test_enums_are_their_values_on_the_wire() -> None:
    colour = EnumType("Colour", (EnumValue("RED", "red"), EnumValue("DARK_RED", "dark red")))
    of = answering("Thing", ObjectType("Thing", (field("A", "[Colour]"),)), colour)
    assert got(of, "<A>red</A><A> dark\n red </A>") == {"a": ["red", "dark red"]}


def test_attributes_and_the_text_between_them() -> None:
    of = of_fields(
        Field("value", "value", "#text", Named("Decimal"), xml=XmlField(XmlKind.TEXT)),
        field("rank", "Int", XmlKind.ATTRIBUTE, ""),
        field("ids", "[Int]", XmlKind.ATTRIBUTE, SHOP, spaced=True),
    )
    assert got(of, " 12.5 ", 'rank="7" t:ids="1 2"') == {"value": Decimal("12.5"), "rank": 7, "ids": [1, 2]}
    assert got(of, "1", 'rank=""') == {"value": 1, "rank": None, "ids": []}
    wrong = got(of, "1", 'rank="first"')["rank"]
    assert (type(wrong), wrong.path) == (UpstreamBadData, "$.@rank")


def test_an_attribute_and_an_element_of_one_name_are_two_members() -> None:
    element, attribute = field("Id", "Int"), field("Id", "Int", XmlKind.ATTRIBUTE, "")
    of = of_fields(element, msgspec.structs.replace(attribute, name="idAttribute", attribute="id_attribute"))
    assert got(of, "<Id>1</Id>", 'Id="2"') == {"id": 1, "id_attribute": 2}


def test_a_spaced_list_is_taken_apart() -> None:
    assert got(of_fields(field("A", "[Int]", spaced=True)), "<A> 1  2 3 </A>") == {"a": [1, 2, 3]}
    of = answering("[Int]", result_path=("A",), result_xml=XmlField(spaced=True))
    assert got(of, "<A>1 2</A>") == [1, 2]


def test_hexadecimal_bytes_are_base64() -> None:
    of = of_fields(field("A", "Base64", type_name=f"{{{XSD}}}hexBinary"))
    assert got(of, "<A>0001ff</A>") == {"a": "AAH/"}


def test_a_map_is_read_from_items() -> None:
    of = of_fields(Field("a", "a", "A", MapOf(Named("Int"), "E"), xml=XmlField(namespace=SHOP)))
    items = "<item><key>x</key><value>1</value></item><item><key>y</key></item>"
    assert got(of, f"<A>{items}</A>") == {"a": {"x": 1, "y": None}}


def test_anything_becomes_json() -> None:
    of = of_fields(field("A", "JSON"), field("", "JSON", XmlKind.ANY))
    inside = (
        '<A n="1"><b>x</b><b xsi:type="xsd:int">7</b><c xsi:nil="true"/><d k="v">t</d></A>'
        '<o:Other xmlns:o="urn:o">1</o:Other><More/>'
    )
    assert got(of, inside) == {
        "a": {"@n": "1", "b": ["x", 7], "c": None, "d": {"@k": "v", "#text": "t"}},
        "items": {"Other": "1", "More": ""},
    }


def test_wrong_namespaces_are_forgiven() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int", namespace=""))
    answer = read(of, '<x:GetResponse xmlns:x="urn:other"><x:A>1</x:A><x:B>2</x:B></x:GetResponse>')
    assert (answer.a, answer.b) == (1, 2)


def test_the_right_namespace_wins() -> None:
    other = msgspec.structs.replace(field("A", "Int", namespace="urn:2"), name="b", attribute="b")
    assert got(of_fields(field("A", "Int"), other), '<A xmlns="urn:2">2</A><A>1</A>') == {"a": 1, "b": 2}


def test_members_come_in_any_order_and_strangers_are_skipped() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int"))
    assert got(of, "<B>2</B><Stranger><A>9</A></Stranger><A>1</A>") == {"a": 1, "b": 2}


def test_only_what_is_wanted_is_read() -> None:
    of = of_fields(field("A", "Int"), field("B", "Int"))
    answer = read(of, f"<GetResponse {NS}><A>1</A><B>wrong</B></GetResponse>", attributes=frozenset({"a"}))
    assert msgspec.structs.asdict(answer) == {"a": 1}


def test_only_what_is_wanted_is_read_inside_of_others() -> None:
    inner = ObjectType("Inner", (field("B", "Int"), field("C", "Int")))
    of = answering("Thing", ObjectType("Thing", (field("A", "[Inner]"), field("D", "Int"))), inner)
    content = f"<GetResponse {NS}><A><B>1</B><C>wrong</C></A><D>wrong</D></GetResponse>"
    answer = read(of, content, attributes=frozenset({"a", "a.b"}))
    assert msgspec.structs.asdict(answer.a[0]) == {"b": 1}


def test_a_type_without_members_is_anything() -> None:
    of = answering("Thing", ObjectType("Thing", (field("A", "Empty"),)), ObjectType("Empty", ()))
    assert got(of, "<A><x>1</x></A>") == {"a": {"x": "1"}}
