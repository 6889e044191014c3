# ruff: noqa: E501 - schemas read best as they are usually written
"""How often an element may occur, where its schema says so."""

from __future__ import annotations

import pytest

from patchbay.importing.model import MOST_PROMISED, InputType, ListOf, ObjectType
from tests.importing.wsdl.documents import compiled, of_schema, only

LINE = '<xs:complexType name="Line"><xs:sequence><xs:element name="sku" type="xs:string"/><xs:element name="n" type="xs:int"/></xs:sequence></xs:complexType>'


def bounds(inside: str, more: str = "", name: str = "GetStockResponse") -> dict[str, int | None]:
    """Of the lists of a type: name -> items at most. All else is left out."""
    found = compiled(of_schema("", inside, LINE + more)).types[name]
    assert isinstance(found, ObjectType)
    return {each.name: each.type.most for each in found.fields if isinstance(each.type, ListOf)}


def element(name: str, occurs: str) -> str:
    said = f' maxOccurs="{occurs}"' if occurs else ""
    return f'<xs:element name="{name}" type="t:Line"{said}/>'


@pytest.mark.parametrize(
    ("occurs", "most"),
    [
        ("2", 2),
        (" 12 ", 12),
        ("007", 7),
        (str(MOST_PROMISED), MOST_PROMISED),
        (str(MOST_PROMISED + 1), None),
        ("unbounded", None),
        ("9" * 9_000, None),
        ("0" * 9_000 + "5", 5),
        ("٣", None),
        ("²", None),
        ("2.5", None),
        ("many", None),
    ],
)
def test_an_element_occurs_as_often_as_its_schema_says(occurs: str, most: int | None) -> None:
    inside = f"<xs:sequence>{element('id', '')}{element('line', occurs)}</xs:sequence>"
    assert bounds(inside) == {"line": most}


@pytest.mark.parametrize("occurs", ["", "0", "1", "-1"])
def test_an_element_that_occurs_once_or_never_is_no_list(occurs: str) -> None:
    assert bounds(f"<xs:sequence>{element('id', '')}{element('line', occurs)}</xs:sequence>") == {}


def test_what_stands_around_an_element_multiplies() -> None:
    inside = f"""<xs:sequence>{element("id", "")}
      <xs:sequence maxOccurs="3">{element("a", "")}{element("b", "4")}{element("c", "unbounded")}</xs:sequence>
      <xs:choice maxOccurs="5">{element("d", "")}<xs:sequence maxOccurs="2">{element("e", "2")}</xs:sequence></xs:choice>
      <xs:choice maxOccurs="unbounded">{element("f", "2")}</xs:choice>
      <xs:sequence maxOccurs="0">{element("g", "6")}</xs:sequence>
      <xs:sequence maxOccurs="40000">{element("h", "40000")}</xs:sequence>
      <xs:group ref="t:Many" maxOccurs="2"/></xs:sequence>"""
    more = f'<xs:group name="Many"><xs:sequence>{element("i", "3")}</xs:sequence></xs:group>'
    assert bounds(inside, more) == {
        "a": 3,
        "b": 12,
        "c": None,
        "d": 5,
        "e": 20,
        "f": None,
        "g": 6,
        "h": None,
        "i": 6,
    }


def test_an_element_that_stands_twice_occurs_as_often_as_at_both_places() -> None:
    inside = f"<xs:sequence>{element('line', '2')}{element('id', '')}{element('line', '3')}{element('x', '')}{element('x', '')}</xs:sequence>"
    assert bounds(inside) == {"line": 5, "x": 2}


def test_a_restriction_bounds_anew_and_what_extends_a_type_may_hold_more() -> None:
    def derived(name: str, how: str, base: str, inside: str) -> str:
        return f'<xs:complexType name="{name}"><xs:complexContent><xs:{how} base="t:{base}"><xs:sequence>{inside}</xs:sequence></xs:{how}></xs:complexContent></xs:complexType>'

    more = (
        f'<xs:complexType name="Base"><xs:sequence>{element("own", "2")}{element("x", "9")}</xs:sequence></xs:complexType>'
        + derived("Short", "restriction", "Base", element("own", "1") + element("x", "3"))
        + derived("One", "extension", "Base", element("extra", "4"))
        + derived("Other", "extension", "Base", element("extra", "7"))
    )
    inside = (
        '<xs:sequence><xs:element name="a" type="t:Base"/><xs:element name="b" type="t:Short"/></xs:sequence>'
    )
    assert bounds(inside, more, "Base") == {"own": 2, "x": 9, "extra": 7}
    assert bounds(inside, more, "Short") == {"x": 3}


def test_a_wrapper_of_one_list_is_a_list_with_its_bound() -> None:
    model = compiled(of_schema("", f"<xs:sequence>{element('line', '6')}</xs:sequence>", LINE))
    result = only(model).result.type
    assert isinstance(result, ListOf)
    assert result.most == 6


def test_what_a_request_holds_is_not_bounded_as_it_is_no_promise() -> None:
    given = f'<xs:sequence>{element("line", "6")}<xs:element name="box" type="t:Box"/></xs:sequence>'
    more = f'<xs:complexType name="Box"><xs:sequence>{element("line", "6")}{element("x", "")}</xs:sequence></xs:complexType>'
    model = compiled(of_schema(given, f"<xs:sequence>{element('x', '')}</xs:sequence>", LINE + more))
    box = model.types["BoxInput"]
    assert isinstance(box, InputType)
    lists = [only(model).arguments[0].type, box.fields[0].type]
    assert [each.most for each in lists if isinstance(each, ListOf)] == [None, None]
